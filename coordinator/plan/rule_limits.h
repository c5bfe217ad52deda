#ifndef SMOKEMESH_COORDINATOR_PLAN_RULE_LIMITS_H_
#define SMOKEMESH_COORDINATOR_PLAN_RULE_LIMITS_H_

#include <set>
#include <string>

#include "coordinator/plan/problem_list.h"
#include "coordinator/plan/selection.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// What a rule can count at most.
struct Countable {
  int checks = 0;
  int retried = 0;                 // those that are tried again, and so can be FLAKY
  std::set<std::string> targets;   // names of their suites, as far as these have a target
  std::set<std::string> services;  // at either end of the edges that they probe
};

// What the checks of a plan that `selection` selects give a rule to count. With `judged_only`, less
// those that never count: shadow checks, and those that are left out with `skip`.
Countable CountableOf(const v1::Plan& plan, const Selection& selection, bool judged_only);

// Why a rule could not hold, whatever happened; empty when it could. `where` names the rule.
std::string WhyNever(const v1::Rule& rule, const Countable& countable, const std::string& where);

// Reports a limit that is missing or out of its range. Returns whether nothing is wrong.
bool CheckLimit(const v1::Rule& rule, const std::string& path, const std::string& where,
                ProblemList* problems);
bool CheckLimit(const v1::Tolerance& tolerance, const std::string& path, const std::string& where,
                ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_RULE_LIMITS_H_
