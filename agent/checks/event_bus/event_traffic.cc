// The actions that send and receive events.

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/checks/event_bus/event_actions.h"
#include "agent/checks/redis_client/published_message.h"
#include "agent/checks/redis_client/redis_error.h"
#include "shared/duration.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

// How many of the received events a summary names.
constexpr size_t kNamed = 5;

std::string NameEvents(const std::vector<BusEvent>& events) {
  std::string names;
  for (size_t i = 0; i < events.size() && i < kNamed; ++i) {
    absl::StrAppend(&names, i == 0 ? ": " : "; ", DescribeEvent(events[i], events[i].channel));
    if (i > 0) {
      absl::StrAppend(&names, ", ",
                      shared::FormatDuration(events[i].arrived - events[i - 1].arrived), " later");
    }
  }
  if (events.size() > kNamed) absl::StrAppend(&names, "; …");
  return names;
}

}  // namespace

absl::StatusOr<RedisReply> Ask(const Bus& bus, const std::vector<std::string>& command) {
  ASSIGN_OR_RETURN(RedisReply reply, bus.session.Command(command, bus.waiter));
  if (reply.type == RedisReply::Type::kError) {
    return absl::UnknownError(absl::StrCat(bus.session.target(), " refused ", command[0],
                                           command.size() > 1 ? absl::StrCat(" ", command[1]) : "",
                                           ": ", ExplainRedisError(reply.text)));
  }
  return reply;
}

absl::StatusOr<EventFacts> SubscribeToEvents(const Bus& bus,
                                             const std::vector<std::string>& channels) {
  std::vector<std::string> command = {"SUBSCRIBE"};
  command.insert(command.end(), channels.begin(), channels.end());
  RETURN_IF_ERROR(Ask(bus, command).status());
  EventFacts facts;
  facts.summary = absl::StrCat("subscribed to ", absl::StrJoin(channels, ", "));
  return facts;
}

absl::StatusOr<EventFacts> PublishEvent(const Bus& bus, const v1::EventPublication& publication) {
  ASSIGN_OR_RETURN(const std::string text,
                   MakeEvent(publication, bus.format, std::chrono::system_clock::now()));
  std::optional<BusEvent> event = ReadEvent(bus.format, text);
  if (!event.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "what would be published is no event in the format of the connection: ", text));
  }
  // In this order, as the bus does it: an event may be delivered and not stored, never otherwise.
  ASSIGN_OR_RETURN(const RedisReply heard, Ask(bus, {"PUBLISH", publication.channel(), text}));
  EventFacts facts;
  facts.receivers = heard.integer;
  facts.summary =
      absl::StrCat(DescribeEvent(*event, publication.channel()), ", heard by ", heard.integer);
  facts.events.push_back(*std::move(event));
  if (publication.not_stored()) return facts;
  const absl::Status stored =
      Ask(bus, {"SET", bus.format.EventKey(publication.channel(), publication.event_id()), text,
                "EX", absl::StrCat(bus.format.ttl_seconds())})
          .status();
  if (absl::IsUnknown(stored)) {
    return absl::UnknownError(absl::StrCat("the event was delivered (heard by ", heard.integer,
                                           ") and not stored: ", std::string(stored.message())));
  }
  RETURN_IF_ERROR(stored);
  return facts;
}

absl::StatusOr<EventFacts> ReceiveEvents(const Bus& bus, const v1::Receive& receive,
                                         const std::vector<shared::Expectation>& where) {
  ASSIGN_OR_RETURN(const Wait wait, WaitOf(receive));
  const MessageFilter meant = MeantBy(where);
  ASSIGN_OR_RETURN(const Received received,
                   bus.session.Receive(
                       wait,
                       [&](const PublishedMessage& message) -> absl::StatusOr<bool> {
                         if (!ReadEvent(bus.format, message.text).has_value()) return false;
                         return meant(message);
                       },
                       bus.waiter));
  EventFacts facts;
  facts.received = true;
  for (const PublishedMessage& message : received.messages) {
    BusEvent event = *ReadEvent(bus.format, message.text);
    event.channel = message.channel;
    event.arrived = message.arrived;
    facts.events.push_back(std::move(event));
  }
  if (facts.events.size() < wait.count) {
    facts.summary = DescribeShortfall(received, wait, "event");
    facts.unless_asked = shared::Observation::Mismatch{
        absl::StrCat(wait.count, wait.count == 1 ? " event" : " events"), facts.summary};
  } else {
    facts.summary = DescribeReceived(received, "event");
  }
  facts.summary += NameEvents(facts.events);
  return facts;
}

}  // namespace smokemesh::agent
