#include "agent/checks/redis_client/redis_session.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/checks/reach.h"
#include "agent/checks/redis_client/redis_command.h"
#include "agent/checks/redis_client/redis_error.h"
#include "shared/duration.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using std::chrono::steady_clock;
using Type = RedisReply::Type;

// How long past its end a wait goes on taking what has come already: a flood must not keep it.
constexpr shared::Duration kFloodTime = std::chrono::milliseconds(100);

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
  const std::string text =
      absl::StrCat(target, " refused the session: ", ExplainRedisError(reply.text));
  for (const char* prefix :
       {"NOAUTH", "WRONGPASS", "ERR invalid password", "ERR AUTH", "ERR Client sent AUTH"}) {
    if (reply.text.starts_with(prefix)) return absl::UnauthenticatedError(text);
  }
  if (reply.text.starts_with("NOPERM")) return absl::PermissionDeniedError(text);
  return WithReach(absl::UnavailableError(text), v1::REACH_ANSWERED);
}

}  // namespace

RedisSession::RedisSession(std::unique_ptr<RedisTransport> transport, int database,
                           TargetGuard guard)
    : transport_(std::move(transport)), database_(database), guard_(std::move(guard)) {}

absl::StatusOr<std::unique_ptr<RedisSession>> RedisSession::Open(const RedisUrl& url,
                                                                 const v1::TlsOptions& tls,
                                                                 const TargetGuard& guard,
                                                                 const Waiter& waiter) {
  ASSIGN_OR_RETURN(std::unique_ptr<RedisTransport> transport,
                   RedisTransport::Connect(url, tls, guard, waiter));
  std::unique_ptr<RedisSession> session(
      new RedisSession(std::move(transport), url.database, guard));
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
  // A server that never lets us wait must not keep us.
  if (steady_clock::now() >= waiter.context().deadline) {
    return Broken(absl::DeadlineExceededError(""), name);
  }
  // It would be taken for the answer.
  if (!subscribed() && reader_.unread()) {
    return Broken(absl::DataLossError("the server sent a reply that nobody asked for"), name);
  }
  if (absl::Status sent = transport_->Write(FormatCommand(command), waiter); !sent.ok()) {
    return Broken(std::move(sent), name);
  }
  auto reply = ReadReply(waiter, waiter.context().deadline);
  if (!reply.ok()) return Broken(reply.status(), name);
  return reply;
}

// The next reply that is no message; messages before it are kept.
absl::StatusOr<RedisReply> RedisSession::ReadReply(const Waiter& waiter,
                                                   shared::SteadyTime deadline) {
  while (true) {
    ASSIGN_OR_RETURN(RedisReply reply, Next(waiter, deadline));
    if (!subscribed() || !IsMessage(reply)) return reply;
    RETURN_IF_ERROR(Keep(std::move(reply)));
  }
}

