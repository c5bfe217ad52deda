#include "coordinator/plan/receive_rules.h"

#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "coordinator/plan/expectation_rules.h"
#include "coordinator/plan/literal_secrets.h"
#include "coordinator/plan/plan_steps.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMaxMessages = 1000;

template <typename Step>
std::string SessionOf(const Step& step) {
  return step.session().empty() ? "main" : step.session();
}

std::string Key(std::string_view kind, const std::string& connection, const std::string& session) {
  return absl::StrCat(std::string(kind), "\n", connection, "\n", session);
}

// Whether the step uses no session that others could use.
template <typename Step>
bool IsApart(const Step& step) {
  return step.repeat().fresh_session();
}

}  // namespace

void CheckReceive(const v1::Receive& receive, shared::Duration timeout, const Scope& scope,
                  const StepPlace& place) {
  const auto check = [&](const google::protobuf::Duration& duration, const std::string& name,
                         bool zero_is_fine) {
    const std::string field = "receive." + name;
    CheckDuration(duration, zero_is_fine, place.PathOf(field),
                  absl::StrCat("\"", name, "\" of ", place.where), place.problems);
    if (BoundedDuration(duration) > timeout) {
      place.Report(field, absl::StrCat(name == "within" ? "waits for " : "listens for ",
                                       shared::FormatDuration(BoundedDuration(duration)),
                                       ", longer than the check's timeout of ",
                                       shared::FormatDuration(timeout)));
    }
  };
  if (receive.has_count() && (receive.count() < 0 || receive.count() > kMaxMessages)) {
    place.Report("receive.count",
                 absl::StrCat("waits for ", receive.count(), " messages: write a number from 1 to ",
                              kMaxMessages, ", or 0 with \"settle\""));
  } else if (receive.has_count() && receive.count() == 0 &&
             BoundedDuration(receive.settle()) == shared::Duration::zero()) {
    place.Report("receive.count",
                 "waits for no message and does not listen: say with \"settle\" how long none may "
                 "come");
  }
  if (receive.has_within()) check(receive.within(), "within", false);
  if (receive.has_settle()) check(receive.settle(), "settle", true);
  for (int i = 0; i < receive.where_size(); ++i) {
    CheckExpectation(receive.where(i), "message", absl::StrCat("receive.where[", i, "]"), scope,
                     place);
  }
}

void Subscriptions::Follow(const v1::RedisStep& step, const std::string& connection,
                           const StepPlace& place) {
  if (IsApart(step)) return;
  const std::string session = SessionOf(step);
  const std::string key = Key("redis", connection, session);
  const bool listens = listening_.count(key) > 0;
  if (step.disconnect()) {
    listening_.erase(key);
    return;
  }
  if (step.has_receive()) {
    if (!listens) {
      place.Report("receive", absl::StrCat("waits for messages on session \"", session,
                                           "\", which has not subscribed: add a SUBSCRIBE step on "
                                           "that session before it"));
    }
    return;
  }
  const std::string name = absl::AsciiStrToUpper(step.command(0));
  if (name == "SUBSCRIBE" || name == "PSUBSCRIBE" || name == "SSUBSCRIBE") {
    listening_.insert(key);
  } else if (listens && IsLiteral(name) && name != "UNSUBSCRIBE" && name != "PUNSUBSCRIBE" &&
             name != "SUNSUBSCRIBE" && name != "PING" && name != "QUIT" && name != "RESET") {
    place.Report("command", absl::StrCat("sends ", name, " on session \"", session,
                                         "\", which has subscribed and can only receive: use "
                                         "another session"));
  }
}

void Subscriptions::Follow(const v1::EventBusStep& step, const std::string& connection,
                           const StepPlace& place) {
  if (IsApart(step)) return;
  const std::string session = SessionOf(step);
  const std::string key = Key("event_bus", connection, session);
  const bool listens = listening_.count(key) > 0;
  if (step.disconnect()) {
    listening_.erase(key);
  } else if (step.subscribe_size() > 0) {
    listening_.insert(key);
  } else if (step.has_receive()) {
    if (!listens) {
      place.Report("receive", absl::StrCat("waits for events on session \"", session,
                                           "\", which has not subscribed: add a \"subscribe\" step "
                                           "on that session before it"));
    }
  } else if (listens) {
    const std::string action = ActionsOf(step)[0];
    place.Report(action, absl::StrCat("has \"", action, "\" on session \"", session,
                                      "\", which has subscribed and can only receive: use another "
                                      "session"));
  }
}

}  // namespace smokemesh::coordinator
