#include "agent/spool/spool_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/spool/spooled_result.h"
#include "shared/status_macros.h"
#include "shared/text.h"
#include "shared/uuid.h"

namespace smokemesh::agent {
namespace {

constexpr char kSuffix[] = ".result";
constexpr char kUnfinished[] = ".tmp";
constexpr char kBad[] = ".bad";
constexpr int kMostBadFiles = 16;
constexpr size_t kMostEntries = 100'000;

std::string Reason() { return std::strerror(errno); }

absl::Status Error(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", Reason()));
}

std::string FileOf(std::string_view task_id) {
  return shared::Sha256Hex(task_id).substr(0, 32) + kSuffix;
}

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// At most one byte more than a result may have.
std::optional<std::string> ReadAll(int file) {
  std::string bytes(kMaxSpooledBytes + 1, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(file, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

// What is in a file of the folder, and when it was written.
struct Content {
  std::string name;
  int64_t written_ns = 0;
  v1::TaskResult result;
  size_t bytes = 0;
};

absl::StatusOr<Content> Read(int folder, const std::string& name) {
  // Not blocking: whoever put a pipe there must not stop the agent.
  const int file = openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return absl::DataLossError(absl::StrCat("it cannot be opened: ", Reason()));
  struct stat info {};
  std::optional<std::string> bytes;
  const bool plain = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  if (plain) bytes = ReadAll(file);
  close(file);
  if (!plain) return absl::DataLossError("it is no plain file");
  if (!bytes.has_value()) return absl::DataLossError("it cannot be read");
  Content content;
  content.name = name;
  content.written_ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  content.bytes = bytes->size();
  ASSIGN_OR_RETURN(content.result, DecodeSpooled(*bytes));
  if (FileOf(content.result.task_id()) != name) {
    return absl::DataLossError("its name is that of another task");
  }
  return content;
}

absl::StatusOr<std::vector<std::string>> Names(int folder) {
  const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const listing = copy < 0 ? nullptr : fdopendir(copy);
  if (listing == nullptr) {
    const absl::Status status = Error("cannot list the results that are kept");
    if (copy >= 0) close(copy);
    return status;
  }
  std::vector<std::string> names;
  while (names.size() < kMostEntries) {
    const dirent* const entry = readdir(listing);
    if (entry == nullptr) break;
    names.emplace_back(entry->d_name);
  }
  closedir(listing);
  return names;
}

// Opens `path`, a folder that is private to this user, and makes it if need be.
absl::StatusOr<int> OpenPrivate(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error(absl::StrCat("cannot make the folder ", path));
  }
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (folder < 0) return Error(absl::StrCat("cannot open the folder ", path));
  struct stat info {};
  const bool known = fstat(folder, &info) == 0;
  if (known && info.st_uid == geteuid() && (info.st_mode & 0022) == 0) return folder;
  close(folder);
  return absl::FailedPreconditionError(
      absl::StrCat("the folder ", path, " belongs to another user, or others may write in it: ",
                   "results in it cannot be trusted. Make it this user's own, mode 0700"));
}

absl::StatusOr<int> Lock(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Error(absl::StrCat("cannot open ", path));
  if (flock(file, LOCK_EX | LOCK_NB) == 0) {
    const std::string pid = absl::StrCat(getpid(), "\n");
    // For people only.
    if (ftruncate(file, 0) == 0) WriteAll(file, pid);
    return file;
  }
  const int error = errno;
  char pid[24] = {};
  const ssize_t got = error == EWOULDBLOCK ? read(file, pid, sizeof(pid) - 1) : 0;
  close(file);
  errno = error;
  if (error != EWOULDBLOCK) return Error(absl::StrCat("cannot lock ", path));
  const std::string_view who(pid, got > 0 ? static_cast<size_t>(got) : 0);
  return absl::FailedPreconditionError(absl::StrCat(
      "another agent",
      who.empty()
          ? ""
          : absl::StrCat(" (process ", shared::EscapeControl(who.substr(0, who.find('\n'))), ")"),
      " keeps its results in ", directory, ": give each agent a --state of its own"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpoolDirectory>> SpoolDirectory::Open(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error(absl::StrCat("cannot make the folder ", directory));
  }
  ASSIGN_OR_RETURN(const int lock, Lock(directory));
  absl::StatusOr<int> folder = OpenPrivate(directory + "/results");
  if (!folder.ok()) {
    close(lock);
    return folder.status();
  }
  return std::unique_ptr<SpoolDirectory>(new SpoolDirectory(lock, *folder));
}

SpoolDirectory::~SpoolDirectory() {
  close(folder_);
  close(lock_);
}

absl::StatusOr<SpoolDirectory::Found> SpoolDirectory::Load(std::string_view agent_id,
                                                           size_t max_results, size_t max_bytes) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, Names(folder_));
  bad_files_ = static_cast<int>(std::count_if(
      names.begin(), names.end(), [](const auto& name) { return absl::EndsWith(name, kBad); }));
  Found found;
  std::vector<Content> contents;
  size_t bytes = 0;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, kUnfinished)) unlinkat(folder_, name.c_str(), 0);
    if (!absl::EndsWith(name, kSuffix)) continue;
    absl::StatusOr<Content> content = Read(folder_, name);
    if (!content.ok()) {
      SetAside(name, std::string(content.status().message()), &found);
    } else if (content->result.agent_id() != agent_id) {
      ++found.of_other_agents;
    } else if (contents.size() >= max_results || bytes + content->bytes > max_bytes) {
      ++found.left_out;
    } else {
      bytes += content->bytes;
      contents.push_back(*std::move(content));
    }
  }
  std::sort(contents.begin(), contents.end(), [](const Content& a, const Content& b) {
    return std::tie(a.written_ns, a.name) < std::tie(b.written_ns, b.name);
  });
  for (Content& content : contents) found.results.push_back(std::move(content.result));
  return found;
}

void SpoolDirectory::SetAside(const std::string& name, std::string_view why, Found* found) {
  const std::string bad = name + kBad;
  const bool keeps =
      bad_files_ < kMostBadFiles && renameat(folder_, name.c_str(), folder_, bad.c_str()) == 0;
  if (keeps) {
    ++bad_files_;
  } else {
    unlinkat(folder_, name.c_str(), 0);
  }
  found->set_aside.push_back(
      absl::StrCat(shared::EscapeControl(name), ": ", std::string(why), keeps ? "" : " (removed)"));
}

absl::Status SpoolDirectory::Write(std::string_view task_id, std::string_view bytes) {
  const std::string name = FileOf(task_id);
  const std::string unfinished = name + kUnfinished;
  unlinkat(folder_, unfinished.c_str(), 0);
  const int file = openat(folder_, unfinished.c_str(),
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Error("cannot make a file for a result");
  bool written = WriteAll(file, bytes);
  int error = errno;
  if (close(file) != 0 && written) {
    written = false;
    error = errno;
  }
  if (written && renameat(folder_, unfinished.c_str(), folder_, name.c_str()) == 0) {
    return absl::OkStatus();
  }
  if (written) error = errno;
  unlinkat(folder_, unfinished.c_str(), 0);
  errno = error;
  return Error("cannot write a result");
}

absl::Status SpoolDirectory::Remove(std::string_view task_id) {
  if (unlinkat(folder_, FileOf(task_id).c_str(), 0) == 0 || errno == ENOENT) {
    return absl::OkStatus();
  }
  return Error("cannot remove a result that is delivered");
}

}  // namespace smokemesh::agent
