#ifndef SMOKEMESH_SHARED_CREDENTIALS_PRIVATE_DIRECTORY_H_
#define SMOKEMESH_SHARED_CREDENTIALS_PRIVATE_DIRECTORY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace smokemesh::shared {

// A directory of this process alone (mode 0700), removed with what it holds at the end of the
// object's life. What a process that was killed has left is removed by the next one of the same
// user that makes one.
class PrivateDirectory {
 public:
  // Below `parent`; empty: the first of $RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR, /dev/shm, $TMPDIR
  // and /tmp that can be written to. The first three are in memory as a rule: nothing of a key
  // comes to a disk.
  static absl::StatusOr<std::unique_ptr<PrivateDirectory>> Make(const std::string& parent = "");

  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  PrivateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_PRIVATE_DIRECTORY_H_
