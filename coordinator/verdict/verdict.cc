#include "coordinator/verdict/verdict.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/verdict/evidence.h"
#include "coordinator/verdict/rule.h"
#include "coordinator/verdict/standing.h"

namespace smokemesh::coordinator {
namespace {

using Records = google::protobuf::RepeatedPtrField<v1::CheckRecord>;

// Most checks that one list of reasons names one by one.
constexpr size_t kNamedChecks = 20;

// The checks that are judged, sorted into the classes that a verdict is made of.
struct Tally {
  v1::OutcomeCounts counts;
  std::vector<const v1::CheckRecord*> missing;
  std::vector<const v1::CheckRecord*> failures;
  std::vector<const v1::CheckRecord*> held;
  std::vector<const v1::CheckRecord*> critical_skipped;
  std::vector<const v1::CheckRecord*> flaky;
};

bool IsCritical(const v1::CheckRecord& check) {
  for (const std::string& tag : check.tags()) {
    if (tag == "critical") return true;
  }
  return false;
}

Tally TallyOf(const Records& checks) {
  Tally tally;
  for (const v1::CheckRecord& check : checks) {
    if (check.deselected()) continue;
    Count(check.outcome(), &tally.counts);
    switch (StandingOf(check)) {
      case Standing::kOpen:
        break;
      case Standing::kPassed:
        if (check.outcome() == v1::OUTCOME_FLAKY) tally.flaky.push_back(&check);
        break;
      case Standing::kFailure:
        tally.failures.push_back(&check);
        break;
      case Standing::kMissing:
        tally.missing.push_back(&check);
        break;
      case Standing::kHeld:
        tally.held.push_back(&check);
        break;
      case Standing::kSkipped:
        if (IsCritical(check)) tally.critical_skipped.push_back(&check);
        break;
    }
  }
  return tally;
}

std::string Checks(size_t count) { return absl::StrCat(count, count == 1 ? " check" : " checks"); }

// `2 MISSING, 1 ERRORED`.
std::string ByOutcome(const std::vector<const v1::CheckRecord*>& checks) {
  std::vector<std::string> parts;
  for (const v1::Outcome outcome :
       {v1::OUTCOME_MISSING, v1::OUTCOME_ERRORED, v1::OUTCOME_ABORTED, v1::OUTCOME_BLOCKED}) {
    int count = 0;
    for (const v1::CheckRecord* check : checks) count += check->outcome() == outcome ? 1 : 0;
    if (count > 0) parts.push_back(absl::StrCat(count, " ", std::string(Name(outcome))));
  }
  return absl::StrJoin(parts, ", ");
}

void AddEvidence(const std::vector<const v1::CheckRecord*>& checks, v1::Verdict* verdict) {
  for (size_t i = 0; i < checks.size() && i < kNamedChecks; ++i) {
    verdict->add_reasons(EvidenceLine(*checks[i]));
  }
  if (checks.size() > kNamedChecks) {
    verdict->add_reasons(absl::StrCat("and ", Checks(checks.size() - kNamedChecks), " more"));
  }
}

bool NothingRan(const Tally& tally) {
  return tally.counts.passed() + tally.counts.flaky() == 0 && tally.failures.empty();
}

std::string PromoteText(const v1::OutcomeCounts& counts) {
  const int passed = counts.passed() + counts.flaky();
  std::string text = counts.skipped() == 0
                         ? absl::StrCat(passed == 1 ? "" : "all ", Checks(passed), " passed")
                         : absl::StrCat(Checks(passed), " passed, ", counts.skipped(), " skipped");
  if (counts.flaky() > 0) absl::StrAppend(&text, ", ", counts.flaky(), " of them only on a retry");
  return text;
}

// Why the evidence does not carry a decision, the weightiest first; empty when it does.
std::vector<std::string> Doubts(const Tally& tally, const std::vector<std::string>& problems) {
  std::vector<std::string> doubts = problems;
  const v1::OutcomeCounts& counts = tally.counts;
  if (!tally.missing.empty()) {
    doubts.push_back(absl::StrCat("no evidence from ", tally.missing.size(), " of ",
                                  Checks(counts.planned()), " (", ByOutcome(tally.missing), ")"));
  }
  for (const v1::CheckRecord* check : tally.critical_skipped) {
    doubts.push_back(absl::StrCat("critical check ", check->name(), " was SKIPPED"));
  }
  const int sum = counts.passed() + counts.flaky() + counts.failed() + counts.errored() +
                  counts.blocked() + counts.aborted() + counts.missing() + counts.skipped();
  if (sum != counts.planned()) {
    doubts.push_back(absl::StrCat("the outcomes add up to ", sum, ", not to the ", counts.planned(),
                                  " checks of the manifest"));
  }
  if (NothingRan(tally) && tally.missing.empty()) doubts.push_back("nothing ran");
  return doubts;
}

// `rules a (…), b (…) and c (…) hold`.
std::string SeveralHold(const std::vector<std::string>& holding) {
  const std::vector<std::string> before(holding.begin(), holding.end() - 1);
  return absl::StrCat("rules ", absl::StrJoin(before, ", "), " and ", holding.back(), " hold");
}

void Decide(v1::Decision decision, const std::string& why, bool final, v1::Verdict* verdict) {
  verdict->set_decision(decision);
  verdict->set_summary(absl::StrCat(std::string(Name(decision)), ": ", why));
  verdict->set_final(final);
}

}  // namespace

void Count(v1::Outcome outcome, v1::OutcomeCounts* counts) {
  counts->set_planned(counts->planned() + 1);
  switch (outcome) {
    case v1::OUTCOME_UNSPECIFIED:
      return counts->set_open(counts->open() + 1);
    case v1::OUTCOME_PASSED:
      return counts->set_passed(counts->passed() + 1);
    case v1::OUTCOME_FLAKY:
      return counts->set_flaky(counts->flaky() + 1);
    case v1::OUTCOME_FAILED:
      return counts->set_failed(counts->failed() + 1);
    case v1::OUTCOME_BLOCKED:
      return counts->set_blocked(counts->blocked() + 1);
    case v1::OUTCOME_ABORTED:
      return counts->set_aborted(counts->aborted() + 1);
    case v1::OUTCOME_MISSING:
      return counts->set_missing(counts->missing() + 1);
    case v1::OUTCOME_SKIPPED:
      return counts->set_skipped(counts->skipped() + 1);
    default:  // ERRORED, and outcomes that this program does not know
      return counts->set_errored(counts->errored() + 1);
  }
}

v1::Verdict Judge(const Evidence& evidence, const v1::Policy& policy) {
  const Records& checks = evidence.checks;
  v1::Verdict verdict;
  const Tally tally = TallyOf(checks);
  *verdict.mutable_counts() = tally.counts;

  std::vector<std::string> holding;  // `critical-path (1 not passed, limit 1)`
  std::string only_rule;             // `rule critical-path holds (1 not passed, limit 1)`
  std::vector<std::string> problems;
  for (const v1::Rule& rule : policy.rollback()) {
    RuleOutcome outcome = ApplyRule(rule, checks);
    if (!outcome.problem.empty()) problems.push_back(outcome.problem);
    if (outcome.result.holds()) {
      holding.push_back(absl::StrCat(rule.rule(), " (", outcome.in_short, ")"));
      only_rule = absl::StrCat("rule ", rule.rule(), " holds (", outcome.in_short, ")");
      verdict.add_reasons(absl::StrCat(only_rule, ": ", outcome.result.first_evidence()));
    }
    *verdict.add_rules() = std::move(outcome.result);
  }

  const int open = tally.counts.open();
  const std::vector<std::string> doubts = Doubts(tally, problems);
  if (holding.empty() && open > 0) {
    Decide(v1::DECISION_UNSPECIFIED,
           absl::StrCat(open, " of ", Checks(tally.counts.planned()), " still open"), false,
           &verdict);
    AddEvidence(tally.failures, &verdict);
    return verdict;
  }

  const size_t not_passed = tally.failures.size() + tally.held.size();
  if (!holding.empty()) {
    Decide(v1::DECISION_ROLLBACK, holding.size() == 1 ? only_rule : SeveralHold(holding), true,
           &verdict);
  } else if (!doubts.empty()) {
    Decide(v1::DECISION_INCONCLUSIVE, absl::StrJoin(doubts, "; "), true, &verdict);
  } else if (not_passed > 0) {
    Decide(v1::DECISION_HOLD,
           absl::StrCat(not_passed, " of ", Checks(tally.counts.planned()),
                        " did not pass, and no rollback rule holds"),
           true, &verdict);
  } else {
    Decide(v1::DECISION_PROMOTE, PromoteText(tally.counts), true, &verdict);
    verdict.add_reasons(PromoteText(tally.counts));
  }

  // A ROLLBACK while checks are open says nothing yet about what is missing.
  if (open == 0) {
    for (const std::string& doubt : doubts) verdict.add_reasons(doubt);
  }
  AddEvidence(tally.missing, &verdict);
  AddEvidence(tally.failures, &verdict);
  AddEvidence(tally.held, &verdict);
  for (const v1::CheckRecord* check : tally.flaky) {
    if (verdict.reasons_size() >= 100) break;
    verdict.add_reasons(absl::StrCat(check->name(), " passed only on a retry"));
  }
  return verdict;
}

}  // namespace smokemesh::coordinator
