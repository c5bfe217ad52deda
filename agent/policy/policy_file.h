#ifndef SMOKEMESH_AGENT_POLICY_POLICY_FILE_H_
#define SMOKEMESH_AGENT_POLICY_POLICY_FILE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/policy/policy.h"
#include "shared/yaml/problem.h"

namespace smokemesh::agent {

// A policy, or all that is wrong with its text.
struct ParsedPolicy {
  std::shared_ptr<const Policy> policy;  // null when there are problems
  std::vector<shared::Problem> problems;
};

// Reads v1::AgentPolicy as YAML, strictly, and validates it. `file` is what it is called.
ParsedPolicy ParsePolicy(std::string_view yaml, std::string_view file);

// Reads the file at `path`. INVALID_ARGUMENT lists every problem on a line of its own:
// `policy.yaml:3:5: unknown field "kind" (did you mean "kinds"?)`.
absl::StatusOr<std::shared_ptr<const Policy>> ReadPolicyFile(const std::string& path);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_POLICY_POLICY_FILE_H_
