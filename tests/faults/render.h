#ifndef SMOKEMESH_TESTS_FAULTS_RENDER_H_
#define SMOKEMESH_TESTS_FAULTS_RENDER_H_

#include <string>
#include <vector>

#include "tests/faults/expectations.h"
#include "tests/faults/fault_run.h"

// The results of a fault matrix as texts. The first run is that of the healthy platform.
namespace smokemesh::testing {

// docs/fault-matrix.md. Says nothing that differs from one good run to the next.
std::string RenderMarkdown(const std::vector<FaultRun>& runs, const Expectations& expectations);

// Everything, for programs.
std::string RenderJson(const std::vector<FaultRun>& runs);

// What each red check says, for people to read.
std::string RenderMessages(const std::vector<FaultRun>& runs);

// A first draft of expectations.yaml from one or more runs of each fault: red is what always
// failed, may what sometimes did.
std::string RenderDraft(const std::vector<FaultRun>& runs);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_FAULTS_RENDER_H_
