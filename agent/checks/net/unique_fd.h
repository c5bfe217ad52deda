#ifndef SMOKEMESH_AGENT_CHECKS_NET_UNIQUE_FD_H_
#define SMOKEMESH_AGENT_CHECKS_NET_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace smokemesh::agent {

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

  void Reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_NET_UNIQUE_FD_H_
