#include "shared/credentials/file_content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

// Closes at the end of its life.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Failed(const std::string& path, int error) {
  const std::string message = absl::StrCat(EscapeControl(path), ": ", strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    case EEXIST:
      return absl::AlreadyExistsError(
          absl::StrCat(EscapeControl(path), ": is there already, and is not overwritten"));
    default:
      return absl::UnknownError(message);
  }
}

}  // namespace

absl::StatusOr<FileContent> ReadSmallFile(const std::string& path, size_t max_bytes) {
  // Not blocking: a FIFO would make the opener wait for a writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return Failed(path, errno);
  struct stat info = {};
  if (fstat(file.get(), &info) != 0) return Failed(path, errno);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(EscapeControl(path), ": is not a file"));
  }
  FileContent content;
  content.mode = info.st_mode;
  char buffer[16 << 10];
  while (content.text.size() <= max_bytes) {
    const ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got == 0) return content;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(path, errno);
    content.text.append(buffer, static_cast<size_t>(got));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(EscapeControl(path), ": is longer than ", max_bytes, " bytes"));
}

absl::Status WriteNewFile(const std::string& path, const std::string& text, mode_t mode) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.get() < 0) return Failed(path, errno);
  int error = fchmod(file.get(), mode) == 0 ? 0 : errno;  // whatever the umask says
  size_t written = 0;
  while (error == 0 && written < text.size()) {
    const ssize_t put = write(file.get(), text.data() + written, text.size() - written);
    if (put >= 0) {
      written += static_cast<size_t>(put);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (error == 0 && fsync(file.get()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(path.c_str());
  return Failed(path, error);
}

}  // namespace smokemesh::shared
