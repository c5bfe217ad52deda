#ifndef SMOKEMESH_COORDINATOR_PLAN_STEP_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_STEP_RULES_H_

#include <set>
#include <string>
#include <vector>

#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/problem_list.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// The kinds of steps, as messages list them.
inline constexpr const char* kStepKinds = "postgres, redis, http, event_bus";

// Most steps that a check has, apart from `finally`, and most of that.
inline constexpr int kMaxSteps = 200;

// Reports what is wrong with the steps of a check of one of the kinds that are a list of steps, its
// connection included: `path` is its path, `scope` has the variables that its first step may use,
// `timeout` is the check's.
void CheckSteps(const v1::Plan& plan, const v1::Check& check, const std::string& path,
                const Scope& scope, shared::Duration timeout, ProblemList* problems);

// Reports what is wrong with `steps`, which one agent carries out one after the other: some of the
// steps of `check`. `scope.later` may say of names why they are not known.
void CheckEachStep(const v1::Plan& plan, const v1::Check& check, const std::vector<StepRef>& steps,
                   const std::string& path, const Scope& scope, shared::Duration timeout,
                   ProblemList* problems);

// Reports too many steps in `finally` of a check.
void CheckNumberInFinally(const v1::Check& check, const std::string& path, ProblemList* problems);

// Names that steps capture.
std::set<std::string> CapturesOf(const std::vector<StepRef>& steps);

// `check "login"`.
std::string NameOfCheck(const v1::Check& check);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_STEP_RULES_H_
