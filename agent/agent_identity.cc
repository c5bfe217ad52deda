#include "agent/agent_identity.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "shared/uuid.h"

namespace smokemesh::agent {
namespace {

constexpr int kMostNumbers = 256;

std::string HostName() {
  char name[256] = {};
  if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

std::string LockPrefix(const std::string& service, const std::string& coordinator) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string folder = runtime != nullptr && *runtime == '/' ? runtime : "/tmp";
  const std::string whose = shared::Sha256Hex(absl::StrCat(service, "\n", coordinator));
  return absl::StrCat(folder, "/smokemesh-agent-", getuid(), "-", whose.substr(0, 16), ".");
}

}  // namespace

AgentIdentity::AgentIdentity(const std::string& service, const std::string& coordinator)
    : id_(absl::StrCat(service, "@", HostName())) {
  const std::string prefix = LockPrefix(service, coordinator);
  for (int number = 1; number <= kMostNumbers; ++number) {
    const std::string path = absl::StrCat(prefix, number);
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
      lock_ = file;
      if (number > 1) absl::StrAppend(&id_, "#", number);
      return;
    }
    close(file);
  }
}

AgentIdentity::~AgentIdentity() {
  if (lock_ >= 0) close(lock_);
}

}  // namespace smokemesh::agent
