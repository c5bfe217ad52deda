#ifndef SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_RUNS_H_
#define SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_RUNS_H_

#include <string>
#include <utility>
#include <vector>

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

// What follows is judged by the real policy engine.

// PROMOTE although a critical check failed: it is a shadow check. Another one passed.
v1::Run ShadowRun();
// PROMOTE with two failures that the policy tolerates.
v1::Run ToleratedRun();
// HOLD: every check passed, two of them only on a retry, and a hold rule allows one.
v1::Run FlakyHoldRun();
// HOLD: every check passed, and the event bus took longer than its target.
v1::Run OverTargetRun();
// HOLD, against four earlier promoted runs: one check is newly failing, one newly slow (a hold rule
// looks at it), one newly passing, one new.
v1::Run ComparedRun();
// ROLLBACK with --fail-fast: one critical check failed, three were ABORTED then.
v1::Run FailFastRun();
// Four rounds; a rule that asks for 2 of the last 3 rounds makes the last one ROLLBACK.
v1::Run BakeRolledBackRun();
// Four rounds, the second was HOLD; the last two, which are enough, were PROMOTE.
v1::Run BakePromotedRun();
// ROLLBACK: nobody reaches the identity service, catalog reaches nobody, an edge is slow to answer,
// one has no evidence; a flow of three agents of which one heard nothing. It judges version
// 2025.48.1.
v1::Run MeshRun();
// That many checks on three agents, two at a time on each; every 12th failed. HOLD.
v1::Run LargeRun(int checks);

// All of the above that are small, by name.
std::vector<std::pair<std::string, v1::Run>> AllSampleRuns();

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_SAMPLE_RUNS_H_
