#include "coordinator/report/reporter.h"

namespace smokemesh::coordinator {

std::string TapReport(const v1::Run& run) { return run.run_id(); }

}  // namespace smokemesh::coordinator
