#include "agent/checks/redis_client/redis_session.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/checks/redis_client/redis_command.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

using Type = RedisReply::Type;

constexpr size_t kMaxErrorText = 512;

std::string ErrorText(const RedisReply& reply) {
  return shared::Shorten(shared::EscapeControl(reply.text), kMaxErrorText);
}

// A published message: `message CHANNEL TEXT`, `pmessage PATTERN CHANNEL TEXT`.
bool IsMessage(const RedisReply& reply) {
  if (reply.type != Type::kArray || reply.elements.size() < 3) return false;
  const std::string& kind = reply.elements[0].text;
  return kind == "message" || kind == "smessage" ||
         (kind == "pmessage" && reply.elements.size() == 4);
}

// `subscribe CHANNEL COUNT` and its kin.
bool IsConfirmation(const RedisReply& reply) {
  return reply.type == Type::kArray && reply.elements.size() == 3 &&
         reply.elements[0].text.ends_with("subscribe") && reply.elements[2].type == Type::kInteger;
}

// The kind of subscription that a command or its confirmation is about: `subscribe`, `psubscribe`
// or `ssubscribe`, also for its end.
std::string KindOf(std::string_view command_or_confirmation) {
  std::string kind = absl::AsciiStrToLower(
      absl::string_view(command_or_confirmation.data(), command_or_confirmation.size()));
  if (const size_t at = kind.find("un"); at != std::string::npos) kind.erase(at, 2);
  return kind;
}

// What an error reply during the login means.
absl::Status Refused(const std::string& target, const RedisReply& reply) {
  const std::string text = absl::StrCat(target, " refused the session: ", ErrorText(reply));
  for (const char* prefix :
       {"NOAUTH", "WRONGPASS", "ERR invalid password", "ERR AUTH", "ERR Client sent AUTH"}) {
    if (reply.text.starts_with(prefix)) return absl::UnauthenticatedError(text);
  }
  if (reply.text.starts_with("NOPERM")) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

}  // namespace

RedisSession::RedisSession(std::unique_ptr<RedisTransport> transport)
    : transport_(std::move(transport)) {}

absl::StatusOr<std::unique_ptr<RedisSession>> RedisSession::Open(const RedisUrl& url,
                                                                 const v1::TlsOptions& tls,
                                                                 const Waiter& waiter) {
  ASSIGN_OR_RETURN(std::unique_ptr<RedisTransport> transport,
                   RedisTransport::Connect(url, tls, waiter));
  std::unique_ptr<RedisSession> session(new RedisSession(std::move(transport)));
  RETURN_IF_ERROR(session->LogIn(url, waiter));
  return session;
}

absl::Status RedisSession::LogIn(const RedisUrl& url, const Waiter& waiter) {
  if (!url.password.empty()) {
    std::vector<std::string> command = {"AUTH"};
    if (!url.user.empty()) command.push_back(url.user);
    command.push_back(url.password);
    ASSIGN_OR_RETURN(const RedisReply reply, Exchange(command, waiter));
    if (reply.type == Type::kError) return Refused(transport_->target(), reply);
  }
  if (url.database != 0) {
    ASSIGN_OR_RETURN(const RedisReply reply,
                     Exchange({"SELECT", absl::StrCat(url.database)}, waiter));
    if (reply.type == Type::kError) return Refused(transport_->target(), reply);
  }
  // A server that wants a login, has too many clients or is still loading says so to any command.
  ASSIGN_OR_RETURN(const RedisReply reply, Exchange({"PING"}, waiter));
  // A user who may not PING is logged in all the same.
  if (reply.type == Type::kError && !reply.text.starts_with("NOPERM")) {
    return Refused(transport_->target(), reply);
  }
  return absl::OkStatus();
}

bool RedisSession::subscribed() const {
  return std::any_of(channels_.begin(), channels_.end(),
                     [](const auto& kind) { return !kind.second.empty(); });
}

absl::Status RedisSession::Broken(absl::Status status, const std::string& what) {
  usable_ = false;
  if (absl::IsDeadlineExceeded(status)) {
    return absl::DeadlineExceededError(absl::StrCat(
        transport_->target(), " did not answer ", what,
        " within the time of the check; check that the server is alive and not blocked"));
  }
  if (absl::IsUnavailable(status)) {
    return absl::UnavailableError(absl::StrCat(std::string(status.message()), " during ", what));
  }
  if (absl::IsDataLoss(status)) {
    return absl::DataLossError(
        absl::StrCat(transport_->target(), ", ", what, ": ", std::string(status.message())));
  }
  return status;
}

absl::StatusOr<RedisReply> RedisSession::Next(const Waiter& waiter, shared::SteadyTime deadline) {
  while (true) {
    ASSIGN_OR_RETURN(std::optional<RedisReply> reply, reader_.Next());
    if (reply.has_value()) return *std::move(reply);
    ASSIGN_OR_RETURN(const std::string bytes, transport_->Read(waiter, deadline));
    reader_.Feed(bytes);
  }
}

