#include "tests/faults/judge.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace smokemesh::testing {
namespace {

// Whether `names` has the check, its suite or all.
bool Has(const std::set<std::string>& names, const CheckRun& check) {
  return names.contains(check.name) || names.contains("@" + check.suite) || names.contains("@all");
}

bool MayStay(const std::string& leftover, const Expectation& expectation) {
  return std::any_of(
      expectation.leaves.begin(), expectation.leaves.end(),
      [&leftover](const std::string& pattern) { return RE2::FullMatch(leftover, pattern); });
}

// Empty when the check may have ended like this.
std::string JudgeCheck(const CheckRun& check, const Expectation& expectation) {
  const bool expected = expectation.red.contains(check.name);
  if (check.failed()) {
    if (expected || expectation.any_of.contains(check.name) || Has(expectation.may, check))
      return "";
    return absl::StrCat(check.name,
                        " is FAILED, which this fault does not explain: ", check.message);
  }
  // By a check that is FAILED and was looked at itself.
  const bool blocked = check.outcome == "BLOCKED" && check.blocked_by == "FAILED";
  if (expected && !(blocked && expectation.or_blocked.contains(check.name))) {
    return absl::StrCat(check.name, " is ", check.outcome, ", it must be FAILED",
                        check.message.empty() ? "" : ": ", check.message);
  }
  if (check.quiet()) return "";
  if (blocked) return "";
  if (check.outcome != "BLOCKED" && Has(expectation.no_evidence, check)) return "";
  return absl::StrCat(check.name, " is ", check.outcome, ": ", check.message);
}

}  // namespace

std::vector<std::string> Judge(const FaultRun& run, const Expectation& expectation) {
  if (!run.problem.ok()) return {std::string(run.problem.message())};
  std::vector<std::string> wrong;
  const bool healthy = run.fault.empty();
  const bool seen = std::any_of(run.run.checks.begin(), run.run.checks.end(),
                                [](const CheckRun& check) { return check.failed(); });
  if (healthy && run.run.decision != "PROMOTE") {
    wrong.push_back("the healthy platform is not promoted: " + run.run.decision);
  }
  if (!healthy && !seen) wrong.push_back("nobody saw the fault: no check is FAILED");
  if (!healthy && run.run.decision == "PROMOTE") wrong.push_back("the broken platform is promoted");
  for (const CheckRun& check : run.run.checks) {
    std::string text = JudgeCheck(check, expectation);
    if (!text.empty()) wrong.push_back(std::move(text));
  }
  const bool one = std::any_of(run.run.checks.begin(), run.run.checks.end(),
                               [&expectation](const CheckRun& check) {
                                 return check.failed() && expectation.any_of.contains(check.name);
                               });
  if (!expectation.any_of.empty() && !one) {
    wrong.push_back("none of these is FAILED, one must be: " +
                    absl::StrJoin(expectation.any_of, ", "));
  }
  for (const std::string& leftover : run.leftovers) {
    if (!MayStay(leftover, expectation)) wrong.push_back("left behind: " + leftover);
  }
  return wrong;
}

std::vector<std::string> JudgeExpectations(const Expectations& expectations,
                                           const std::vector<std::string>& faults,
                                           const PlanRun& plan) {
  std::vector<std::string> wrong;
  for (const std::string& fault : faults) {
    if (!expectations.contains(fault)) wrong.push_back("no expectation for fault " + fault);
  }
  std::set<std::string> known = {"@all"};
  for (const CheckRun& check : plan.checks) {
    known.insert(check.name);
    known.insert("@" + check.suite);
  }
  std::set<std::string> seen;
  for (const auto& [fault, expectation] : expectations) {
    if (std::find(faults.begin(), faults.end(), fault) == faults.end()) {
      wrong.push_back("an expectation for a fault that does not exist: " + fault);
    }
    for (const auto* names :
         {&expectation.red, &expectation.any_of, &expectation.may, &expectation.no_evidence}) {
      for (const std::string& name : *names) {
        if (!known.contains(name)) {
          wrong.push_back(absl::StrCat(fault, ": the plan has no check ", name));
        }
      }
    }
    seen.insert(expectation.red.begin(), expectation.red.end());
  }
  for (const CheckRun& check : plan.checks) {
    if (!seen.contains(check.name)) {
      wrong.push_back("no fault turns this check red: " + check.name);
    }
  }
  return wrong;
}

}  // namespace smokemesh::testing
