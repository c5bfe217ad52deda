#include "agent/checks/redis/redis_observation.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/redis_client/element.h"
#include "agent/checks/redis_client/redis_error.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using shared::Value;
using Type = RedisReply::Type;

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

absl::Status UnknownQuery(std::string_view query) {
  return absl::InvalidArgumentError(
      absl::StrCat("Redis steps have no query \"", std::string(query), "\""));
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
    ASSIGN_OR_RETURN(const Element element, ReadElement(query, argument));
    if (element.index >= reply_.elements.size()) return shared::Absent{};
    return ToValue(reply_.elements[element.index]);
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
  if (!error_.empty()) return "error: " + error_;
  switch (reply_.type) {
    case Type::kNil:
      return "nil";
    case Type::kInteger:
      return absl::StrCat(reply_.integer);
    case Type::kArray:
      return absl::StrCat(
          reply_.elements.size(),
          reply_.elements.size() == 1 ? " element: " : " elements: ", JsonText(reply_));
    default:
      return reply_.text;
  }
}

shared::Observation::Implied ReplyObservation::UnlessAsked() const {
  Implied implied;
  implied.queries = {"error"};
  if (!error_.empty()) {
    implied.mismatch = Mismatch{"no error reply", ExplainRedisError(error_)};
  }
  return implied;
}

bool ReplyObservation::LacksFeature() const { return error_.starts_with("ERR unknown command"); }

MessagesObservation::MessagesObservation(Received received, const Wait& wait,
                                         shared::Duration duration)
    : received_(std::move(received)), wait_(wait), duration_(duration) {}

absl::StatusOr<Value> MessagesObservation::Get(std::string_view query,
                                               std::string_view argument) const {
  if (query == "duration") return duration_;
  if (query == "messages") return static_cast<int64_t>(received_.messages.size());
  if (query == "message" || query == "message_json") {
    ASSIGN_OR_RETURN(const Element element, ReadElement(query, argument));
    if (element.index >= received_.messages.size()) return shared::Absent{};
    const std::string& text = received_.messages[element.index].text;
    if (query == "message") return shared::Text{text};
    return shared::JsonPointer(text, element.pointer);
  }
  if (query == "reply" || query == "type" || query == "error" || query == "json") {
    return shared::Absent{};
  }
  return UnknownQuery(query);
}

std::string MessagesObservation::Summary() const {
  std::string summary = received_.messages.size() < wait_.count
                            ? DescribeShortfall(received_, wait_, "message")
                            : DescribeReceived(received_, "message");
  if (!received_.messages.empty()) {
    absl::StrAppend(&summary, received_.messages.size() == 1 ? ": " : ", the first: ",
                    received_.messages[0].text);
  }
  return summary;
}

shared::Observation::Implied MessagesObservation::UnlessAsked() const {
  Implied implied;
  implied.queries = {"messages"};
  if (received_.messages.size() < wait_.count) {
    implied.mismatch =
        Mismatch{absl::StrCat(wait_.count, wait_.count == 1 ? " message" : " messages"),
                 DescribeShortfall(received_, wait_, "message")};
  }
  return implied;
}

}  // namespace smokemesh::agent
