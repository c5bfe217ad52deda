#include "coordinator/plan/time_rules.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

using shared::Duration;
using shared::FormatDuration;

constexpr int kMaxAttempts = 10;
constexpr Duration kDefaultTimeout = std::chrono::seconds(10);
constexpr Duration kDefaultPlanTimeout = std::chrono::minutes(5);
constexpr Duration kDefaultInterval = std::chrono::seconds(1);

// The longest time that a step says it waits; none for a step that is never done.
Duration WaitOf(const AnyStep& step) {
  const CommonFields fields = CommonOf(step);
  if (fields.when != nullptr && *fields.when == "false") return Duration::zero();
  Duration wait = Duration::zero();
  if (fields.until != nullptr && fields.until->has_within()) {
    wait += BoundedDuration(fields.until->within());
  }
  const v1::Receive* receive = nullptr;
  if (const auto* redis = std::get_if<const v1::RedisStep*>(&step)) {
    if ((*redis)->has_receive()) receive = &(*redis)->receive();
  } else if (const auto* bus = std::get_if<const v1::EventBusStep*>(&step)) {
    if ((*bus)->has_receive()) receive = &(*bus)->receive();
  }
  if (receive == nullptr) return wait;
  const bool waits_for_none = receive->has_count() && receive->count() == 0;
  if (receive->has_within() && !waits_for_none) wait += BoundedDuration(receive->within());
  if (receive->has_settle()) wait += BoundedDuration(receive->settle());
  return wait;
}

// The waits of all steps, one after the other. Of a parallel group the longest counts.
Duration WaitsOf(const std::vector<StepRef>& steps) {
  Duration all = Duration::zero();
  for (size_t i = 0; i < steps.size();) {
    const auto group_of = [&](size_t at) {
      const std::string* group = CommonOf(steps[at].step).parallel;
      return group == nullptr ? std::string() : *group;
    };
    const std::string group = group_of(i);
    Duration longest = WaitOf(steps[i].step);
    size_t end = i + 1;
    while (!group.empty() && end < steps.size() && group_of(end) == group &&
           steps[end].list == steps[i].list) {
      longest = std::max(longest, WaitOf(steps[end++].step));
    }
    all += longest;
    i = end;
  }
  return all;
}

// The waits of a check, from its beginning to its end. Roles of a flow wait at the same time,
// before the barrier and after it; each edge is a check of its own.
Duration WaitsOf(const v1::Check& check) {
  Duration before = Duration::zero();
  Duration after = Duration::zero();
  for (const v1::FlowRole& role : check.flow().roles()) {
    before = std::max(before, WaitsOf(StepsIn(role.prepare(), "", "")));
    after = std::max(after, WaitsOf(StepsIn(role.steps(), "", "")));
  }
  for (const v1::Edge& edge : check.edges().edges()) {
    after = std::max(after, WaitsOf(StepsIn(edge.steps(), "", "")));
  }
  if (!check.has_flow() && !check.has_edges()) return WaitsOf(StepsOf(check));
  return before + after + WaitsOf(StepsIn(check.finally(), "", ""));
}

// Whether one wait alone is too long: that is reported at its step.
bool AnyIsLonger(const v1::Check& check, Duration timeout) {
  std::vector<StepRef> steps = StepsOf(check);
  for (const v1::Edge& edge : check.edges().edges()) {
    for (StepRef& ref : StepsIn(edge.steps(), "", "")) steps.push_back(std::move(ref));
  }
  return std::any_of(steps.begin(), steps.end(), [&](const StepRef& ref) {
    return !KindOf(ref.step).empty() && WaitOf(ref.step) > timeout;
  });
}

class TimeRules {
 public:
  TimeRules(const v1::Plan& plan, ProblemList* problems) : plan_(plan), problems_(*problems) {}

  void Check() {
    if (plan_.has_timeout()) {
      CheckDuration(plan_.timeout(), false, "timeout", "timeout of the plan", &problems_);
      plan_timeout_ = BoundedDuration(plan_.timeout());
    }
    if (plan_.defaults().has_timeout() &&
        CheckDuration(plan_.defaults().timeout(), false, "defaults.timeout", "timeout in defaults",
                      &problems_) &&
        problems_.HasFile() && plan_timeout_ > Duration::zero() &&
        BoundedDuration(plan_.defaults().timeout()) > plan_timeout_) {
      problems_.Add("defaults.timeout",
                    absl::StrCat("timeout in defaults is longer than ", PlanTimeout()));
    }
    for (int i = 0; i < plan_.suites_size(); ++i) CheckSuite(i);
    for (int i = 0; i < plan_.checks_size(); ++i) CheckOne(i);
  }

