#include "coordinator/verdict/rule_count.h"

#include <algorithm>
#include <map>

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
    case Subject::kServicesCutOff:
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

// A service and the edges that lead from it and to it.
struct Service {
  std::string name;
  std::vector<const v1::CheckRecord*> from;
  std::vector<const v1::CheckRecord*> to;
};

// In the order in which the plan first names them.
std::vector<Service> ServicesOf(const std::vector<const v1::CheckRecord*>& selected) {
  std::vector<Service> services;
  std::map<std::string, size_t> places;
  const auto service = [&](const std::string& name) -> Service& {
    const auto [place, is_new] = places.emplace(name, services.size());
    if (is_new) services.push_back({name, {}, {}});
    return services[place->second];
  };
  for (const v1::CheckRecord* check : selected) {
    if (!check->has_edge() || StandingOf(*check) == Standing::kSkipped) continue;
    service(check->edge().from()).from.push_back(check);
    service(check->edge().to()).to.push_back(check);
  }
  return services;
}

// Why the service is cut off, in one line; empty when it is not: all of two or more edges from it
// or to it count, or all that it has.
std::string WhyCutOff(const Service& service, const Limit& limit) {
  const auto all_count = [&](const std::vector<const v1::CheckRecord*>& edges) {
    return std::all_of(edges.begin(), edges.end(), [&](const v1::CheckRecord* edge) {
      return IsCounted(StandingOf(*edge), limit.counts);
    });
  };
  const bool from = !service.from.empty() && all_count(service.from);
  const bool to = !service.to.empty() && all_count(service.to);
  const bool is_all = all_count(service.from) && all_count(service.to);
  const auto why = [&](const std::string& what, const v1::CheckRecord& first) {
    return absl::StrCat("service ", service.name, ": ", what, " did not pass, first ",
                        EvidenceLine(first));
  };
  const auto both = [](size_t edges, const char* way, const std::string& name) {
    return edges == 1 ? absl::StrCat("the only edge ", way, " ", name)
                      : absl::StrCat("all ", edges, " edges ", way, " ", name);
  };
  if (to && (service.to.size() > 1 || is_all)) {
    return why(both(service.to.size(), "to", "it"), *service.to[0]);
  }
  if (from && (service.from.size() > 1 || is_all)) {
    return why(both(service.from.size(), "from", "it"), *service.from[0]);
  }
  return "";
}

// A service without an edge that ran is not among them. Each could be cut off.
void CountServices(const Limit& limit, const std::vector<const v1::CheckRecord*>& selected,
                   RuleCount* count) {
  for (const Service& service : ServicesOf(selected)) {
    ++count->denominator;
    const std::string why = WhyCutOff(service, limit);
    if (why.empty()) {
      ++count->could;
      continue;
    }
    if (count->counted.empty()) count->first_evidence = why;
    count->counted.push_back(service.name);
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
  } else if (limit.subject == Subject::kServicesCutOff) {
    CountServices(limit, selected, &count);
  } else {
    CountChecks(limit, selected, !evidence.options.baseline().run_id().empty(), &count);
  }
  return count;
}

}  // namespace smokemesh::coordinator
