#include "coordinator/verdict/rule_count.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/verdict/evidence.h"
#include "coordinator/verdict/standing.h"
#include "coordinator/verdict/suite_time.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using Subject = Limit::Subject;

// A comparison that a rule may read: that of a check which is decided.
bool IsCompared(const v1::CheckRecord& check, Standing standing) {
  return check.has_comparison() && standing != Standing::kOpen;
}

bool DoesCount(const Limit& limit, const v1::CheckRecord& check, Standing standing) {
  switch (limit.subject) {
    case Subject::kNotPassed:
      return IsCounted(standing, limit.counts);
    case Subject::kFlaky:
      return check.outcome() == v1::OUTCOME_FLAKY;
    case Subject::kNewlyFailing:
      return IsCounted(standing, limit.counts) && IsCompared(check, standing) &&
             check.comparison().newly_failing();
    case Subject::kNewlySlow:
      return standing == Standing::kPassed && IsCompared(check, standing) &&
             check.comparison().newly_slow();
    case Subject::kSuitesOverTarget:
      return false;
  }
  return false;
}

// Whether a check that does not count could have, had it come out otherwise.
bool CouldCount(const Limit& limit, const v1::CheckRecord& check, Standing standing,
                bool has_baseline) {
  if (standing == Standing::kOpen) {
    const bool compares =
        limit.subject == Subject::kNewlyFailing || limit.subject == Subject::kNewlySlow;
    return has_baseline || !compares;
  }
  const v1::CheckComparison& comparison = check.comparison();
  switch (limit.subject) {
    case Subject::kNewlyFailing:
      if (!IsCompared(check, standing) || comparison.added()) return false;
      return standing == Standing::kPassed ? !comparison.newly_passing()
                                           : comparison.newly_failing();
    case Subject::kNewlySlow:
      return IsCompared(check, standing) && comparison.runs() >= 3;
    default:
      return true;
  }
}

std::string FirstEvidence(const Limit& limit, const v1::CheckRecord& check) {
  if (limit.subject != Subject::kNewlySlow) return EvidenceLine(check);
  return absl::StrCat(check.name(), ": took ", shared::FormatDuration(TimeOf(check)), ", usually ",
                      shared::FormatDuration(SaneDuration(check.comparison().usual())));
}

void CountChecks(const Limit& limit, const std::vector<const v1::CheckRecord*>& selected,
                 bool has_baseline, RuleCount* count) {
  const v1::CheckRecord* first = nullptr;
  for (const v1::CheckRecord* check : selected) {
    const Standing standing = StandingOf(*check);
    if (standing == Standing::kSkipped) continue;
    ++count->denominator;
    if (!DoesCount(limit, *check, standing)) {
      count->could += CouldCount(limit, *check, standing, has_baseline) ? 1 : 0;
      continue;
    }
    count->counted.push_back(check->name());
    count->checks.push_back(check);
    // A failure says more than what it blocked.
    const bool tells_more = first != nullptr && first->outcome() != v1::OUTCOME_FAILED &&
                            check->outcome() == v1::OUTCOME_FAILED;
    if (first == nullptr || tells_more) first = check;
  }
  if (first != nullptr) count->first_evidence = FirstEvidence(limit, *first);
}

std::string FirstEvidence(const v1::Suite& suite, const SuiteTime& time) {
  const std::string target = shared::FormatDuration(time.target);
  if (time.ended_by_max) {
    return absl::StrCat("suite ", suite.name(), ": was ended by its max, target ", target);
  }
  return absl::StrCat("suite ", suite.name(), ": took ", shared::FormatDuration(time.time),
                      ", target ", target);
}

// A suite is over its target whether the selected checks in it are the slow ones or not.
void CountSuites(const std::vector<const v1::CheckRecord*>& selected, const Evidence& evidence,
                 RuleCount* count) {
  for (const v1::Suite& suite : evidence.suites) {
    const shared::Duration target = SaneDuration(suite.target());
    const bool is_selected =
        std::any_of(selected.begin(), selected.end(),
                    [&](const v1::CheckRecord* check) { return check->suite() == suite.name(); });
    if (!is_selected || target.count() <= 0) continue;
    ++count->denominator;
    std::vector<const v1::CheckRecord*> checks;
    for (const v1::CheckRecord& check : evidence.checks) {
      if (check.suite() == suite.name()) checks.push_back(&check);
    }
    const SuiteTime time = SuiteTimeOf(suite.name(), target, checks);
    if (!time.over_target) {
      ++count->could;
      continue;
    }
    if (count->counted.empty()) count->first_evidence = FirstEvidence(suite, time);
    count->counted.push_back(suite.name());
  }
}

}  // namespace

RuleCount CountFor(const Limit& limit, const Selection& selection, Scope scope,
                   const Evidence& evidence) {
  RuleCount count;
  std::vector<const v1::CheckRecord*> selected;
  for (const v1::CheckRecord& check : evidence.checks) {
    if (!IsJudged(check) || (scope == Scope::kNotCritical && IsCritical(check))) continue;
    if (!selection.MatchesTags({check.tags().begin(), check.tags().end()})) continue;
    selected.push_back(&check);
    count.open += StandingOf(check) == Standing::kOpen ? 1 : 0;
  }
  count.selected = static_cast<int>(selected.size());
  if (limit.subject == Subject::kSuitesOverTarget) {
    CountSuites(selected, evidence, &count);
  } else {
    CountChecks(limit, selected, !evidence.options.baseline().run_id().empty(), &count);
  }
  return count;
}

}  // namespace smokemesh::coordinator
