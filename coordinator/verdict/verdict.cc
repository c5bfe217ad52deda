#include "coordinator/verdict/verdict.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/verdict/evidence.h"
#include "coordinator/verdict/rule.h"
#include "coordinator/verdict/rule_limit.h"
#include "coordinator/verdict/rule_text.h"
#include "coordinator/verdict/tally.h"
#include "coordinator/verdict/tolerance.h"

namespace smokemesh::coordinator {
namespace {

// Most checks that one list of reasons names one by one.
constexpr size_t kNamedChecks = 20;
constexpr int kMostReasons = 100;

// A rule that holds, or that was crossed.
struct Finding {
  std::string rule;
  std::string in_short;  // `1 not passed, limit 1`
  std::string evidence;  // may be empty
};

// What the policy says about the evidence.
struct Findings {
  std::vector<Finding> rollback;
  std::vector<Finding> hold;
  std::vector<Finding> not_yet;       // crossed in this round, and do not hold
  std::vector<std::string> problems;  // why parts of the policy cannot be judged
  Tolerated tolerated;
};

void ApplyRules(const google::protobuf::RepeatedPtrField<v1::Rule>& rules, v1::RuleEffect effect,
                const Evidence& evidence, std::vector<Finding>* holding, Findings* findings,
                v1::Verdict* verdict) {
  for (const v1::Rule& rule : rules) {
    RuleOutcome outcome = ApplyRule(rule, effect, evidence);
    if (!outcome.problem.empty()) findings->problems.push_back(outcome.problem);
    const Finding finding = {rule.rule(), outcome.in_short, outcome.result.first_evidence()};
    if (outcome.result.holds()) {
      holding->push_back(finding);
    } else if (outcome.result.crossed()) {
      findings->not_yet.push_back(finding);
    }
    *verdict->add_rules() = std::move(outcome.result);
  }
}

Findings ApplyPolicy(const v1::Policy& policy, const Evidence& evidence, v1::Verdict* verdict) {
  Findings findings;
  if (HasUnknownParts(policy)) {
    findings.problems.push_back(
        "the policy cannot be judged: it has parts that this program does not know");
  }
  ApplyRules(policy.rollback(), v1::RULE_EFFECT_ROLLBACK, evidence, &findings.rollback, &findings,
             verdict);
  ApplyRules(policy.hold(), v1::RULE_EFFECT_HOLD, evidence, &findings.hold, &findings, verdict);
  for (const v1::Tolerance& tolerance : policy.tolerate()) {
    ToleranceOutcome outcome = ApplyTolerance(tolerance, evidence);
    if (!outcome.problem.empty()) findings.problems.push_back(outcome.problem);
    for (const v1::CheckRecord* check : outcome.tolerated) {
      findings.tolerated.emplace(check, tolerance.rule());
    }
    *verdict->add_rules() = std::move(outcome.result);
  }
  return findings;
}

// `2 MISSING, 1 ERRORED`.
std::string ByOutcome(const Tally::Checks& checks) {
  std::vector<std::string> parts;
  for (const v1::Outcome outcome :
       {v1::OUTCOME_MISSING, v1::OUTCOME_ERRORED, v1::OUTCOME_ABORTED, v1::OUTCOME_BLOCKED}) {
    int count = 0;
    for (const v1::CheckRecord* check : checks) count += check->outcome() == outcome ? 1 : 0;
    if (count > 0) parts.push_back(absl::StrCat(count, " ", std::string(Name(outcome))));
  }
  return absl::StrJoin(parts, ", ");
}

void AddEvidence(const Tally::Checks& checks, v1::Verdict* verdict) {
  for (size_t i = 0; i < checks.size() && i < kNamedChecks; ++i) {
    verdict->add_reasons(EvidenceLine(*checks[i]));
  }
  if (checks.size() > kNamedChecks) {
    verdict->add_reasons(
        absl::StrCat("and ", CountOf(checks.size() - kNamedChecks, "check"), " more"));
  }
}

int Passed(const v1::OutcomeCounts& counts) { return counts.passed() + counts.flaky(); }

std::string PromoteText(const Tally& tally) {
  const v1::OutcomeCounts& counts = tally.counts;
  const int passed = Passed(counts);
  const bool all = tally.tolerated.empty() && counts.skipped() == 0;
  std::string text =
      absl::StrCat(all && passed != 1 ? "all " : "", CountOf(passed, "check"), " passed");
  if (!tally.tolerated.empty()) absl::StrAppend(&text, ", ", tally.tolerated.size(), " tolerated");
  if (counts.skipped() > 0) absl::StrAppend(&text, ", ", counts.skipped(), " skipped");
  if (counts.flaky() > 0) {
    absl::StrAppend(&text, ", ", counts.flaky(), all ? " of them" : " passed", " only on a retry");
  }
  return text;
}

// Why the evidence does not carry a decision, the weightiest first; empty when it does.
std::vector<std::string> Doubts(const Tally& tally, const std::vector<std::string>& problems) {
  std::vector<std::string> doubts = problems;
  const v1::OutcomeCounts& counts = tally.counts;
  if (!tally.missing.empty()) {
    doubts.push_back(absl::StrCat("no evidence from ", tally.missing.size(), " of ",
                                  CountOf(counts.planned(), "check"), " (",
                                  ByOutcome(tally.missing), ")"));
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
  const bool something_ran = Passed(counts) > 0 || !tally.failures.empty();
  if (!something_ran && tally.missing.empty()) {
    doubts.push_back(
        tally.tolerated.empty()
            ? "nothing ran"
            : absl::StrCat("nothing passed: ", CountOf(tally.tolerated.size(), "check"),
                           " tolerated, and no other ran"));
  }
  return doubts;
}

// `rule a holds (…)`, `rules a (…), b (…) and c (…) hold`.
std::string TheyHold(const std::vector<Finding>& holding) {
  if (holding.size() == 1) {
    return absl::StrCat("rule ", holding[0].rule, " holds (", holding[0].in_short, ")");
  }
  std::string text = "rules ";
  for (size_t i = 0; i < holding.size(); ++i) {
    if (i > 0) absl::StrAppend(&text, i + 1 == holding.size() ? " and " : ", ");
    absl::StrAppend(&text, holding[i].rule, " (", holding[i].in_short, ")");
  }
  return text + " hold";
}

std::string HoldText(const Tally& tally, const std::vector<Finding>& hold) {
  std::vector<std::string> parts;
  const size_t not_passed = tally.failures.size() + tally.held.size();
  if (not_passed > 0) {
    parts.push_back(absl::StrCat(
        not_passed, " of ", CountOf(tally.counts.planned(), "check"), " did not pass",
        tally.tolerated.empty() ? ""
                                : absl::StrCat(", ", tally.tolerated.size(), " more tolerated"),
        hold.empty() ? ", and no rollback rule holds" : ""));
  }
  if (!hold.empty()) parts.push_back(TheyHold(hold));
  return absl::StrJoin(parts, "; ");
}

void Decide(v1::Decision decision, const std::string& why, bool final, v1::Verdict* verdict) {
  verdict->set_decision(decision);
  verdict->set_summary(absl::StrCat(std::string(Name(decision)), ": ", why));
  verdict->set_final(final);
}

// `rule NAME WORDS (…): EVIDENCE` of each.
void AddReasons(const std::vector<Finding>& findings, const char* words, v1::Verdict* verdict) {
  for (const Finding& finding : findings) {
    verdict->add_reasons(absl::StrCat("rule ", finding.rule, " ", words, " (", finding.in_short,
                                      ")", finding.evidence.empty() ? "" : ": ", finding.evidence));
  }
}

// What was tolerated and what was flaky, the least weighty of all.
void AddWhatIsLetPass(const Tally& tally, const Tolerated& tolerated, v1::Verdict* verdict) {
  for (const v1::CheckRecord* check : tally.tolerated) {
    if (verdict->reasons_size() >= kMostReasons) return;
    verdict->add_reasons(
        absl::StrCat(EvidenceLine(*check), " (tolerated by ", tolerated.at(check), ")"));
  }
  for (const v1::CheckRecord* check : tally.flaky) {
    if (verdict->reasons_size() >= kMostReasons) return;
    verdict->add_reasons(absl::StrCat(check->name(), " passed only on a retry"));
  }
}

}  // namespace

v1::Verdict Judge(const Evidence& evidence, const v1::Policy& policy) {
  v1::Verdict verdict;
  const Findings findings = ApplyPolicy(policy, evidence, &verdict);
  const Tally tally = TallyOf(evidence.checks, findings.tolerated);
  *verdict.mutable_counts() = tally.counts;
  if (tally.shadow.planned() > 0) *verdict.mutable_shadow() = tally.shadow;
  for (const v1::CheckRecord* check : tally.tolerated) verdict.add_tolerated(check->name());

  const int open = tally.counts.open();
  const bool rolls_back = !findings.rollback.empty();
  const std::vector<std::string> doubts = Doubts(tally, findings.problems);
  if (!rolls_back && open > 0) {
    Decide(v1::DECISION_UNSPECIFIED,
           absl::StrCat(open, " of ", CountOf(tally.counts.planned(), "check"), " still open"),
           false, &verdict);
    AddEvidence(tally.failures, &verdict);
    return verdict;
  }

  const std::string hold = HoldText(tally, findings.hold);
  if (rolls_back) {
    Decide(v1::DECISION_ROLLBACK, TheyHold(findings.rollback), true, &verdict);
  } else if (!doubts.empty()) {
    Decide(v1::DECISION_INCONCLUSIVE, absl::StrJoin(doubts, "; "), true, &verdict);
  } else if (!hold.empty()) {
    Decide(v1::DECISION_HOLD, hold, true, &verdict);
  } else {
    Decide(v1::DECISION_PROMOTE, PromoteText(tally), true, &verdict);
    verdict.add_reasons(PromoteText(tally));
  }

  AddReasons(findings.rollback, "holds", &verdict);
  // A ROLLBACK while checks are open says nothing yet about what is missing.
  if (open == 0) {
    for (const std::string& doubt : doubts) verdict.add_reasons(doubt);
    AddReasons(findings.hold, "holds", &verdict);
    AddReasons(findings.not_yet, "does not hold yet", &verdict);
  }
  AddEvidence(tally.missing, &verdict);
  AddEvidence(tally.failures, &verdict);
  AddEvidence(tally.held, &verdict);
  AddWhatIsLetPass(tally, findings.tolerated, &verdict);
  return verdict;
}

}  // namespace smokemesh::coordinator