absl::StatusOr<RedisReply> RedisSession::Exchange(const std::vector<std::string>& command,
                                                  const Waiter& waiter) {
  const std::string name = CommandName(command);
  if (absl::Status sent = transport_->Write(FormatCommand(command), waiter); !sent.ok()) {
    return Broken(std::move(sent), name);
  }
  while (true) {
    auto reply = Next(waiter, waiter.context().deadline);
    if (!reply.ok()) return Broken(reply.status(), name);
    if (!subscribed() || !IsMessage(*reply)) return reply;
    RETURN_IF_ERROR(Keep(*std::move(reply)));
  }
}

absl::StatusOr<RedisReply> RedisSession::Confirmations(size_t count, const Waiter& waiter) {
  while (true) {
    auto reply = Next(waiter, waiter.context().deadline);
    if (!reply.ok()) return Broken(reply.status(), "the subscription");
    if (IsMessage(*reply)) {
      RETURN_IF_ERROR(Keep(*std::move(reply)));
      continue;
    }
    // An error, or `QUEUED` in a transaction: the one reply to the whole command.
    if (!IsConfirmation(*reply)) return reply;
    const std::string& kind = reply->elements[0].text;
    const bool ends = kind.find("unsub") != std::string::npos;
    std::set<std::string>& channels = channels_[KindOf(kind)];
    if (ends) {
      channels.erase(reply->elements[1].text);
    } else {
      channels.insert(reply->elements[1].text);
    }
    if (--count == 0) return reply;
  }
}

absl::StatusOr<RedisReply> RedisSession::Command(const std::vector<std::string>& command,
                                                 const Waiter& waiter) {
  const CommandMode mode = ModeOf(command);
  if (mode == CommandMode::kPlain && subscribed()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the session has subscribed and takes only (P)SUBSCRIBE, (P)UNSUBSCRIBE, PING "
                     "and receive; send ",
                     CommandName(command), " on a session of its own"));
  }
  if (mode == CommandMode::kPlain || mode == CommandMode::kPing) return Exchange(command, waiter);
  if (absl::Status sent = transport_->Write(FormatCommand(command), waiter); !sent.ok()) {
    return Broken(std::move(sent), CommandName(command));
  }
  // Without a channel, UNSUBSCRIBE confirms each one that was subscribed, or none with one reply.
  const size_t all = channels_[KindOf(command[0])].size();
  const size_t expected = command.size() > 1 ? command.size() - 1 : std::max<size_t>(all, 1);
  return Confirmations(expected, waiter);
}

absl::Status RedisSession::Keep(RedisReply message) {
  if (messages_.size() >= kMaxMessages) return absl::OkStatus();
  std::string& text = message.elements.back().text;
  message_bytes_ += text.size();
  if (message_bytes_ > kMaxMessageBytes) {
    return Broken(absl::DataLossError(
                      absl::StrCat("the messages are larger than ", kMaxMessageBytes, " bytes")),
                  "receive");
  }
  messages_.push_back(std::move(text));
  return absl::OkStatus();
}

// Waits until `count` messages are kept or `until` has passed; both are a success.
absl::Status RedisSession::Await(size_t count, shared::SteadyTime until, const Waiter& waiter) {
  while (messages_.size() < count) {
    auto reply = Next(waiter, std::min(until, waiter.context().deadline));
    if (absl::IsDeadlineExceeded(reply.status()) && until <= waiter.context().deadline) {
      return absl::OkStatus();
    }
    if (!reply.ok()) return Broken(reply.status(), "receive");
    if (IsMessage(*reply)) RETURN_IF_ERROR(Keep(*std::move(reply)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> RedisSession::Receive(size_t count,
                                                               shared::Duration within,
                                                               shared::Duration settle,
                                                               const Waiter& waiter) {
  if (!subscribed() && messages_.empty()) {
    return absl::FailedPreconditionError(
        "the session has not subscribed: send SUBSCRIBE or PSUBSCRIBE on it first");
  }
  count = std::min(count, kMaxMessages);
  RETURN_IF_ERROR(Await(count, std::chrono::steady_clock::now() + within, waiter));
  if (messages_.size() >= count && settle > shared::Duration::zero()) {
    RETURN_IF_ERROR(Await(kMaxMessages, std::chrono::steady_clock::now() + settle, waiter));
    count = kMaxMessages;
  }
  const auto end =
      messages_.begin() + static_cast<std::ptrdiff_t>(std::min(count, messages_.size()));
  std::vector<std::string> received(std::make_move_iterator(messages_.begin()),
                                    std::make_move_iterator(end));
  messages_.erase(messages_.begin(), end);
  for (const std::string& text : received) message_bytes_ -= text.size();
  return received;
}

}  // namespace smokemesh::agent
