#ifndef SMOKEMESH_TESTS_TESTING_GATE_GATE_SERVER_H_
#define SMOKEMESH_TESTS_TESTING_GATE_GATE_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "shared/clock.h"

namespace smokemesh::testing {

// An HTTP server on 127.0.0.1 that lets a test decide when a check goes on: requests to `/gate…`
// wait until the gate is open, every other path answers 200 at once. Thread-safe.
class GateServer {
 public:
  GateServer();
  // Opens the gate and stops.
  ~GateServer();
  GateServer(const GateServer&) = delete;
  GateServer& operator=(const GateServer&) = delete;

  // `http://127.0.0.1:port`.
  std::string url() const;

  // Waits until at least `count` requests to the gate have come in all. False at `deadline`.
  bool WaitForArrivals(int count, shared::SteadyTime deadline);

  // Lets all requests pass, from now on.
  void Open();

  // Every request so far: method, path, headers and body as text, in order of arrival.
  std::vector<std::string> Requests() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_GATE_GATE_SERVER_H_
