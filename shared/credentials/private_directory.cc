#include "shared/credentials/private_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr char kPrefix[] = "smokemesh-tls-";

std::vector<std::string> Parents() {
  std::vector<std::string> parents;
  for (const char* variable : {"RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"}) {
    const char* value = std::getenv(variable);
    // systemd writes several with colons between them.
    if (value != nullptr && value[0] == '/') parents.emplace_back(value, strcspn(value, ":"));
  }
  parents.emplace_back("/dev/shm");
  const char* temporary = std::getenv("TMPDIR");
  if (temporary != nullptr && temporary[0] == '/') parents.emplace_back(temporary);
  parents.emplace_back("/tmp");
  return parents;
}

// The lock on a directory, or -1 when somebody has it.
int Lock(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -1;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  close(fd);
  return -1;
}

// Removes what processes that were killed have left in `parent`.
void RemoveLeftovers(const std::string& parent) {
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(parent, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string path = entry->path();
    if (entry->path().filename().string().rfind(kPrefix, 0) != 0) continue;
    struct stat info = {};
    if (lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) continue;
    if (info.st_uid != geteuid()) continue;
    const int lock = Lock(path);
    if (lock < 0) continue;  // its process lives
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
    close(lock);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<PrivateDirectory>> PrivateDirectory::Make(
    const std::string& parent) {
  std::string problem;
  for (const std::string& folder : parent.empty() ? Parents() : std::vector<std::string>{parent}) {
    RemoveLeftovers(folder);
    // Another process may take a new directory for a leftover before it is locked: then once more.
    for (int attempt = 0; attempt < 3; ++attempt) {
      std::string path = absl::StrCat(folder, "/", kPrefix, "XXXXXX");
      if (mkdtemp(path.data()) == nullptr) {
        problem = absl::StrCat(EscapeControl(folder), ": ", strerror(errno));
        break;
      }
      const int lock = Lock(path);
      struct stat held = {};
      struct stat there = {};
      if (lock >= 0 && fstat(lock, &held) == 0 && lstat(path.c_str(), &there) == 0 &&
          held.st_ino == there.st_ino) {
        return std::unique_ptr<PrivateDirectory>(new PrivateDirectory(path, lock));
      }
      if (lock >= 0) close(lock);
    }
  }
  return absl::FailedPreconditionError(
      absl::StrCat("no private directory for certificates can be made: ", problem));
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  close(lock_);
}

}  // namespace smokemesh::shared
