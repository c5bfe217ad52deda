#ifndef SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_PARTS_H_
#define SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_PARTS_H_

#include <string>
#include <vector>

#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Pieces that sample runs are made of.

// A moment of the sample runs, `ms` after their begin.
shared::WallTime At(int ms);

// A finished run of three suites without a check.
v1::Run NewRun();

v1::CheckRecord* AddCheck(v1::Run* run, const std::string& name, const std::string& suite,
                          const std::vector<std::string>& tags, const std::string& impact);

void AddStep(v1::TaskResult* result, const std::string& name, int ms, v1::Outcome outcome,
             const std::string& observed);

// A result of the agent beside `service`.
v1::Task* AddTask(v1::CheckRecord* check, const std::string& service, v1::Outcome outcome,
                  int start_ms, int ms);

// Makes the check passed on the agent beside `service`.
void Pass(v1::CheckRecord* check, const std::string& service, int start_ms, int ms,
          v1::Outcome outcome = v1::OUTCOME_PASSED);

// Makes the check failed in its second step.
void Fail(v1::CheckRecord* check, v1::Task* task, const std::string& step,
          const std::string& expected, const std::string& actual, const std::string& target,
          const std::string& hint);

// Five checks that passed, four of them critical.
void AddHealthyChecks(v1::Run* run);

// The rules of the runbook: more than 20% of `smoke`, one of `critical`, all of `service`.
v1::Policy SamplePolicy();

// Compares with the run's baseline and judges, as a coordinator does.
void JudgeSample(v1::Run* run, const v1::Policy& policy);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_PARTS_H_
