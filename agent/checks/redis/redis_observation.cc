#include "agent/checks/redis/redis_observation.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

using shared::Value;
using Type = RedisReply::Type;

constexpr size_t kMaxShown = 80;

nlohmann::json ToJson(const RedisReply& reply) {
  switch (reply.type) {
    case Type::kNil:
      return nullptr;
    case Type::kInteger:
      return reply.integer;
    case Type::kArray: {
      nlohmann::json array = nlohmann::json::array();
      for (const RedisReply& element : reply.elements) array.push_back(ToJson(element));
      return array;
    }
    case Type::kString:
    case Type::kStatus:
    case Type::kError:
      break;
  }
  return reply.text;
}

std::string JsonText(const RedisReply& reply) {
  // Bytes that are not UTF-8 become U+FFFD: evidence is text.
  return ToJson(reply).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Value ToValue(const RedisReply& reply) {
  switch (reply.type) {
    case Type::kNil:
      return shared::Null{};
    case Type::kInteger:
      return reply.integer;
    case Type::kArray:
      return shared::Json{JsonText(reply)};
    case Type::kError:
      return shared::Absent{};
    case Type::kString:
    case Type::kStatus:
      break;
  }
  return shared::Text{reply.text};
}

const char* TypeName(Type type) {
  switch (type) {
    case Type::kNil:
      return "nil";
    case Type::kString:
      return "string";
    case Type::kStatus:
      return "status";
    case Type::kError:
      return "error";
    case Type::kInteger:
      return "integer";
    case Type::kArray:
      return "array";
  }
  return "";
}

// The text of the first error in a reply: EXEC brings those of its commands as elements.
std::string FirstError(const RedisReply& reply) {
  if (reply.type == Type::kError) return reply.text.empty() ? "ERR" : reply.text;
  for (const RedisReply& element : reply.elements) {
    if (std::string error = FirstError(element); !error.empty()) return error;
  }
  return "";
}

std::string Shown(std::string_view text) {
  return shared::Shorten(shared::EscapeControl(text), kMaxShown);
}

// `argument` as the number of an element.
absl::StatusOr<size_t> Index(std::string_view query, std::string_view argument) {
  uint64_t index = 0;
  if (argument.empty() || argument[0] == '+' ||
      !absl::SimpleAtoi(absl::string_view(argument.data(), argument.size()), &index)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`", std::string(query), "` takes the number of an element, from 0, and not \"",
        Shown(argument), "\""));
  }
  return index;
}

absl::Status UnknownQuery(std::string_view query) {
  return absl::InvalidArgumentError(
      absl::StrCat("Redis steps have no query \"", std::string(query), "\""));
}

std::string Messages(size_t count) {
  return absl::StrCat(count, count == 1 ? " message" : " messages");
}

}  // namespace

ReplyObservation::ReplyObservation(RedisReply reply, shared::Duration duration)
    : reply_(std::move(reply)), error_(FirstError(reply_)), duration_(duration) {}

absl::StatusOr<Value> ReplyObservation::Get(std::string_view query,
                                            std::string_view argument) const {
  if (query == "duration") return duration_;
  if (query == "type") return shared::Text{TypeName(reply_.type)};
  if (query == "error") {
    if (error_.empty()) return shared::Absent{};
    return shared::Text{error_};
  }
  if (query == "reply") {
    if (argument.empty()) return ToValue(reply_);
    const auto index = Index(query, argument);
    if (!index.ok()) return index.status();
    if (*index >= reply_.elements.size()) return shared::Absent{};
    return ToValue(reply_.elements[*index]);
  }
  if (query == "json") {
    if (reply_.type == Type::kNil || reply_.type == Type::kError) return shared::Absent{};
    const bool is_text = reply_.type == Type::kString || reply_.type == Type::kStatus;
    return shared::JsonPointer(is_text ? reply_.text : JsonText(reply_), argument);
  }
  if (query == "messages" || query == "message" || query == "message_json") {
    return shared::Absent{};
  }
  return UnknownQuery(query);
}

std::string ReplyObservation::Summary() const {
  if (!error_.empty()) return "error: " + Shown(error_);
  switch (reply_.type) {
    case Type::kNil:
      return "nil";
    case Type::kInteger:
      return absl::StrCat(reply_.integer);
    case Type::kArray:
      return absl::StrCat(
          reply_.elements.size(),
          reply_.elements.size() == 1 ? " element: " : " elements: ", Shown(JsonText(reply_)));
    default:
      return Shown(reply_.text);
  }
}

shared::Observation::Implied ReplyObservation::UnlessAsked() const {
  Implied implied;
  implied.queries = {"error"};
  if (!error_.empty()) {
    implied.mismatch =
        Mismatch{"no error reply", shared::Shorten(shared::EscapeControl(error_), 512)};
  }
  return implied;
}

bool ReplyObservation::LacksFeature() const { return error_.starts_with("ERR unknown command"); }

MessagesObservation::MessagesObservation(std::vector<std::string> messages, size_t expected,
                                         shared::Duration duration)
    : messages_(std::move(messages)), expected_(expected), duration_(duration) {}

absl::StatusOr<Value> MessagesObservation::Get(std::string_view query,
                                               std::string_view argument) const {
  if (query == "duration") return duration_;
  if (query == "messages") return static_cast<int64_t>(messages_.size());
  if (query == "message" || query == "message_json") {
    const size_t slash = query == "message" ? std::string_view::npos : argument.find('/');
    const auto index = Index(query, argument.substr(0, slash));
    if (!index.ok()) return index.status();
    if (*index >= messages_.size()) return shared::Absent{};
    if (query == "message") return shared::Text{messages_[*index]};
    return shared::JsonPointer(messages_[*index],
                               slash == std::string_view::npos ? "" : argument.substr(slash));
  }
  if (query == "reply" || query == "type" || query == "error" || query == "json") {
    return shared::Absent{};
  }
  return UnknownQuery(query);
}

std::string MessagesObservation::Summary() const {
  if (messages_.empty()) return "0 messages";
  return absl::StrCat(Messages(messages_.size()),
                      messages_.size() == 1 ? ": " : ", the first: ", Shown(messages_[0]));
}

shared::Observation::Implied MessagesObservation::UnlessAsked() const {
  Implied implied;
  implied.queries = {"messages"};
  if (messages_.size() < expected_) {
    implied.mismatch =
        Mismatch{Messages(expected_), absl::StrCat("seen ", messages_.size(), " in time")};
  }
  return implied;
}

absl::StatusOr<Value> CutObservation::Get(std::string_view, std::string_view) const {
  return shared::Absent{};
}

}  // namespace smokemesh::agent
