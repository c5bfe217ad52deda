#include "coordinator/plan/repetition_rules.h"

#include <chrono>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/literal_secrets.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMaxTimes = 1000;
constexpr int kMaxParallel = 50;
constexpr int kMaxWarmUp = 100;
constexpr int kMaxAttempts = 10'000;
constexpr size_t kMaxSession = 64;
constexpr shared::Duration kDefaultWithin = std::chrono::seconds(2);

// What a step does that can only be done once, and what to write instead; empty for all others.
struct OnceOnly {
  std::string_view what;
  std::string_view instead;
};

OnceOnly OnceOnlyOf(const AnyStep& step) {
  constexpr OnceOnly kDisconnect = {"a disconnect", "remove it"};
  constexpr OnceOnly kSubscription = {"a subscription", "remove it"};
  constexpr OnceOnly kReceive = {"a wait for messages",
                                 "say how many and how long with \"count\" and \"within\""};
  if (const auto* sql = std::get_if<const v1::PostgresStep*>(&step)) {
    return (*sql)->disconnect() ? kDisconnect : OnceOnly{};
  }
  if (const auto* redis = std::get_if<const v1::RedisStep*>(&step)) {
    if ((*redis)->disconnect()) return kDisconnect;
    if ((*redis)->has_receive()) return kReceive;
    if ((*redis)->command_size() == 0) return {};
    const std::string name = absl::AsciiStrToUpper((*redis)->command(0));
    return name == "SUBSCRIBE" || name == "PSUBSCRIBE" || name == "SSUBSCRIBE" ? kSubscription
                                                                               : OnceOnly{};
  }
  if (const auto* bus = std::get_if<const v1::EventBusStep*>(&step)) {
    if ((*bus)->disconnect()) return kDisconnect;
    if ((*bus)->has_receive()) return kReceive;
    return (*bus)->subscribe_size() > 0 ? kSubscription : OnceOnly{};
  }
  return {};
}

// Whether a step can fail without an expectation of its own. The others would not wait for
// anything.
bool HasImpliedExpectation(const AnyStep& step) {
  const auto* bus = std::get_if<const v1::EventBusStep*>(&step);
  return bus == nullptr || (*bus)->has_stored();
}

void CheckRange(int value, int least, int greatest, bool is_required, const std::string& field,
                const std::string& what, const StepPlace& place) {
  if (value == 0 && least > 0 && !is_required && !place.IsWritten(field)) return;  // its default
  if (value >= least && value <= greatest) return;
  place.Report(field, absl::StrCat(what, " must be from ", least, " to ", greatest));
}

void CheckRepeat(const AnyStep& step, const v1::Repeat& repeat, const StepPlace& place) {
  if (const OnceOnly once = OnceOnlyOf(step); !once.what.empty()) {
    place.Report("repeat", absl::StrCat("has \"repeat\" on ", std::string(once.what),
                                        ", which is done once: ", std::string(once.instead)));
  }
  CheckRange(repeat.times(), 1, kMaxTimes, true, "repeat.times", "has a \"repeat\" whose \"times\"",
             place);
  CheckRange(repeat.parallel(), 1, kMaxParallel, false, "repeat.parallel",
             "has a \"repeat\" whose \"parallel\"", place);
  CheckRange(repeat.warm_up(), 0, kMaxWarmUp, false, "repeat.warm_up",
             "has a \"repeat\" whose \"warm_up\"", place);
  if (repeat.times() >= 1 && repeat.times() <= kMaxTimes && repeat.parallel() > repeat.times() &&
      repeat.parallel() <= kMaxParallel) {
    place.Report("repeat.parallel",
                 absl::StrCat("repeats ", repeat.times(), " times, and can never do ",
                              repeat.parallel(), " at once: raise \"times\""));
  }
}

void CheckUntil(const AnyStep& step, const v1::Until& until, shared::Duration timeout,
                const StepPlace& place) {
  const CommonFields fields = CommonOf(step);
  if (fields.repeat != nullptr) {
    place.Report("until", "has both \"repeat\" and \"until\": keep one");
  }
  if (const OnceOnly once = OnceOnlyOf(step); !once.what.empty()) {
    place.Report("until", absl::StrCat("has \"until\" on ", std::string(once.what),
                                       ", which is done once: ", std::string(once.instead)));
  } else if (fields.expect->empty() && !HasImpliedExpectation(step)) {
    place.Report("until",
                 "has \"until\", but expects nothing that it could wait for: add "
                 "\"expect\"");
  }
  CheckRange(until.attempts(), 1, kMaxAttempts, false, "until.attempts",
             "has an \"until\" whose \"attempts\"", place);
  shared::Duration within = std::min(kDefaultWithin, timeout);
  const auto check = [&](const google::protobuf::Duration& duration, const std::string& name) {
    const std::string field = "until." + name;
    CheckDuration(duration, false, place.PathOf(field),
                  absl::StrCat("\"", name, "\" of \"until\" of ", place.where), place.problems);
    const shared::Duration bounded = BoundedDuration(duration);
    if (bounded > timeout) {
      place.Report(
          field,
          absl::StrCat("has an \"until\" whose \"", name, "\" of ", shared::FormatDuration(bounded),
                       " is longer than the check's timeout of ", shared::FormatDuration(timeout)));
      return false;
    }
    return true;
  };
  bool is_good = true;
  if (until.has_within()) {
    is_good = check(until.within(), "within");
    within = BoundedDuration(until.within());
  }
  if (!until.has_interval() || !check(until.interval(), "interval") || !is_good) return;
  if (within > shared::Duration::zero() && BoundedDuration(until.interval()) > within) {
    place.Report("until.interval",
                 absl::StrCat("waits ", shared::FormatDuration(BoundedDuration(until.interval())),
                              " between two attempts and would make only one within ",
                              shared::FormatDuration(within), ": raise \"within\""));
  }
}

void CheckWhen(const std::string& when, const StepPlace& place) {
  if (when.empty()) {
    if (place.IsWritten("when")) {
      place.Report("when",
                   "has an empty \"when\": write true, false or a {{variable}}, or remove "
                   "it");
    }
  } else if (IsLiteral(when) && when != "true" && when != "false") {
    place.Report("when", absl::StrCat("has the \"when\" \"", shared::Shorten(when, 64),
                                      "\": write true, false, or a {{variable}} or ${NAME} that "
                                      "is one of them"));
  }
}

}  // namespace

void CheckRepetition(const AnyStep& step, shared::Duration timeout, const StepPlace& place) {
  const CommonFields fields = CommonOf(step);
  if (fields.repeat != nullptr) CheckRepeat(step, *fields.repeat, place);
  if (fields.until != nullptr) CheckUntil(step, *fields.until, timeout, place);
  CheckWhen(*fields.when, place);
  if (fields.session != nullptr && fields.session->find('#') != std::string::npos) {
    place.Report("session",
                 absl::StrCat("has the session \"", shared::Shorten(*fields.session, kMaxSession),
                              "\": a \"#\" is only in names that repeated steps make"));
  }
}

}  // namespace smokemesh::coordinator
