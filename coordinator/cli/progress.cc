#include "coordinator/cli/progress.h"

namespace smokemesh::coordinator {

std::unique_ptr<Progress> NewProgress(const Terminal& terminal, const ProgressOptions& options) {
  return terminal.interactive ? NewLiveProgress(terminal, options)
                              : NewPlainProgress(terminal, options);
}

}  // namespace smokemesh::coordinator
