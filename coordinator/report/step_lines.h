#ifndef SMOKEMESH_COORDINATOR_REPORT_STEP_LINES_H_
#define SMOKEMESH_COORDINATOR_REPORT_STEP_LINES_H_

#include <string>
#include <vector>

#include "coordinator/report/reporter.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What a check did on one agent, for `--verbose`: the agent with its time and why it did not pass,
// then each step with its time and what was seen. Escaped, indented, within the width.
std::vector<std::string> StepLines(const v1::CheckRecord& check, const v1::Task& task,
                                   const TextOptions& options);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_STEP_LINES_H_
