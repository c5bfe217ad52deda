#ifndef SMOKEMESH_COORDINATOR_REPORT_CLEAN_UP_TEXT_H_
#define SMOKEMESH_COORDINATOR_REPORT_CLEAN_UP_TEXT_H_

#include <string>

#include "coordinator/report/reporter.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What TextReport says of a run that cleans up after others: what could not be removed, and the
// outcome in the last line. It looks like no report of a run that is judged.
std::string CleanUpText(const v1::Run& run, const TextOptions& options);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_CLEAN_UP_TEXT_H_
