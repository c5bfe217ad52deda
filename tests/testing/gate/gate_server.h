#ifndef SMOKEMESH_TESTS_TESTING_GATE_GATE_SERVER_H_
#define SMOKEMESH_TESTS_TESTING_GATE_GATE_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "shared/clock.h"

namespace smokemesh::testing {

// An HTTP server on 127.0.0.1 that lets a test decide when a check goes on, and what it sees:
// requests to `/gate…` wait until the gate is open; every path is answered with 200 and
// `{"status":"ok"}` unless the test says otherwise. Thread-safe.
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

  // What `path` is answered with from now on: these statuses one after the other, and the last one
  // ever after.
  void Answer(const std::string& path, std::vector<int> statuses,
              const std::string& body = R"({"status":"ok"})");

  // Number of requests for `path` so far.
  int Count(const std::string& path) const;

  // Every request so far: method, path, headers and body as text, in order of arrival.
  std::vector<std::string> Requests() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_GATE_GATE_SERVER_H_
