#ifndef SMOKEMESH_COORDINATOR_CLI_PROGRESS_H_
#define SMOKEMESH_COORDINATOR_CLI_PROGRESS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/terminal.h"
#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Where a bake stands.
struct BakeProgress {
  int round = 1;    // the round that goes on, or the last one that did; from 1
  int planned = 1;  // rounds in all
  // When the next round begins; nothing while a round goes on, and when none is to come.
  std::optional<shared::SteadyTime> next;
  std::vector<v1::BakeRound> ended;  // in order
};

// Shows how a run, or a bake of several, goes while it goes. One thread calls it, `Note` apart,
// which any thread may call.
class Progress {
 public:
  virtual ~Progress() = default;
  // The run as it is now. Called first, after a lost stream, and at every change. A run with
  // another id is the next round.
  virtual void Update(const v1::Run& run) = 0;
  // Only of a bake: called before the run of a round is made, and when it has ended.
  virtual void Round(const BakeProgress& /*bake*/) {}
  // Something that a reader should know: the coordinator was lost, or is back.
  virtual void Note(const std::string& text) = 0;
  // Nothing more will come, of any round. What is shown for the moment only is taken away.
  virtual void End() = 0;
};

struct ProgressOptions {
  // Plain lines have the steps of each check that has ended.
  bool verbose = false;
};

// The one that suits the terminal: live where the cursor can be moved, else plain.
std::unique_ptr<Progress> NewProgress(const Terminal& terminal, const ProgressOptions& options);

// One line for each check that has ended, in the order in which they end, and one line the moment a
// ROLLBACK is certain.
std::unique_ptr<Progress> NewPlainProgress(const Terminal& terminal,
                                           const ProgressOptions& options = {});

// The suites, the agents, the checks that run and the time, redrawn in place; what has not passed
// stays above.
std::unique_ptr<Progress> NewLiveProgress(const Terminal& terminal,
                                          const ProgressOptions& options = {});

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_PROGRESS_H_
