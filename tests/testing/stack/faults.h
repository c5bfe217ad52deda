#ifndef SMOKEMESH_TESTS_TESTING_STACK_FAULTS_H_
#define SMOKEMESH_TESTS_TESTING_STACK_FAULTS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace smokemesh::testing {

class PlatformStack;

// One way in which a deployment can be broken.
struct Fault {
  std::string name;
  std::string description;  // one line, what is wrong
  std::string place;        // where it is injected: "PostgreSQL", "Redis", "engagement", …
  std::function<absl::Status(PlatformStack&)> apply;
  // Only seen when the gateway's window is short enough to wait for its end; 0: always seen.
  double rate_window_seconds = 0;
  // Breaks the database that holds the vectors.
  bool vectors = false;
};

// All of them, in the order of the families: database, vectors, event bus, services.
const std::vector<Fault>& Faults();

// nullptr when there is none of that name.
const Fault* FindFault(std::string_view name);

// `name`, `place` and `description` of each, aligned, one a line.
std::string ListFaults();

// `unknown fault "x" (did you mean "y"?)`.
std::string UnknownFault(std::string_view name);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_FAULTS_H_
