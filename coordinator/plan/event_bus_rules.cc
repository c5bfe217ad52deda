#include "coordinator/plan/event_bus_rules.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/plan/literal_secrets.h"
#include "coordinator/plan/plan_steps.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr int64_t kMaxTtlSeconds = int64_t{10} * 365 * 24 * 3600;
constexpr int kMaxEvents = 1000;
constexpr const char* kActions =
    "subscribe, publish, receive, stored, history, dead_letters, forget, disconnect";

// Reports placeholders of the key `key` that are unknown, missing or there twice. `needed` may be
// empty.
void CheckKey(const std::string& key, const std::vector<std::string>& known,
              const std::string& needed, const std::string& path, const std::string& what,
              ProblemList* problems) {
  std::set<std::string> found;
  for (size_t i = 0; i < key.size(); ++i) {
    if (key[i] != '{' && key[i] != '}') continue;
    const size_t end = key[i] == '{' ? key.find('}', i) : std::string::npos;
    if (end == std::string::npos) {
      problems->Add(path, absl::StrCat(what, " has a brace without its other half"));
      return;
    }
    const std::string placeholder = key.substr(i, end + 1 - i);
    if (std::find(known.begin(), known.end(), placeholder) == known.end()) {
      problems->Add(path,
                    absl::StrCat(what, " has the placeholder \"", shared::Shorten(placeholder, 64),
                                 "\"; known: ", absl::StrJoin(known, ", ")));
      return;
    }
    if (!found.insert(placeholder).second) {
      problems->Add(path, absl::StrCat(what, " has ", placeholder, " twice"));
      return;
    }
    i = end;
  }
  if (!needed.empty() && found.count(needed) == 0) {
    problems->Add(path,
                  absl::StrCat(what, " has no ", needed, ": all events would lie under one key"));
  }
}

void CheckChannel(const std::string& channel, const std::string& action, const StepPlace& place) {
  if (!channel.empty()) return;
  place.Report(action, absl::StrCat("has \"", action, "\" without a \"channel\": add one"));
}

void CheckEventId(const std::string& event_id, const std::string& action, const StepPlace& place) {
  if (!event_id.empty()) return;
  place.Report(action, absl::StrCat("has \"", action, "\" without an \"event_id\": add one",
                                    action == "publish"
                                        ? ", such as \"{{uuid}}\", so that it can be removed "
                                          "whatever happens"
                                        : ""));
}

std::string IdFieldOf(const v1::EventBusFormat& format) {
  return format.id_field().empty() ? "event_id" : format.id_field();
}

// JSON members are whatever the plan says; a secret among them must not be literal.
void CheckMembers(const std::string& json, const std::string& field, const StepPlace& place) {
  if (json.empty()) return;
  if (!IsJsonObject(json)) {
    place.Report(field, absl::StrCat("has \"", field, "\" that is no map of members, or too deep"));
  } else if (const auto member = LiteralSecretInJson(json); member.has_value()) {
    place.Report(field, absl::StrCat("has a literal value in JSON member \"", *member,
                                     "\": write ${NAME} for a secret, or a {{variable}} if it is "
                                     "none"));
  }
}

void CheckList(const v1::EventList& list, const std::string& action, const StepPlace& place) {
  CheckChannel(list.channel(), action, place);
  const std::string field = action + ".limit";
  if (list.limit() == 0 && !place.IsWritten(field)) return;
  if (list.limit() < 1 || list.limit() > kMaxEvents) {
    place.Report(field, absl::StrCat("has a \"limit\" of ", list.limit(),
                                     ": write a number from 1 to ", kMaxEvents));
  }
}

}  // namespace

void CheckEventBusFormat(const v1::EventBusFormat& format, const std::string& path,
                         const std::string& where, ProblemList* problems) {
  const auto what = [&](const std::string& field) {
    return absl::StrCat("\"", field, "\" of ", where);
  };
  if (!format.event_key().empty()) {
    CheckKey(format.event_key(), {"{channel}", "{event_id}"}, "{event_id}", path + ".event_key",
             what("event_key"), problems);
  }
  if (!format.dead_letter_key().empty()) {
    CheckKey(format.dead_letter_key(), {"{channel}"}, "", path + ".dead_letter_key",
             what("dead_letter_key"), problems);
  }
  const bool is_default = format.ttl_seconds() == 0 && !problems->IsWritten(path + ".ttl_seconds");
  if (!is_default && (format.ttl_seconds() < 1 || format.ttl_seconds() > kMaxTtlSeconds)) {
    problems->Add(path + ".ttl_seconds", absl::StrCat(what("ttl_seconds"), " must be from 1 to ",
                                                      kMaxTtlSeconds, " (10 years)"));
  }
  const std::string id = IdFieldOf(format);
  const std::string data = format.data_field().empty() ? "data" : format.data_field();
  const std::string retry = format.retry_field().empty() ? "retry_count" : format.retry_field();
  if (data == retry || data == id || retry == id) {
    problems->Add(path, absl::StrCat("\"data_field\", \"id_field\" and \"retry_field\" of ", where,
                                     " must be three different members: they are \"", data,
                                     "\", \"", id, "\" and \"", retry, "\""));
  }
}

void CheckEventBusActions(const v1::EventBusStep& step, const v1::EventBusFormat& format,
                          const StepPlace& place) {
  const std::vector<std::string> actions = ActionsOf(step);
  if (actions.empty()) {
    place.Report("", absl::StrCat("has nothing to do: add one of ", kActions));
  } else if (actions.size() > 1) {
    place.Report("", absl::StrCat("has more than one action (", absl::StrJoin(actions, ", "),
                                  "): make them several steps"));
  }
  for (int i = 0; i < step.subscribe_size(); ++i) {
    if (!step.subscribe(i).empty()) continue;
    place.Report(absl::StrCat("subscribe[", i, "]"), "subscribes to a channel without a name");
  }
  if (step.has_publish()) {
    CheckChannel(step.publish().channel(), "publish", place);
    CheckEventId(step.publish().event_id(), "publish", place);
    CheckMembers(step.publish().metadata(), "publish.metadata", place);
    CheckMembers(step.publish().data(), "publish.data", place);
    if (const std::string id = IdFieldOf(format); HasJsonMember(step.publish().data(), id)) {
      place.Report("publish.data", absl::StrCat("has the member \"", id,
                                                "\" in \"publish.data\": it is what \"event_id\" "
                                                "of \"publish\" says"));
    }
  }
  if (step.has_stored()) {
    CheckChannel(step.stored().channel(), "stored", place);
    CheckEventId(step.stored().event_id(), "stored", place);
  }
  if (step.has_forget()) {
    CheckChannel(step.forget().channel(), "forget", place);
    CheckEventId(step.forget().event_id(), "forget", place);
  }
  if (step.has_history()) CheckList(step.history(), "history", place);
  if (step.has_dead_letters()) CheckList(step.dead_letters(), "dead_letters", place);
}

}  // namespace smokemesh::coordinator
