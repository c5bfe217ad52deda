#ifndef SMOKEMESH_COORDINATOR_PLAN_SELECTOR_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_SELECTOR_RULES_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/plan/problem_list.h"
#include "coordinator/plan/selection.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// The tags of a plan's checks, in the form that selections take.
struct TagsOfPlan {
  explicit TagsOfPlan(const v1::Plan& plan);

  std::vector<std::vector<std::string>> of_check;  // by index
  std::set<std::string> all;
};

// Reports what is wrong with an expression over tags, the field `field` of what stands at `path`:
// missing, not readable, a contradiction, or one that selects no check of the plan. `consequence`
// says what an empty selection would come to: `it could never hold`. Returns the selection when
// nothing is wrong.
std::optional<Selection> CheckSelector(const std::string& expression, const TagsOfPlan& tags,
                                       const std::string& path, const std::string& field,
                                       const std::string& where, const std::string& consequence,
                                       ProblemList* problems);

// Reports what is wrong with `quick`: a selector as above, and critical checks outside it.
void CheckQuick(const v1::Plan& plan, ProblemList* problems);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_SELECTOR_RULES_H_
