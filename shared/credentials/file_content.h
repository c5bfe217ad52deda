#ifndef SMOKEMESH_SHARED_CREDENTIALS_FILE_CONTENT_H_
#define SMOKEMESH_SHARED_CREDENTIALS_FILE_CONTENT_H_

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smokemesh::shared {

struct FileContent {
  std::string text;
  mode_t mode = 0;  // of stat(2)
};

// Reads a whole regular file. NOT_FOUND: it is not there; PERMISSION_DENIED; INVALID_ARGUMENT: it
// is a folder or the like, or longer than `max_bytes`. Messages begin with the path.
absl::StatusOr<FileContent> ReadSmallFile(const std::string& path, size_t max_bytes);

// Makes a file that was not there, with exactly this mode, and writes it through to the disk.
// ALREADY_EXISTS: nothing is overwritten. Messages begin with the path.
absl::Status WriteNewFile(const std::string& path, const std::string& text, mode_t mode);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_FILE_CONTENT_H_
