#ifndef SMOKEMESH_AGENT_CHECKS_STEP_PREPARATION_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_PREPARATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/variables.h"
#include "shared/expectation/expectation.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// A value to take out of an answer.
struct CaptureQuery {
  std::string variable;
  std::string query;
  std::string argument;
  bool redact = false;
};

// A step that is ready to be carried out: every template in it is expanded.
struct PreparedStep {
  v1::Step step;
  std::string connection_name;
  v1::Connection connection;  // empty when the step needs none
  std::vector<shared::Expectation> expectations;
  std::vector<shared::Expectation> where;  // of `receive`
  std::vector<CaptureQuery> captures;      // sorted by variable
  std::string target;                      // for people, without credentials
  std::string scratch_schema;              // empty when the step does not name it
};

// The connection that a step uses.
struct FoundConnection {
  std::string name;
  v1::Connection connection;  // as in the plan
};

// Finds the connection of a step: its own, its check's, or the plan's only one of its kind. Both
// members are empty for an HTTP step with a URL of its own that needs none.
absl::StatusOr<FoundConnection> FindConnection(const v1::Assignment& assignment,
                                               const v1::Step& step);

// Makes `step` ready. NOT_FOUND for a variable that is not set (`scope` tells which), else
// INVALID_ARGUMENT. Credentials that it meets are hidden from then on.
absl::StatusOr<PreparedStep> PrepareStep(const v1::Assignment& assignment,
                                         const Variables& variables, const v1::Step& step,
                                         Scope* scope);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_PREPARATION_H_
