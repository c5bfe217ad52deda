#ifndef SMOKEMESH_TESTS_HOSTILE_HOSTILE_CASE_H_
#define SMOKEMESH_TESTS_HOSTILE_HOSTILE_CASE_H_

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "smokemesh/v1/result.pb.h"
#include "tests/testing/raw_server.h"

namespace smokemesh::testing {

using Script = std::function<void(RawConnection&)>;

// How long a server waits that answers when a case's usual time is over, with sanitizers, too.
inline constexpr std::chrono::milliseconds kTooLate{1500};

// One row of the catalogue: a server that means harm, or a plan that does, and what must come of
// it. In `connection`, `steps` and `policy` {target} is the server's 127.0.0.1:PORT, {port} its
// port, and {trap} the address of another one, 127.0.0.2:PORT, that nobody may ever reach.
struct HostileCase {
  std::string name;  // `http_endless_chunks`
  std::string what;  // for docs/agent-policy.md
  v1::Outcome outcome = v1::OUTCOME_FAILED;
  std::string says;        // a part of what the result says
  std::string connection;  // YAML: `http: "http://{target}"`
  std::string steps;       // YAML: `http: {steps: […]}`
  Script serve;            // null: nothing listens there
  std::string policy;      // YAML; empty: what holds without a policy file
  bool forbidden = false;  // by policy: nobody may be reached at all
  std::chrono::milliseconds timeout{300};
  // Most connections that the server may get; -1: any number.
  int most_connections = -1;
  std::string variables;  // YAML of the plan's variables: a map
};

std::ostream& operator<<(std::ostream& out, const HostileCase& row);

std::vector<HostileCase> HttpCases();
std::vector<HostileCase> RedisCases();
std::vector<HostileCase> PostgresCases();
std::vector<HostileCase> PolicyCases();
// All of them.
std::vector<HostileCase> Catalogue();

// Carries a row out as an agent does and checks all that holds for every row: its outcome and what
// it says, that it ends within its timeout and 250 ms, that cleaning up does, that memory stays
// bounded, that nothing in the result could forge a line, and that the trap was not reached.
void RunHostileCase(const HostileCase& row);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_HOSTILE_HOSTILE_CASE_H_
