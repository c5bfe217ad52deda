#include "tests/durability/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace smokemesh::testing {
namespace {

absl::Status Denied(const char* what) {
  return absl::PermissionDeniedError(absl::StrCat(what, ": ", strerror(errno)));
}

// A namespace of our own, in which we may mount.
absl::Status EnterNamespace() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return Denied("no namespace");
  }
  if (user != 0) {
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Denied("mounts stay shared");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SmallDisk>> SmallDisk::Mount(size_t bytes) {
  if (const absl::Status entered = EnterNamespace(); !entered.ok()) return entered;
  std::unique_ptr<SmallDisk> disk(new SmallDisk());
  const std::string options = absl::StrCat("size=", bytes, ",mode=0700");
  if (mount("tmpfs", disk->path().c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return Denied("no tmpfs");
  }
  return disk;
}

SmallDisk::~SmallDisk() { umount2(path().c_str(), MNT_DETACH); }

absl::Status SmallDisk::Fill() {
  const int fd = open((path() + "/ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Denied("no ballast");
  lseek(fd, 0, SEEK_END);
  const std::string page(4096, 'x');
  while (write(fd, page.data(), page.size()) > 0) {
  }
  const bool full = errno == ENOSPC;
  close(fd);
  return full ? absl::OkStatus() : Denied("the disk is not full");
}

void SmallDisk::Free() { unlink((path() + "/ballast").c_str()); }

}  // namespace smokemesh::testing
