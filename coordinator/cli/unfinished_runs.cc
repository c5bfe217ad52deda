#include "coordinator/cli/unfinished_runs.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxNotes = 1000;
constexpr size_t kMaxNoteBytes = 4096;
constexpr size_t kMaxIdBytes = 128;
constexpr char kPlan[] = "plan ";

// Whether an identifier can be a file's name here. A note that is being written begins with a dot.
bool IsName(std::string_view run_id) {
  return !run_id.empty() && run_id.size() <= kMaxIdBytes && run_id.front() != '.' &&
         std::all_of(run_id.begin(), run_id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

absl::Status Failed(const char* what, const std::string& path) {
  return absl::InternalError(
      absl::StrCat("cannot ", what, " ", shared::EscapeControl(path), ": ", std::strerror(errno)));
}

// A descriptor that closes itself until it is given away.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int GiveAway() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// The value after `plan ` in a note.
std::string PlanNameIn(const std::string& note) {
  for (const absl::string_view line : absl::StrSplit(note, '\n')) {
    if (line.substr(0, sizeof(kPlan) - 1) == kPlan) {
      return std::string(line.substr(sizeof(kPlan) - 1));
    }
  }
  return "";
}

}  // namespace

std::string UnfinishedRunsFolder(const Environment& environment) {
  fs::path state = environment("XDG_STATE_HOME");
  if (!state.is_absolute()) {  // also by its specification
    const fs::path home = environment("HOME");
    if (!home.is_absolute()) return "";
    state = home / ".local" / "state";
  }
  return (state / "smokemesh" / "unfinished").string();
}

absl::StatusOr<std::unique_ptr<UnfinishedRun>> UnfinishedRun::Begin(const std::string& folder,
                                                                    std::string_view run_id,
                                                                    std::string_view plan_name,
                                                                    shared::WallTime start) {
  if (folder.empty()) return absl::FailedPreconditionError("there is no home directory");
  if (!IsName(run_id)) return absl::InvalidArgumentError("the run's identifier is no file's name");
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  if (UnfinishedRuns(folder).size() >= kMaxNotes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(shared::EscapeControl(folder), " is full: run `smokemesh clean`"));
  }
  const std::string id(run_id);
  const std::string path = (fs::path(folder) / id).string();
  // Locked before it has its name: nobody can take it over in between.
  const std::string temporary = (fs::path(folder) / absl::StrCat(".", id, ".", getpid())).string();
  Descriptor file(
      open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return Failed("write", temporary);
  const std::string plan = shared::EscapeControl(plan_name);
  const std::string note =
      absl::StrCat(kPlan, plan, "\nstart ", shared::FormatWallTime(start), "\n");
  const bool written =
      flock(file.get(), LOCK_EX | LOCK_NB) == 0 &&
      write(file.get(), note.data(), note.size()) == static_cast<ssize_t>(note.size()) &&
      rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const absl::Status status = Failed("write", path);
    unlink(temporary.c_str());
    return status;
  }
  return std::unique_ptr<UnfinishedRun>(new UnfinishedRun(path, id, plan, file.GiveAway()));
}

absl::StatusOr<std::unique_ptr<UnfinishedRun>> UnfinishedRun::TakeOver(const std::string& folder,
                                                                       std::string_view run_id) {
  const std::string id(run_id);
  const absl::Status none = absl::NotFoundError(
      absl::StrCat("there is no note of a run \"", shared::EscapeControl(run_id), "\""));
  if (folder.empty() || !IsName(run_id)) return none;
  const std::string path = (fs::path(folder) / id).string();
  Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) {
    if (errno == ENOENT) return none;
    return Failed("read", path);
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Failed("lock", path);
    return absl::FailedPreconditionError(
        absl::StrCat("run ", id, " is still going on: wait for its end, and clean up then"));
  }
  // Its holder may have removed it between our two calls.
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0 || facts.st_nlink == 0) return none;
  std::string note(kMaxNoteBytes, '\0');
  const ssize_t size = pread(file.get(), note.data(), note.size(), 0);
  if (size < 0) return Failed("read", path);
  note.resize(static_cast<size_t>(size));
  return std::unique_ptr<UnfinishedRun>(
      new UnfinishedRun(path, id, PlanNameIn(note), file.GiveAway()));
}

UnfinishedRun::UnfinishedRun(std::string path, std::string run_id, std::string plan_name, int fd)
    : path_(std::move(path)),
      run_id_(std::move(run_id)),
      plan_name_(std::move(plan_name)),
      fd_(fd) {}

UnfinishedRun::~UnfinishedRun() { close(fd_); }

void UnfinishedRun::Remove() { unlink(path_.c_str()); }

std::vector<std::string> UnfinishedRuns(const std::string& folder) {
  std::vector<std::string> runs;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (IsName(name)) runs.push_back(name);
    if (runs.size() >= kMaxNotes) break;
  }
  std::sort(runs.begin(), runs.end());  // identifiers begin with the time
  return runs;
}

}  // namespace smokemesh::coordinator