 private:
  void CheckSuite(int i) {
    const v1::Suite& suite = plan_.suites(i);
    const std::string path = absl::StrCat("suites[", i, "]");
    const std::string where = absl::StrCat(" of suite \"", suite.name(), "\"");
    if (suite.has_target()) {
      CheckDuration(suite.target(), false, path + ".target", "target" + where, &problems_);
    }
    if (suite.has_max()) {
      CheckDuration(suite.max(), false, path + ".max", "max" + where, &problems_);
      const Duration max = BoundedDuration(suite.max());
      max_of_suite_.emplace(suite.name(), max);
      if (max > plan_timeout_ && plan_timeout_ > Duration::zero() && problems_.HasFile()) {
        problems_.Add(path + ".max",
                      absl::StrCat("max", where, " is ", FormatDuration(max), ", longer than ",
                                   PlanTimeout(), ": it would never be reached"));
      }
    }
    if (suite.has_target() && suite.has_max() &&
        std::pair(suite.target().seconds(), suite.target().nanos()) >
            std::pair(suite.max().seconds(), suite.max().nanos())) {
      problems_.Add(path + ".target", absl::StrCat("target", where, " is longer than its max"));
    }
  }

  void CheckOne(int i) {
    const v1::Check& check = plan_.checks(i);
    const std::string path = absl::StrCat("checks[", i, "]");
    const std::string where = absl::StrCat("check \"", check.name(), "\"");
    const bool is_good =
        !check.has_timeout() ||
        CheckDuration(check.timeout(), false, path + ".timeout", "timeout of " + where, &problems_);
    const Duration timeout = TimeoutOf(plan_, check);
    if (check.has_retry()) CheckRetry(check.retry(), timeout, path + ".retry", where);
    if (check.has_timeout() && is_good && problems_.HasFile()) CheckFits(check, path, where);
    // Said already; or the defaults are filled in, which are no waits that anybody asked for.
    if (timeout <= Duration::zero() || !problems_.HasFile()) return;
    if (AnyIsLonger(check, timeout)) return;
    const Duration waits = WaitsOf(check);
    if (waits <= timeout) return;
    problems_.Add(path + ".timeout",
                  absl::StrCat(where, " has steps that may wait ", FormatDuration(waits),
                               " in all, longer than its timeout of ", FormatDuration(timeout),
                               ": the last ones would be cut short; raise \"timeout\", or shorten "
                               "\"within\" and \"settle\""));
  }

  // A timeout that somebody wrote must be one that can come.
  void CheckFits(const v1::Check& check, const std::string& path, const std::string& where) {
    const Duration timeout = BoundedDuration(check.timeout());
    const auto report = [&](const std::string& around) {
      problems_.Add(path + ".timeout",
                    absl::StrCat("timeout of ", where, " is ", FormatDuration(timeout),
                                 ", longer than ", around,
                                 ": it would be ABORTED, which is no evidence, before it could be "
                                 "FAILED"));
    };
    const auto max = max_of_suite_.find(check.suite());
    if (plan_timeout_ > Duration::zero() && timeout > plan_timeout_) {
      report(PlanTimeout());
    } else if (max != max_of_suite_.end() && max->second > Duration::zero() &&
               timeout > max->second) {
      report(absl::StrCat("the max of its suite, ", FormatDuration(max->second)));
    }
  }

  void CheckRetry(const v1::Retry& retry, Duration timeout, const std::string& path,
                  const std::string& where) {
    const bool written_zero = retry.attempts() == 0 && problems_.IsWritten(path + ".attempts");
    if (retry.attempts() < 0 || retry.attempts() > kMaxAttempts || written_zero) {
      problems_.Add(path + ".attempts",
                    absl::StrCat("attempts of ", where, " must be from 1 to ", kMaxAttempts));
      return;
    }
    Duration interval = kDefaultInterval;
    if (retry.has_interval()) {
      CheckDuration(retry.interval(), true, path + ".interval", "interval of retry of " + where,
                    &problems_);
      interval = BoundedDuration(retry.interval());
    }
    if (retry.attempts() <= 1) return;
    const int waits = retry.attempts() - 1;
    if (interval > timeout || interval * waits >= timeout) {
      problems_.Add(path,
                    absl::StrCat(where, " waits ", waits, " times ", FormatDuration(interval),
                                 " between its tries, and that is not less than its timeout of ",
                                 FormatDuration(timeout), ": the last try would never be made"));
    }
  }

  std::string PlanTimeout() const {
    return absl::StrCat("the plan's timeout of ", FormatDuration(plan_timeout_),
                        plan_.has_timeout() ? "" : " (the default)");
  }

  const v1::Plan& plan_;
  ProblemList& problems_;
  Duration plan_timeout_ = kDefaultPlanTimeout;
  std::map<std::string, Duration> max_of_suite_;
};

}  // namespace

Duration TimeoutOf(const v1::Plan& plan, const v1::Check& check) {
  if (check.has_timeout()) return BoundedDuration(check.timeout());
  if (plan.defaults().has_timeout()) return BoundedDuration(plan.defaults().timeout());
  return kDefaultTimeout;
}

void CheckTimes(const v1::Plan& plan, ProblemList* problems) { TimeRules(plan, problems).Check(); }

}  // namespace smokemesh::coordinator
