#ifndef SMOKEMESH_COORDINATOR_CLI_UNFINISHED_RUNS_H_
#define SMOKEMESH_COORDINATOR_CLI_UNFINISHED_RUNS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/cli/command_line.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// Notes about one-shot runs: a file for each run that goes on, or that has ended without having
// cleaned up. There is no coordinator that would remember a run whose process was killed. A note
// holds the plan's name and the time, nothing secret; the process that carries the run out holds a
// lock on it, which goes with the process.

// `$XDG_STATE_HOME/smokemesh/unfinished`, or under `$HOME/.local/state`; empty without a home.
std::string UnfinishedRunsFolder(const Environment& environment);

// A note and the lock on it. Not thread-safe.
class UnfinishedRun {
 public:
  // Writes the note of a run that begins. An error when it cannot be written: the run can do
  // without.
  static absl::StatusOr<std::unique_ptr<UnfinishedRun>> Begin(const std::string& folder,
                                                              std::string_view run_id,
                                                              std::string_view plan_name,
                                                              shared::WallTime start);

  // Takes over the note of a run whose process is gone. NOT_FOUND: there is none.
  // FAILED_PRECONDITION: the run is still going on, or another process cleans up after it.
  static absl::StatusOr<std::unique_ptr<UnfinishedRun>> TakeOver(const std::string& folder,
                                                                 std::string_view run_id);

  // Gives the lock back. The note stays.
  ~UnfinishedRun();
  UnfinishedRun(const UnfinishedRun&) = delete;
  UnfinishedRun& operator=(const UnfinishedRun&) = delete;

  const std::string& run_id() const { return run_id_; }
  const std::string& plan_name() const { return plan_name_; }

  // Nothing of the run is left.
  void Remove();

 private:
  UnfinishedRun(std::string path, std::string run_id, std::string plan_name, int fd);

  const std::string path_;
  const std::string run_id_;
  const std::string plan_name_;
  const int fd_;
};

// Identifiers of the runs that have a note, the oldest first; at most 1,000. They may be going on.
std::vector<std::string> UnfinishedRuns(const std::string& folder);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_UNFINISHED_RUNS_H_
