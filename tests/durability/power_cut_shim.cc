// An LD_PRELOAD library: the disk of a machine whose power is cut.
//
// For the files in the directory POWER_CUT_DIRECTORY it keeps, in POWER_CUT_IMAGE, what a disk
// would have after a power cut: of each file the bytes that were there at its last fsync or
// fdatasync, under the names that were there at the last fsync of the directory. Now and then a
// sector that was not synced reaches the disk as well, as it may. RestoreImage (power_cut.h) puts
// the image in the directory's place.
//
// At the operation with the number POWER_CUT_AT the process dies by SIGKILL, also in the middle of
// a sync. POWER_CUT_SEED: what chance decides. POWER_CUT_SYNCHRONOUS=NORMAL: SQLite is opened with
// that instead of FULL, to show that the test would notice.
//
// Synced bytes are not synced for real: nothing here survives a real power cut.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr size_t kSector = 512;
// One write in so many reaches the disk in part before it is synced.
constexpr int kEarly = 20;

// The function that this one stands before.
#define REAL(name)                                                                        \
  ([] {                                                                                   \
    static auto* const real = reinterpret_cast<decltype(&name)>(dlsym(RTLD_NEXT, #name)); \
    return real;                                                                          \
  }())

std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

class Disk {
 public:
  static Disk& Get() {
    static Disk& disk = *new Disk;
    return disk;
  }

  // Before an operation on a file of ours: dies if it is the one.
  void Count() {
    if (++operations_ == cut_at_) raise(SIGKILL);
  }

  // Whether `fd` is the directory or a file in it.
  bool IsOurs(int fd) const {
    if (directory_.empty()) return false;
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    char path[4096];
    const ssize_t size = readlink(link, path, sizeof(path));
    if (size <= 0) return false;
    const std::string name(path, static_cast<size_t>(size));
    return name == directory_ || name.rfind(directory_ + "/", 0) == 0;
  }

  void Wrote(int fd, off_t offset, size_t size) {
    const std::lock_guard<std::mutex> lock(mutex_);
    dirty_[InodeOf(fd)].emplace_back(offset, size);
    if (random_() % kEarly != 0 || size < kSector) return;
    // The disk takes a sector of it of its own accord.
    const size_t sectors = size / kSector;
    Persist(fd, offset + static_cast<off_t>(random_() % sectors * kSector), kSector);
  }

  void Synced(int fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    struct stat info = {};
    if (fstat(fd, &info) != 0) return;
    if (S_ISDIR(info.st_mode)) return SyncNames();
    std::vector<std::pair<off_t, size_t>> ranges;
    std::swap(ranges, dirty_[info.st_ino]);
    // In any order, and the cut may come in between.
    std::shuffle(ranges.begin(), ranges.end(), random_);
    for (const auto& [offset, size] : ranges) {
      Count();
      Persist(fd, offset, size);
    }
    Count();
    const int image = OpenImage(info.st_ino);
    (void)!REAL(ftruncate)(image, info.st_size);
    close(image);
  }

 private:
  Disk()
      : directory_(Environment("POWER_CUT_DIRECTORY")),
        image_(Environment("POWER_CUT_IMAGE")),
        cut_at_(atoll(Environment("POWER_CUT_AT").c_str())),
        random_(static_cast<unsigned>(atoi(Environment("POWER_CUT_SEED").c_str()))) {
    if (directory_.empty()) return;
    // What is there has been there for long.
    SyncNames();
    for (const auto& [name, inode] : Names()) {
      const int fd = open((directory_ + "/" + name).c_str(), O_RDONLY | O_CLOEXEC);
      struct stat info = {};
      if (fd < 0 || fstat(fd, &info) != 0) abort();
      Persist(fd, 0, static_cast<size_t>(info.st_size));
      close(fd);
    }
  }

  static ino_t InodeOf(int fd) {
    struct stat info = {};
    return fstat(fd, &info) == 0 ? info.st_ino : 0;
  }

  int OpenImage(ino_t inode) const {
    const std::string path = image_ + "/" + std::to_string(inode);
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) abort();
    return fd;
  }

  void Persist(int fd, off_t offset, size_t size) const {
    // The descriptor may be open for writing only.
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const int from = open(path, O_RDONLY | O_CLOEXEC);
    const int to = OpenImage(InodeOf(fd));
    char buffer[65536];
    while (size > 0) {
      const ssize_t got = pread(from, buffer, std::min(size, sizeof(buffer)), offset);
      if (got <= 0) break;
      if (REAL(pwrite)(to, buffer, static_cast<size_t>(got), offset) != got) abort();
      offset += got;
      size -= static_cast<size_t>(got);
    }
    close(from);
    close(to);
  }

  std::map<std::string, ino_t> Names() const {
    std::map<std::string, ino_t> names;
    DIR* const directory = opendir(directory_.c_str());
    if (directory == nullptr) abort();
    while (const dirent* entry = readdir(directory)) {
      if (entry->d_type == DT_REG) names[entry->d_name] = entry->d_ino;
    }
    closedir(directory);
    return names;
  }

  void SyncNames() const {
    std::string text;
    for (const auto& [name, inode] : Names()) text += std::to_string(inode) + " " + name + "\n";
    const std::string path = image_ + "/names";
    const int fd = open((path + ".new").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || REAL(write)(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      abort();
    }
    close(fd);
    if (rename((path + ".new").c_str(), path.c_str()) != 0) abort();
  }

  const std::string directory_;
  const std::string image_;
  const int64_t cut_at_;
  std::atomic<int64_t> operations_{0};
  std::mutex mutex_;
  std::minstd_rand random_;
  std::map<ino_t, std::vector<std::pair<off_t, size_t>>> dirty_;
};

// The image begins with what is there when the process starts.
__attribute__((constructor)) void Begin() { Disk::Get(); }

int Sync(int fd, int (*real)(int)) {
  Disk& disk = Disk::Get();
  if (!disk.IsOurs(fd)) return real(fd);
  disk.Count();
  disk.Synced(fd);
  return 0;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  Disk& disk = Disk::Get();
  if (!disk.IsOurs(fd)) return REAL(write)(fd, data, size);
  disk.Count();
  const off_t at = lseek(fd, 0, SEEK_CUR);
  const ssize_t wrote = REAL(write)(fd, data, size);
  if (wrote > 0) disk.Wrote(fd, at, static_cast<size_t>(wrote));
  return wrote;
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  Disk& disk = Disk::Get();
  if (!disk.IsOurs(fd)) return REAL(pwrite)(fd, data, size, offset);
  disk.Count();
  const ssize_t wrote = REAL(pwrite)(fd, data, size, offset);
  if (wrote > 0) disk.Wrote(fd, offset, static_cast<size_t>(wrote));
  return wrote;
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return pwrite(fd, data, size, offset);
}

int fsync(int fd) { return Sync(fd, REAL(fsync)); }
int fdatasync(int fd) { return Sync(fd, REAL(fdatasync)); }

int sqlite3_exec(sqlite3* db, const char* sql, int (*row)(void*, int, char**, char**), void* data,
                 char** error) {
  std::string text = sql;
  const std::string full = "synchronous = FULL";
  const size_t at = text.find(full);
  if (at != std::string::npos && Environment("POWER_CUT_SYNCHRONOUS") == "NORMAL") {
    text.replace(at, full.size(), "synchronous = NORMAL");
  }
  return REAL(sqlite3_exec)(db, text.c_str(), row, data, error);
}

}  // extern "C"
