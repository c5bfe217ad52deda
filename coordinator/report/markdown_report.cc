#include "coordinator/report/reporter.h"

namespace smokemesh::coordinator {

std::string MarkdownReport(const v1::Run& run, size_t max_bytes) {
  return run.run_id().substr(0, max_bytes);
}

}  // namespace smokemesh::coordinator