absl::StatusOr<RedisReply> RedisSession::Confirmations(size_t count, const Waiter& waiter) {
  while (true) {
    auto reply = Next(waiter, waiter.context().deadline);
    if (!reply.ok()) return Broken(reply.status(), "the subscription");
    if (IsMessage(*reply)) {
      if (absl::Status kept = Keep(*std::move(reply)); !kept.ok()) {
        return Broken(std::move(kept), "the subscription");
      }
      continue;
    }
    // An error, or `QUEUED` in a transaction: the one reply to the whole command.
    if (reply->type == Type::kError || reply->type == Type::kStatus) return reply;
    if (!IsConfirmation(*reply)) {
      return Broken(absl::DataLossError("the reply confirms no channel"), "the subscription");
    }
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
  RETURN_IF_ERROR(guard_.policy().MaySend(command));
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
  PublishedMessage kept;
  kept.text = std::move(message.elements.back().text);
  kept.channel = std::move(message.elements[message.elements.size() - 2].text);
  kept.arrived = transport_->arrival();
  inbox_bytes_ += kept.text.size() + kept.channel.size();
  if (inbox_.size() >= kMaxMessages || inbox_bytes_ > kMaxMessageBytes) {
    return absl::DataLossError(absl::StrCat("more than ", kMaxMessages, " messages or ",
                                            kMaxMessageBytes,
                                            " bytes of them wait to be received"));
  }
  inbox_.push_back(std::move(kept));
  return absl::OkStatus();
}

// Puts the next message into the inbox; false when none came before `until`.
absl::StatusOr<bool> RedisSession::NextMessage(shared::SteadyTime until, const Waiter& waiter) {
  const CheckContext& context = waiter.context();
  while (inbox_.empty()) {
    auto reply = Next(waiter, std::min(until, context.deadline));
    if (absl::IsDeadlineExceeded(reply.status()) && until <= context.deadline) return false;
    if (!reply.ok()) return Broken(reply.status(), "receive");
    if (!IsMessage(*reply)) continue;
    if (absl::Status kept = Keep(*std::move(reply)); !kept.ok()) {
      return Broken(std::move(kept), "receive");
    }
    // Waiting looks at time and cancellation; a server that never lets us wait needs this.
    const shared::SteadyTime now = std::chrono::steady_clock::now();
    if (context.cancellation->cancelled()) {
      return Broken(absl::CancelledError(context.cancellation->reason()), "receive");
    }
    if (now > context.deadline + kFloodTime) {
      return Broken(absl::DeadlineExceededError(""), "receive");
    }
    if (now > until + kFloodTime) return false;
  }
  return true;
}

// Takes messages until there are `count`, or returns false when `until` came first.
absl::StatusOr<bool> RedisSession::Collect(size_t count, shared::SteadyTime until,
                                           const MessageFilter& wanted, const Waiter& waiter,
                                           Received* received) {
  size_t bytes = 0;
  for (const PublishedMessage& message : received->messages) bytes += message.text.size();
  while (received->messages.size() < count) {
    ASSIGN_OR_RETURN(const bool came, NextMessage(until, waiter));
    if (!came) return false;
    PublishedMessage message = std::move(inbox_.front());
    inbox_.pop_front();
    inbox_bytes_ -= message.text.size() + message.channel.size();
    ASSIGN_OR_RETURN(const bool is_wanted, wanted(message));
    if (!is_wanted) {
      ++received->passed_over;
      continue;
    }
    bytes += message.text.size();
    if (received->messages.size() >= kMaxMessages || bytes > kMaxMessageBytes) {
      return Broken(absl::DataLossError(absl::StrCat("more than ", kMaxMessages, " messages or ",
                                                     kMaxMessageBytes, " bytes of them came")),
                    "receive");
    }
    received->messages.push_back(std::move(message));
  }
  return true;
}

absl::Status RedisSession::ProveAlive(const Received& received, const Wait& wait,
                                      const Waiter& waiter) {
  const shared::SteadyTime begin = std::chrono::steady_clock::now();
  absl::Status status = transport_->Write(FormatCommand({"PING"}), waiter);
  if (status.ok()) {
    // Any answer will do, also that the user may not PING.
    status = ReadReply(waiter, std::min(begin + kPingTime, waiter.context().deadline)).status();
  }
  if (status.ok()) return status;
  usable_ = false;
  if (absl::IsCancelled(status) || absl::IsDataLoss(status)) return status;
  const std::string why =
      absl::IsDeadlineExceeded(status)
          ? absl::StrCat(transport_->target(), " did not answer PING within ",
                         shared::FormatDuration(std::chrono::steady_clock::now() - begin))
          : std::string(status.message());
  return absl::UnavailableError(absl::StrCat(
      "after ", received.messages.size(), " of ", wait.count,
      " messages the connection is dead: ", why,
      "; what was published meanwhile is lost: look at the server and at the network, not at "
      "who publishes"));
}

std::string RedisSession::Subscriptions() const {
  std::vector<std::string> names;
  for (const auto& [kind, channels] : channels_) {
    const std::string prefix = kind == "psubscribe" ? "pattern " : "";
    for (const std::string& channel : channels) names.push_back(prefix + channel);
  }
  return absl::StrJoin(names, ", ");
}

absl::StatusOr<Received> RedisSession::Receive(const Wait& wait, const MessageFilter& wanted,
                                               const Waiter& waiter) {
  if (!subscribed() && inbox_.empty()) {
    return absl::FailedPreconditionError(
        "the session has not subscribed: subscribe on it before what publishes");
  }
  Received received;
  received.subscriptions = Subscriptions();
  const auto now = [] { return std::chrono::steady_clock::now(); };
  ASSIGN_OR_RETURN(const bool enough,
                   Collect(wait.count, now() + wait.within, wanted, waiter, &received));
  const bool settles = enough && wait.settle > shared::Duration::zero();
  if (settles) {
    RETURN_IF_ERROR(Collect(SIZE_MAX, now() + wait.settle, wanted, waiter, &received).status());
  }
  if (!enough || settles) RETURN_IF_ERROR(ProveAlive(received, wait, waiter));
  return received;
}

}  // namespace smokemesh::agent
