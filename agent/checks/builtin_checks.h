#ifndef SMOKEMESH_AGENT_CHECKS_BUILTIN_CHECKS_H_
#define SMOKEMESH_AGENT_CHECKS_BUILTIN_CHECKS_H_

#include <memory>

#include "agent/checks/check.h"

namespace smokemesh::agent {

// The kinds of checks that every agent can run: `http`, `postgres`, `redis` and `scenario`. A new
// kind of step is one line in the list in builtin_checks.cc.
std::unique_ptr<CheckFactory> BuiltinChecks();

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_BUILTIN_CHECKS_H_
