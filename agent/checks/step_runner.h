#ifndef SMOKEMESH_AGENT_CHECKS_STEP_RUNNER_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_RUNNER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/check.h"
#include "shared/expectation/expectation.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// A step that is ready to be carried out.
struct StepRequest {
  const v1::Step* step = nullptr;              // every template in it is expanded
  std::string connection_name;                 // as in the plan
  const v1::Connection* connection = nullptr;  // every template in it is expanded
  // The session to use: the step's, `main` when it names none, or `NAME#2`, `NAME#3`, … for the
  // others of a step that is repeated in parallel. Meaningless to kinds without sessions.
  std::string session;
  // Do not use the session: open a connection for this step alone, and close it before Run returns.
  bool fresh_session = false;
  // What `receive.where` says, ready to be evaluated against one message.
  std::vector<shared::Expectation> where;
  // The value of `{{schema}}` when the step uses it, else empty. Only PostgreSQL steps care: the
  // schema is made before the step and dropped in CleanUp.
  std::string scratch_schema;
};

// Carries out the steps of one kind for one check. It owns the check's named sessions of that kind.
// Run may be called by several threads at once, but never for one session of one connection by two;
// CleanUp is called when no Run is under way.
//
// Errors of Run, and what they mean for the check:
//   UNAVAILABLE         the target refused, reset or ended the connection          FAILED
//   DEADLINE_EXCEEDED   the target did not answer before `context.deadline`       FAILED
//   DATA_LOSS           the target's answer was broken, cut short or too large     FAILED
//   UNAUTHENTICATED, PERMISSION_DENIED   the target did not let us in              FAILED
//   CANCELLED           `context.cancellation` was used                            ABORTED
//   any other           the checker could not ask                                 ERRORED
// The message names the target without credentials and says what to look at. An answer that is an
// error in the target's own protocol (HTTP 500, SQLSTATE, Redis -ERR) is an Observation, not an
// error.
//
// Texts in errors and Observations are as they came: no runner escapes, cuts or redacts them. The
// engine hides secrets first and cuts afterwards; a text that was cut before may end in half a
// secret, which nothing recognises any more.
class StepRunner {
 public:
  virtual ~StepRunner() = default;

  virtual absl::StatusOr<std::unique_ptr<shared::Observation>> Run(const StepRequest& request,
                                                                   const CheckContext& context) = 0;

  // Ends every session and removes what the runner itself made (scratch schemas). Sessions may be
  // opened again afterwards by `finally` steps; then it is called again.
  virtual absl::Status CleanUp(const CheckContext& context) = 0;

  // Removes what an earlier execution of the check, in a process that is gone, may have left: the
  // scratch schema of that name on this server, which no step of this object has made. Called in
  // clean-up mode only, once for every connection whose steps name `{{schema}}`, after one CleanUp
  // and before another. A schema that is not there is no error. Kinds without schemas do
  // nothing.
  virtual absl::Status RemoveScratchSchema(const std::string& connection_name,
                                           const v1::Connection& connection,
                                           const std::string& schema, const CheckContext& context) {
    static_cast<void>(connection_name);
    static_cast<void>(connection);
    static_cast<void>(schema);
    static_cast<void>(context);
    return absl::OkStatus();
  }
};

// Makes one runner for one check. Thread-safe.
using StepRunnerFactory = std::function<std::unique_ptr<StepRunner>()>;

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_RUNNER_H_
