#ifndef SMOKEMESH_AGENT_CHECKS_REACH_H_
#define SMOKEMESH_AGENT_CHECKS_REACH_H_

#include "absl/status/status.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// Notes in an error how far the step got on its way to the server. What an inner function has noted
// stays: it knows better. OK and REACH_UNSPECIFIED change nothing.
absl::Status WithReach(absl::Status status, v1::Reach reach);

// How far a step got whose runner returned `status`: what was noted; else, of errors that come
// after the connection (step_runner.h), what their code tells; else REACH_UNSPECIFIED.
v1::Reach ReachOf(const absl::Status& status);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REACH_H_
