#ifndef SMOKEMESH_COORDINATOR_CLI_RUN_LIST_H_
#define SMOKEMESH_COORDINATOR_CLI_RUN_LIST_H_

#include <string>

#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// What `smokemesh runs` prints. Pure.
std::string RunListText(const v1::ListRunsResponse& response);

// One JSON document, as docs/cli.md describes it.
std::string RunListJson(const v1::ListRunsResponse& response);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_RUN_LIST_H_
