#ifndef SMOKEMESH_COORDINATOR_CLI_PROGRESS_LINES_H_
#define SMOKEMESH_COORDINATOR_CLI_PROGRESS_LINES_H_

#include <set>
#include <string>
#include <vector>

#include "coordinator/cli/progress.h"
#include "coordinator/cli/terminal.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Turns the states of a run, and of the rounds of a bake, into lines that are each written once.
class ProgressLines {
 public:
  struct Options {
    bool only_troubles = false;  // leaves out what passed or was skipped
    bool steps = false;          // below each check its steps, and what was seen
    int width = 0;               // lines are broken to fit into fewer columns; 0: never
  };

  explicit ProgressLines(const Terminal& terminal) : terminal_(terminal) {}

  // Lines for what is new in `run`: checks that have ended, and a ROLLBACK that has become certain.
  // A run with another id begins anew.
  std::vector<std::string> News(const v1::Run& run, const Options& options);

  // A line for a round that has ended; none before.
  std::vector<std::string> RoundNews(const BakeProgress& bake, int width);

 private:
  const Terminal terminal_;
  std::string run_id_;
  std::set<std::string> told_;
  bool rollback_told_ = false;
  int rounds_told_ = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_PROGRESS_LINES_H_
