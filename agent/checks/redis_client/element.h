#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_ELEMENT_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_ELEMENT_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"

namespace smokemesh::agent {

// An element of a list, and a place in it.
struct Element {
  size_t index = 0;
  std::string_view pointer;  // JSON pointer; empty, or from its `/` on
};

// Reads the argument `N` or `N/POINTER` of `query`. INVALID_ARGUMENT when it is neither.
absl::StatusOr<Element> ReadElement(std::string_view query, std::string_view argument);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_ELEMENT_H_
