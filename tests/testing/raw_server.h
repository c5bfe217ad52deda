#ifndef SMOKEMESH_TESTS_TESTING_RAW_SERVER_H_
#define SMOKEMESH_TESTS_TESTING_RAW_SERVER_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace smokemesh::testing {

// One accepted connection of a RawServer.
class RawConnection {
 public:
  RawConnection(int fd, const std::atomic<bool>* stopping) : fd_(fd), stopping_(*stopping) {}

  // Reads up to the end of the request's headers.
  std::string ReadRequest();
  // Reads what has come; empty when the peer has gone or the server stops.
  std::string ReadSome();
  // Waits; false when the server stops first.
  bool Pause(std::chrono::milliseconds time);
  // Sends; false when the peer has gone or the server stops.
  bool Send(std::string_view bytes);
  // Waits until the peer goes or the server stops.
  void WaitForEnd();
  // Ends the connection with a reset.
  void Reset();

 private:
  // Waits until the socket is ready; false when the server stops or the peer has gone.
  bool WaitFor(short events);

  const int fd_;
  const std::atomic<bool>& stopping_;
};

// A TCP server on a free loopback port that serves one connection after the other with a function:
// for answers that no library would give. Stops in its destructor.
class RawServer {
 public:
  // `address` is an IPv4 address of this machine; `port` 0 takes a free one.
  explicit RawServer(std::function<void(RawConnection&)> serve,
                     const std::string& address = "127.0.0.1", int port = 0);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  int port() const { return port_; }
  std::string Url(std::string_view path = "/") const;
  int connections() const { return connections_; }

 private:
  void Run();

  const std::function<void(RawConnection&)> serve_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

// A loopback port on which nothing listens for as long as this lives.
class ClosedPort {
 public:
  ClosedPort();
  ~ClosedPort();
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  int port() const { return port_; }

 private:
  int fd_ = -1;
  int port_ = 0;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_RAW_SERVER_H_
