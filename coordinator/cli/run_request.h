#ifndef SMOKEMESH_COORDINATOR_CLI_RUN_REQUEST_H_
#define SMOKEMESH_COORDINATOR_CLI_RUN_REQUEST_H_

#include "absl/status/statusor.h"
#include "coordinator/cli/command_line.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// What `smokemesh run` asks a coordinator for: `plan` with `--timeout`, or else SMOKE_TEST_TIMEOUT,
// and the other options of the command line. The request id is the given one, or random. A bake is
// a single request here: see bake_runner.h. INVALID_ARGUMENT, for people: an expression is wrong,
// nothing is selected, or the variable's value is no time.
absl::StatusOr<v1::CreateRunRequest> MakeRunRequest(v1::Plan plan, const RunArguments& arguments,
                                                    const Environment& environment);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_RUN_REQUEST_H_
