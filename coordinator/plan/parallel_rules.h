#ifndef SMOKEMESH_COORDINATOR_PLAN_PARALLEL_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_PARALLEL_RULES_H_

#include <map>
#include <string>
#include <vector>

#include "coordinator/plan/plan_steps.h"

namespace smokemesh::coordinator {

// The parallel groups among the steps of one check. In a group, steps on one session form a branch
// and keep their order; branches run at the same time.
class ParallelGroups {
 public:
  // `steps` are all steps of `check`; they are not copied and outlive this.
  ParallelGroups(const v1::Plan& plan, const v1::Check& check, const std::vector<StepRef>& steps);

  // What is wrong with the group that begins with step `i`; empty when none begins there or nothing
  // is wrong.
  std::string ProblemOfGroupAt(size_t i) const;

  // Names that other branches capture while step `i` runs, and what to say of a step that uses one
  // of them. Empty for a step that is in no group.
  std::map<std::string, std::string> RacingCaptures(size_t i) const;

 private:
  struct Place {
    size_t first = 0;  // step of the group
    size_t last = 0;
    std::string branch;
  };

  const std::vector<StepRef>& steps_;
  std::vector<Place> places_;  // of each step; a step in no group has no branch
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_PARALLEL_RULES_H_
