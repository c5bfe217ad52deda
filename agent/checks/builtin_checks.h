#ifndef SMOKEMESH_AGENT_CHECKS_BUILTIN_CHECKS_H_
#define SMOKEMESH_AGENT_CHECKS_BUILTIN_CHECKS_H_

#include <memory>

#include "agent/checks/check.h"
#include "agent/policy/policy.h"

namespace smokemesh::agent {

// The kinds of checks that every agent can run: `http`, `postgres`, `redis` and `scenario`. A new
// kind of step is one line in the list in builtin_checks.cc. They do what `policy` lets them; a
// kind that it forbids is known all the same, and its steps are ERRORED.
std::unique_ptr<CheckFactory> BuiltinChecks(
    std::shared_ptr<const Policy> policy = Policy::Default());

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_BUILTIN_CHECKS_H_
