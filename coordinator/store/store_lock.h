#ifndef SMOKEMESH_COORDINATOR_STORE_STORE_LOCK_H_
#define SMOKEMESH_COORDINATOR_STORE_STORE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace smokemesh::coordinator {

// Keeps a store to one process: a lock on `<store>.lock`, which also holds the owner's pid for the
// message that the next one gets. The system drops the lock when the process ends, however it ends;
// the file stays.
class StoreLock {
 public:
  // FAILED_PRECONDITION when another process, or another store of this one, holds it.
  static absl::StatusOr<std::unique_ptr<StoreLock>> Acquire(const std::string& store_path);

  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  explicit StoreLock(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_STORE_LOCK_H_
