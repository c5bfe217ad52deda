#ifndef SMOKEMESH_TESTS_TESTING_TCP_PROXY_H_
#define SMOKEMESH_TESTS_TESTING_TCP_PROXY_H_

#include <memory>
#include <string>

#include "shared/clock.h"

namespace smokemesh::testing {

// A TCP proxy on 127.0.0.1 between a client and a server, to spoil their conversation. Runs on a
// thread of its own until the end of the object's life. Thread-safe. Aborts if it cannot start.
class TcpProxy {
 public:
  // Forwards to 127.0.0.1:`target_port`. In what the server answers, `from` becomes `to`, which
  // must be as long; where it lies across two reads, it stays.
  explicit TcpProxy(int target_port, std::string from = "", std::string to = "");
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const;

  // Holds every byte back for this long, in both directions, from now on.
  void SetDelay(shared::Duration delay);

  // While on, connections are accepted and kept, and what they send is thrown away: nothing is
  // forwarded in either direction, nothing is closed. What was thrown away stays lost.
  void SetBlackHole(bool on);

  // Resets all connections that are open now.
  void Cut();

  // Cuts every connection after it has brought so many bytes from the server to the client, from
  // now on. 0: never.
  void CutAfterBytesToClient(size_t bytes);

  // Connections accepted so far.
  int accepted() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_TCP_PROXY_H_
