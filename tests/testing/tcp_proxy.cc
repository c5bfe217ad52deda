#include "tests/testing/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <list>
#include <thread>
#include <utility>
#include <vector>

#include "shared/mutex.h"

namespace smokemesh::testing {
namespace {

constexpr size_t kMaxHeld = size_t{4} << 20;

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

struct Chunk {
  shared::SteadyTime due;
  std::string bytes;
};

// One direction of a connection.
struct Direction {
  std::deque<Chunk> held;
  size_t held_bytes = 0;
  size_t carried = 0;
  bool ended = false;      // the source has sent its last byte
  bool shut_down = false;  // and the destination knows
};

struct Pair {
  int client = -1;
  int server = -1;
  Direction to_server;
  Direction to_client;
};

}  // namespace

class TcpProxy::Loop {
 public:
  Loop(int target_port, std::string from, std::string to)
      : target_port_(target_port), from_(std::move(from)), to_(std::move(to)) {
    if (from_.size() != to_.size()) std::abort();
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || wake_ < 0 || bind(listener_, generic, size) != 0 ||
        listen(listener_, 64) != 0 || getsockname(listener_, generic, &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }

  ~Loop() {
    stop_ = true;
    Wake();
    thread_.join();
    close(listener_);
    close(wake_);
  }

  void Wake() {
    const uint64_t one = 1;
    if (write(wake_, &one, sizeof(one)) < 0) std::abort();
  }

  const int target_port_;
  const std::string from_;
  const std::string to_;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<bool> cut_{false};
  std::atomic<bool> black_hole_{false};
  std::atomic<int64_t> delay_ns_{0};
  std::atomic<size_t> cut_after_{0};
  std::atomic<int> accepted_{0};

 private:
  void Run() {
    while (!stop_) {
      if (cut_.exchange(false)) {
        for (Pair& pair : pairs_) End(pair, true);
        pairs_.clear();
      }
      Wait();
      Accept();
      for (auto it = pairs_.begin(); it != pairs_.end();) {
        it = Serve(*it) ? std::next(it) : pairs_.erase(it);
      }
    }
    for (Pair& pair : pairs_) End(pair, false);
  }

  void Wait() {
    std::vector<pollfd> entries = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    const auto now = std::chrono::steady_clock::now();
    int timeout = -1;
    for (const Pair& pair : pairs_) {
      pollfd client = {pair.client, 0, 0};
      pollfd server = {pair.server, 0, 0};
      Watch(pair.to_server, now, &client, &server, &timeout);
      Watch(pair.to_client, now, &server, &client, &timeout);
      if (client.events != 0) entries.push_back(client);
      if (server.events != 0) entries.push_back(server);
    }
    poll(entries.data(), entries.size(), timeout);
    uint64_t ignored = 0;
    if (read(wake_, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN) std::abort();
  }

  static void Watch(const Direction& direction, shared::SteadyTime now, pollfd* from, pollfd* to,
                    int* timeout) {
    if (!direction.ended && direction.held_bytes < kMaxHeld) from->events |= POLLIN;
    if (direction.held.empty()) return;
    const shared::SteadyTime due = direction.held.front().due;
    if (due <= now) {
      to->events |= POLLOUT;
      return;
    }
    const auto left =
        static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(due - now).count());
    *timeout = *timeout < 0 ? left : std::min(*timeout, left);
  }

  void Accept() {
    while (true) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (client < 0) return;
      ++accepted_;
      const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      sockaddr_in address = Loopback(target_port_);
      // On loopback a refusal is known at once; anything else completes at once, too.
      if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 &&
          errno != EINPROGRESS) {
        Reset(client);
        close(server);
        continue;
      }
      Pair pair;
      pair.client = client;
      pair.server = server;
      pairs_.push_back(std::move(pair));
    }
  }

  // False when the pair has ended.
  bool Serve(Pair& pair) {
    if (!Read(pair.client, &pair.to_server, /*is_answer=*/false) ||
        !Read(pair.server, &pair.to_client, /*is_answer=*/true) ||
        !Write(pair.server, &pair.to_server, 0) ||
        !Write(pair.client, &pair.to_client, cut_after_)) {
      End(pair, true);
      return false;
    }
    if (pair.to_server.shut_down && pair.to_client.shut_down) {
      End(pair, false);
      return false;
    }
    return true;
  }

  void Replace(std::string* bytes) const {
    if (from_.empty()) return;
    for (size_t at = bytes->find(from_); at != std::string::npos; at = bytes->find(from_, at)) {
      bytes->replace(at, to_.size(), to_);
      at += to_.size();
    }
  }

  bool Read(int fd, Direction* direction, bool is_answer) {
    char buffer[65536];
    while (!direction->ended && direction->held_bytes < kMaxHeld) {
      const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
      if (n < 0) return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
      if (n == 0) {
        direction->ended = true;
        break;
      }
      if (black_hole_) continue;
      std::string bytes(buffer, static_cast<size_t>(n));
      if (is_answer) Replace(&bytes);
      const auto delay = shared::Duration(delay_ns_.load());
      direction->held.push_back({std::chrono::steady_clock::now() + delay, std::move(bytes)});
      direction->held_bytes += static_cast<size_t>(n);
    }
    return true;
  }

  bool Write(int fd, Direction* direction, size_t cut_after) {
    while (!direction->held.empty() && !black_hole_) {
      Chunk& chunk = direction->held.front();
      if (chunk.due > std::chrono::steady_clock::now()) return true;
      size_t size = chunk.bytes.size();
      if (cut_after != 0)
        size = std::min(size, cut_after - std::min(cut_after, direction->carried));
      const ssize_t n = size == 0 ? 0 : send(fd, chunk.bytes.data(), size, MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
      direction->carried += static_cast<size_t>(n);
      direction->held_bytes -= static_cast<size_t>(n);
      chunk.bytes.erase(0, static_cast<size_t>(n));
      if (chunk.bytes.empty()) direction->held.pop_front();
      if (cut_after != 0 && direction->carried >= cut_after) return false;
    }
    if (direction->ended && direction->held.empty() && !direction->shut_down && !black_hole_) {
      shutdown(fd, SHUT_WR);
      direction->shut_down = true;
    }
    return true;
  }

  static void Reset(int fd) {
    const linger abort = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    close(fd);
  }

  static void End(Pair& pair, bool reset) {
    if (reset) {
      Reset(pair.client);
      Reset(pair.server);
    } else {
      close(pair.client);
      close(pair.server);
    }
  }

  int listener_ = -1;
  int wake_ = -1;
  std::list<Pair> pairs_;  // the thread's own
  std::thread thread_;
};

TcpProxy::TcpProxy(int target_port, std::string from, std::string to)
    : loop_(std::make_unique<Loop>(target_port, std::move(from), std::move(to))) {}
TcpProxy::~TcpProxy() = default;

int TcpProxy::port() const { return loop_->port_; }

void TcpProxy::SetDelay(shared::Duration delay) {
  loop_->delay_ns_ = delay.count();
  loop_->Wake();
}

void TcpProxy::SetBlackHole(bool on) {
  loop_->black_hole_ = on;
  loop_->Wake();
}

void TcpProxy::Cut() {
  loop_->cut_ = true;
  loop_->Wake();
}

void TcpProxy::CutAfterBytesToClient(size_t bytes) {
  loop_->cut_after_ = bytes;
  loop_->Wake();
}

int TcpProxy::accepted() const { return loop_->accepted_; }

}  // namespace smokemesh::testing
