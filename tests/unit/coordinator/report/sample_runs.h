#ifndef SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_RUNS_H_
#define SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_RUNS_H_

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Finished runs as the coordinator hands them to reporters. Always the same, times included.

// Three suites on three agents, all passed.
v1::Run PromotedRun();
// Two failed checks (one critical), one blocked, one flaky, one skipped, one left behind.
v1::Run RolledBackRun();
// An agent was lost, a variable was unset, a selector matched nobody.
v1::Run InconclusiveRun();
// One check of many failed, tolerated by every rule; one passed by quorum without an agent.
v1::Run HeldRun();
// Every text is an attack on a terminal, on XML or on HTML.
v1::Run HostileRun();

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_RUNS_H_
