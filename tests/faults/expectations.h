#ifndef SMOKEMESH_TESTS_FAULTS_EXPECTATIONS_H_
#define SMOKEMESH_TESTS_FAULTS_EXPECTATIONS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::testing {

// What a fault must do to a run of the plan.
struct Expectation {
  // Checks that must be FAILED.
  std::set<std::string> red;
  // Those of `red` that may be BLOCKED instead: what they need may be FAILED by the same fault, and
  // by chance comes first.
  std::set<std::string> or_blocked;
  // Checks of which at least one must be FAILED, where it depends on chance which. All of them may.
  std::set<std::string> any_of;
  // Further checks that may be: they need what is broken, or it depends on chance whether they
  // meet it. A check's name, `@suite` or `@all`.
  std::set<std::string> may;
  // Checks that may be without evidence (ERRORED, ABORTED, MISSING) instead. As `may`.
  std::set<std::string> no_evidence;
  // What no plan can clean up under this fault, as regular expressions for lines of
  // PlatformStack::Leftovers, and why.
  std::vector<std::string> leaves;
  std::string leaves_why;
  // Which test of the suite that this plan replaces turns red, by its number: `UNMODIFIED /
  // REPAIRED`, or one for both. `-`: none; `skips`: tests are only left out; `n/a`: the tests that
  // could are broken; empty: not tried there.
  std::string original;
};

// By the fault's name.
using Expectations = std::map<std::string, Expectation>;

// Reads the YAML of expectations.yaml, which tells its form. INVALID_ARGUMENT names the line.
absl::StatusOr<Expectations> ParseExpectations(const std::string& yaml);
absl::StatusOr<Expectations> LoadExpectations(const std::string& path);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_FAULTS_EXPECTATIONS_H_
