#ifndef SMOKEMESH_TESTS_DURABILITY_SMALL_DISK_H_
#define SMOKEMESH_TESTS_DURABILITY_SMALL_DISK_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

// A file system in memory that is easily full. Seen by this process and its children only: it goes
// with them. Make it while this process has one thread.
class SmallDisk {
 public:
  // PERMISSION_DENIED where this user may not mount.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(size_t bytes);
  ~SmallDisk();

  std::string path() const { return directory_.path(); }

  // Takes all the space that is left.
  absl::Status Fill();
  // Gives it back.
  void Free();

 private:
  SmallDisk() = default;

  TempDir directory_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_DURABILITY_SMALL_DISK_H_
