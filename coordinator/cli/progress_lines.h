#ifndef SMOKEMESH_COORDINATOR_CLI_PROGRESS_LINES_H_
#define SMOKEMESH_COORDINATOR_CLI_PROGRESS_LINES_H_

#include <set>
#include <string>
#include <vector>

#include "coordinator/cli/terminal.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Turns the states of a run into lines that are each written once.
class ProgressLines {
 public:
  explicit ProgressLines(const Terminal& terminal) : terminal_(terminal) {}

  // Lines for what is new in `run`: checks that have ended, and a ROLLBACK that has become certain.
  // `only_troubles` leaves out what passed or was skipped.
  std::vector<std::string> News(const v1::Run& run, bool only_troubles);

 private:
  const Terminal terminal_;
  std::set<std::string> told_;
  bool rollback_told_ = false;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_PROGRESS_LINES_H_
