#ifndef SMOKEMESH_COORDINATOR_PLAN_STEP_PLACE_H_
#define SMOKEMESH_COORDINATOR_PLAN_STEP_PLACE_H_

#include <string>
#include <string_view>

#include "coordinator/plan/problem_list.h"

namespace smokemesh::coordinator {

// Where a step stands, and where what is wrong with it goes.
struct StepPlace {
  std::string path;   // `checks[0].http.steps[1]`
  std::string where;  // `step 2 of check "login"`
  ProblemList* problems = nullptr;

  // The path of a field of the step; the step's own for an empty `field`.
  std::string PathOf(std::string_view field) const;

  // Reports `WHERE MESSAGE` at a field of the step.
  void Report(std::string_view field, std::string_view message) const;

  // Whether the file has the field.
  bool IsWritten(std::string_view field) const { return problems->IsWritten(PathOf(field)); }
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_STEP_PLACE_H_
