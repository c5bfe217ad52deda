// The actions that look at what the bus has stored, and remove it.

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "agent/checks/event_bus/event_actions.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using Type = RedisReply::Type;

constexpr size_t kDefaultLimit = 1000;
// Greatest size of all texts that one action keeps.
constexpr size_t kMaxBytes = 4 << 20;
// Greatest size of all keys that one action looks at.
constexpr size_t kMaxKeyBytes = 16 << 20;
// Keys that SCAN looks at in one step, and dead letters that are read in one.
constexpr int kKeysAtOnce = 1000;
constexpr int64_t kLettersAtOnce = 100;
// How far down the list of dead letters an action looks.
constexpr int64_t kMaxLetters = 10'000;

size_t LimitOf(const v1::EventList& list) {
  return list.limit() > 0 ? static_cast<size_t>(list.limit()) : kDefaultLimit;
}

std::string Counted(size_t count, const std::string& noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

// A list that may not grow without bound.
struct Kept {
  std::vector<BusEvent> events;
  size_t passed_over = 0;  // what lies there and is none of the events that are meant
  size_t bytes = 0;

  absl::Status Add(BusEvent event) {
    bytes += event.text.size() + event.data.size();
    if (bytes > kMaxBytes) {
      return absl::DataLossError(
          absl::StrCat("the events are larger than ", kMaxBytes, " bytes: set a `limit`"));
    }
    events.push_back(std::move(event));
    return absl::OkStatus();
  }
};

absl::Status Require(const std::string& channel, const std::string& event_id) {
  if (channel.empty() || event_id.empty()) {
    return absl::InvalidArgumentError("an event is named by its `channel` and its `event_id`");
  }
  return absl::OkStatus();
}

absl::Status Require(const v1::EventList& list) {
  if (list.channel().empty()) return absl::InvalidArgumentError("the step names no `channel`");
  return absl::OkStatus();
}

// Adds what is stored under a key that SCAN found, if it is an event of the channel.
absl::Status AddStored(const Bus& bus, const std::string& channel, const std::string& key,
                       Kept* kept) {
  const std::optional<std::string> id = bus.format.EventIdOf(key, channel);
  const absl::StatusOr<RedisReply> reply = Ask(bus, {"GET", key});
  if (absl::IsUnknown(reply.status()) &&
      reply.status().message().find("WRONGTYPE") != absl::string_view::npos) {
    ++kept->passed_over;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(reply.status());
  if (reply->type == Type::kNil) return absl::OkStatus();  // its time has passed since
  std::optional<BusEvent> event = ReadEvent(bus.format, reply->text);
  // The pattern of `a` also finds the keys of the channel `a:b`: what lies there has an identifier
  // that is not all of the rest.
  if (!event.has_value() || event->id != id) {
    ++kept->passed_over;
    return absl::OkStatus();
  }
  return kept->Add(*std::move(event));
}

// The dead letters of the channel, newest first: those of `event_id`, unless it is empty.
absl::StatusOr<Kept> DeadLetters(const Bus& bus, const std::string& channel,
                                 const std::string& event_id, size_t limit) {
  const std::string key = bus.format.DeadLetterKey(channel);
  ASSIGN_OR_RETURN(const RedisReply length, Ask(bus, {"LLEN", key}));
  Kept kept;
  // Places are counted from the oldest letter: new ones do not move them.
  int64_t at = -length.integer;
  const int64_t end = at + std::min(length.integer, kMaxLetters);
  for (; at < end && kept.events.size() < limit; at += kLettersAtOnce) {
    const int64_t last = std::min(at + kLettersAtOnce, end) - 1;
    ASSIGN_OR_RETURN(const RedisReply letters,
                     Ask(bus, {"LRANGE", key, absl::StrCat(at), absl::StrCat(last)}));
    for (const RedisReply& letter : letters.elements) {
      std::optional<BusEvent> event = ReadDeadLetter(bus.format, letter.text);
      if (!event.has_value() || (!event_id.empty() && event->id != event_id)) {
        ++kept.passed_over;
      } else if (kept.events.size() < limit) {
        RETURN_IF_ERROR(kept.Add(*std::move(event)));
      }
    }
  }
  return kept;
}

EventFacts FactsOf(Kept kept, const std::string& what, const std::string& first) {
  EventFacts facts;
  facts.summary = what;
  if (kept.passed_over > 0) {
    absl::StrAppend(&facts.summary, " (", kept.passed_over,
                    kept.passed_over == 1 ? " other" : " others", " passed over)");
  }
  if (!kept.events.empty()) {
    absl::StrAppend(&facts.summary, first, DescribeEvent(kept.events.front(), ""));
  }
  facts.events = std::move(kept.events);
  return facts;
}

}  // namespace

absl::StatusOr<EventFacts> LookAtStored(const Bus& bus, const v1::EventReference& reference) {
  RETURN_IF_ERROR(Require(reference.channel(), reference.event_id()));
  const std::string key = bus.format.EventKey(reference.channel(), reference.event_id());
  ASSIGN_OR_RETURN(const RedisReply reply, Ask(bus, {"GET", key}));
  EventFacts facts;
  std::optional<BusEvent> event = ReadEvent(bus.format, reply.text);
  if (reply.type == Type::kNil || !event.has_value() || event->id != reference.event_id()) {
    const std::string where =
        absl::StrCat(key, " in database ", bus.session.database(), " of ", bus.session.target());
    facts.summary =
        reply.type == Type::kNil
            ? absl::StrCat("nothing lies under ", where,
                           ": it was not stored there, or its time has passed")
            : absl::StrCat("what lies under ", where, " is not this event: ", reply.text);
    facts.unless_asked = shared::Observation::Mismatch{"the stored event", facts.summary};
    return facts;
  }
  ASSIGN_OR_RETURN(const RedisReply ttl, Ask(bus, {"TTL", key}));
  if (ttl.integer >= 0) facts.ttl = ttl.integer;
  facts.summary = absl::StrCat(
      DescribeEvent(*event, reference.channel()),
      facts.ttl.has_value() ? absl::StrCat(", lives for ", *facts.ttl, "s") : ", lives for ever");
  facts.events.push_back(*std::move(event));
  return facts;
}

absl::StatusOr<EventFacts> LookAtHistory(const Bus& bus, const v1::EventList& list) {
  RETURN_IF_ERROR(Require(list));
  const std::string pattern = bus.format.EventKeyPattern(list.channel(), list.event_id());
  const size_t limit = LimitOf(list);
  Kept kept;
  std::set<std::string> seen;  // SCAN may bring a key twice
  size_t seen_bytes = 0;
  std::string cursor = "0";
  do {
    ASSIGN_OR_RETURN(const RedisReply found, Ask(bus, {"SCAN", cursor, "MATCH", pattern, "COUNT",
                                                       absl::StrCat(kKeysAtOnce)}));
    if (found.elements.size() != 2) {
      return absl::DataLossError("the reply to SCAN is not a cursor and keys");
    }
    cursor = found.elements[0].text;
    for (const RedisReply& key : found.elements[1].elements) {
      if (kept.events.size() == limit) break;
      if (seen.insert(key.text).second) {
        seen_bytes += key.text.size();
        if (seen_bytes > kMaxKeyBytes) {
          return absl::DataLossError(
              absl::StrCat("the keys of the channel are larger than ", kMaxKeyBytes, " bytes"));
        }
        RETURN_IF_ERROR(AddStored(bus, list.channel(), key.text, &kept));
      }
    }
  } while (cursor != "0" && kept.events.size() < limit);
  const std::string what =
      absl::StrCat(Counted(kept.events.size(), "event"), " stored on ", list.channel());
  return FactsOf(std::move(kept), what, ", one of them: ");
}

absl::StatusOr<EventFacts> LookAtDeadLetters(const Bus& bus, const v1::EventList& list) {
  RETURN_IF_ERROR(Require(list));
  ASSIGN_OR_RETURN(Kept kept, DeadLetters(bus, list.channel(), list.event_id(), LimitOf(list)));
  const std::string what =
      absl::StrCat(Counted(kept.events.size(), "dead letter"), " on ", list.channel());
  return FactsOf(std::move(kept), what, ", the newest: ");
}

absl::StatusOr<EventFacts> ForgetEvents(const Bus& bus, const v1::EventReference& reference) {
  if (reference.channel().empty()) {
    return absl::InvalidArgumentError("the step names no `channel`");
  }
  const std::vector<std::string> ids =
      absl::StrSplit(reference.event_id(), ' ', absl::SkipWhitespace());
  int64_t stored = 0;
  int64_t letters = 0;
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(const RedisReply deleted,
                     Ask(bus, {"DEL", bus.format.EventKey(reference.channel(), id)}));
    stored += deleted.integer;
    ASSIGN_OR_RETURN(const Kept kept,
                     DeadLetters(bus, reference.channel(), id, static_cast<size_t>(kMaxLetters)));
    for (const BusEvent& event : kept.events) {
      ASSIGN_OR_RETURN(
          const RedisReply removed,
          Ask(bus, {"LREM", bus.format.DeadLetterKey(reference.channel()), "0", event.text}));
      letters += removed.integer;
    }
  }
  EventFacts facts;
  facts.count = stored + letters;
  facts.summary =
      absl::StrCat("removed ", Counted(static_cast<size_t>(stored), "stored event"), " and ",
                   Counted(static_cast<size_t>(letters), "dead letter"), " of ",
                   ids.empty() ? "no event" : absl::StrCat("event ", absl::StrJoin(ids, ", ")));
  return facts;
}

}  // namespace smokemesh::agent
