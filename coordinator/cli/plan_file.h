#ifndef SMOKEMESH_COORDINATOR_CLI_PLAN_FILE_H_
#define SMOKEMESH_COORDINATOR_CLI_PLAN_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reads and validates a plan file; `-` is standard input. INVALID_ARGUMENT carries every problem,
// one a line with its place; NOT_FOUND and the like say why the file cannot be read.
absl::StatusOr<v1::Plan> ReadPlanFile(const std::string& path);

// Whether `-m` and `-k` leave at least one check to run. INVALID_ARGUMENT says what is wrong with
// an expression, or which tags and names there are when nothing matches.
absl::Status CheckSelection(const v1::Plan& plan, std::string_view select, std::string_view match);

// Words of `-m` that are no tag of any check, as sentences: likely slips, which would otherwise
// leave checks out unseen.
std::vector<std::string> SelectionWarnings(const v1::Plan& plan, std::string_view select);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_PLAN_FILE_H_
