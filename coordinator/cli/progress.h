#ifndef SMOKEMESH_COORDINATOR_CLI_PROGRESS_H_
#define SMOKEMESH_COORDINATOR_CLI_PROGRESS_H_

#include <memory>
#include <string>

#include "coordinator/cli/terminal.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Shows how a run goes while it goes. Thread-compatible: one thread calls it.
class Progress {
 public:
  virtual ~Progress() = default;
  // The run as it is now. Called first, after a lost stream, and at every change.
  virtual void Update(const v1::Run& run) = 0;
  // Something that a reader should know: the coordinator was lost, or is back.
  virtual void Note(const std::string& text) = 0;
  // Nothing more will come. What is shown for the moment only is taken away.
  virtual void End() = 0;
};

// One line for each check that has ended, in the order in which they end, and one line the moment a
// ROLLBACK is certain.
std::unique_ptr<Progress> NewPlainProgress(const Terminal& terminal);

// The suites, the checks that run and the time, redrawn in place; what has not passed stays above.
std::unique_ptr<Progress> NewLiveProgress(const Terminal& terminal);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_PROGRESS_H_
