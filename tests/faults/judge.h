#ifndef SMOKEMESH_TESTS_FAULTS_JUDGE_H_
#define SMOKEMESH_TESTS_FAULTS_JUDGE_H_

#include <string>
#include <vector>

#include "tests/faults/expectations.h"
#include "tests/faults/fault_run.h"

namespace smokemesh::testing {

// What is wrong with a run under a fault, one sentence each: a fault that nobody saw, a check that
// should have been red and was not, one that was without need, one without evidence, something that
// was left behind, a healthy platform that was not promoted. Empty when all is as it should be.
std::vector<std::string> Judge(const FaultRun& run, const Expectation& expectation);

// What is wrong with the expectations themselves: faults that have none, expectations of no fault,
// checks that are not in the plan, checks that no fault turns red. `plan` is a run of it.
std::vector<std::string> JudgeExpectations(const Expectations& expectations,
                                           const std::vector<std::string>& faults,
                                           const PlanRun& plan);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_FAULTS_JUDGE_H_
