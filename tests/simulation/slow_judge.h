#ifndef SMOKEMESH_TESTS_SIMULATION_SLOW_JUDGE_H_
#define SMOKEMESH_TESTS_SIMULATION_SLOW_JUDGE_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::testing {

// The law of docs/policy.md once more, written another way: by enumeration and whole numbers,
// without a line of the product. What it and the product disagree on is a bug in one of them.
// Ratios of policies must be whole thousandths; times are taken to the millisecond.

// Selectors that the slow judge understands by itself; tests that use others bring a SlowSelect.
const std::vector<std::string>& SlowSelectors();

// Whether an expression over tags selects a check that has these.
using SlowSelect =
    std::function<bool(const std::string& select, const std::set<std::string>& tags)>;

// What a rule or tolerance came to.
struct SlowRule {
  std::string rule;
  bool crossed = false;
  bool holds = false;
  std::set<std::string> counted;
  int of = 0;     // what a ratio is over
  int could = 0;  // of them, did not count and could have
};

struct SlowVerdict {
  v1::Decision decision = v1::DECISION_UNSPECIFIED;
  std::map<v1::Outcome, int> counts;  // unspecified: open
  std::map<v1::Outcome, int> shadow;
  std::vector<SlowRule> rules;  // rollback, hold, tolerate
  std::set<std::string> tolerated;
};

// The verdict over checks that are all decided, and over those that are not: unspecified unless it
// is ROLLBACK. An empty `select` knows SlowSelectors(). Comparisons are made here, from
// `options.baseline`; those in `checks` are not read.
SlowVerdict SlowJudgeAll(const std::vector<v1::CheckRecord>& checks,
                         const std::vector<v1::Suite>& suites, const v1::RunOptions& options,
                         const v1::Policy& policy, const SlowSelect& select);

// Its decision, of a run without suites and options, over SlowSelectors().
v1::Decision SlowJudge(const std::vector<v1::CheckRecord>& checks, const v1::Policy& policy);

// Whether a limit of a rule is crossed, or that of a tolerance kept, by `counted` of `of`.
bool SlowHolds(const v1::Rule& rule, int counted, int of);
bool SlowHolds(const v1::Tolerance& tolerance, int counted, int of);

// What the rounds of a bake come to when it has ended, or so far.
v1::Decision SlowJudgeBake(const std::vector<v1::BakeRound>& rounds, const v1::Policy& policy,
                           bool ended);

// The outcome of a check: tries out every way in which the open pairs could still end, and answers
// only when all of them agree.
v1::Outcome SlowQuorum(const std::vector<v1::Outcome>& outcomes, const std::string& quorum);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_SLOW_JUDGE_H_
