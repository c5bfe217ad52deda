#ifndef SMOKEMESH_AGENT_SPOOL_SPOOL_DIRECTORY_H_
#define SMOKEMESH_AGENT_SPOOL_SPOOL_DIRECTORY_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// The files of a spool: `DIR/results/`, private to this user, with one file for each result, named
// after its task, and `DIR/lock`, held as long as this lives. Blocks on the disk. Not thread-safe.
//
// A file appears whole or not at all: it is written under another name and renamed. Nothing is
// synchronised to the disk: a killed process loses nothing by that, and a machine that loses power
// may leave a torn file, which its checksum shows. What the coordinator has acknowledged is its
// own; what it has not, it asks for again.
class SpoolDirectory {
 public:
  // Results that were found.
  struct Found {
    std::vector<v1::TaskResult> results;  // oldest first
    // Files that were torn, changed or foreign: renamed to `NAME.bad`, never read again. At most 16
    // are kept; further ones are removed. In words, for the log.
    std::vector<std::string> set_aside;
    size_t of_other_agents = 0;  // left where they are
    size_t left_out = 0;         // beyond `max_results` or `max_bytes`: left where they are
  };

  // Makes DIR if its parent exists. FAILED_PRECONDITION when another process holds the lock, or
  // when the folder belongs to another user or may be written by others; else why it cannot be
  // used.
  static absl::StatusOr<std::unique_ptr<SpoolDirectory>> Open(const std::string& directory);
  ~SpoolDirectory();
  SpoolDirectory(const SpoolDirectory&) = delete;
  SpoolDirectory& operator=(const SpoolDirectory&) = delete;

  // Reads what is there of this agent and removes unfinished files.
  absl::StatusOr<Found> Load(std::string_view agent_id, size_t max_results, size_t max_bytes);

  // Writes a result over what was there of its task.
  absl::Status Write(std::string_view task_id, std::string_view bytes);
  // Removes what is there of a task. OK when nothing is.
  absl::Status Remove(std::string_view task_id);

 private:
  SpoolDirectory(int lock, int folder) : lock_(lock), folder_(folder) {}

  void SetAside(const std::string& name, std::string_view why, Found* found);

  const int lock_;    // of `DIR/lock`
  const int folder_;  // of `DIR/results`
  int bad_files_ = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SPOOL_SPOOL_DIRECTORY_H_
