#ifndef SMOKEMESH_AGENT_CHECKS_STEP_EXECUTION_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_EXECUTION_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/checks/check.h"
#include "agent/checks/step_runner.h"
#include "agent/checks/variables.h"
#include "shared/expectation/expectation.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

using StepRunnerFactories = std::map<std::string, StepRunnerFactory>;

// What became of one step. Texts are as they came: not redacted, not shortened.
struct StepReport {
  v1::Outcome outcome = v1::OUTCOME_PASSED;  // PASSED, FAILED, ERRORED or ABORTED
  std::vector<v1::Failure> failures;         // why it is not PASSED; empty when ABORTED
  std::string observed;
  shared::Duration duration{0};
  bool began = false;             // the target may have been asked
  bool lacks_feature = false;     // the server does not have what the step uses
  std::set<std::string> missing;  // variables that are not set, which is why it did not begin
};

// Carries out the steps of one check, one after the other: expands, runs, judges and captures. Owns
// the check's runners. Used by one thread.
class StepExecution {
 public:
  // The arguments must outlive this.
  StepExecution(const v1::Assignment& assignment, const StepRunnerFactories& factories,
                Variables* variables);

  // Carries out `step`. `budget` is the whole time that the steps were given, for people.
  StepReport Execute(const v1::Step& step, int number, shared::Duration budget,
                     const CheckContext& context);

  // Cleans up after every runner that was used, also when one of them fails.
  absl::Status CleanUp(const CheckContext& context);

 private:
  struct CaptureQuery {
    std::string variable;
    std::string query;
    std::string argument;
    bool redact = false;
  };
  // A step that is ready to be carried out.
  struct Prepared {
    v1::Step step;
    std::string connection_name;
    v1::Connection connection;
    std::vector<shared::Expectation> expectations;
    std::vector<CaptureQuery> captures;
    std::string target;
    std::string scratch_schema;
  };

  absl::StatusOr<Prepared> Prepare(const v1::Step& step);
  absl::Status FindConnection(const v1::Step& step, Prepared* prepared) const;
  absl::StatusOr<shared::Expectation> PrepareExpectation(const std::string& text,
                                                         const std::string& kind);
  StepRunner& Runner(const std::string& kind);
  void Judge(const Prepared& prepared, const shared::Observation& observation, StepReport* report);
  void Capture(const Prepared& prepared, const shared::Observation& observation,
               StepReport* report);

  const v1::Assignment& assignment_;
  const StepRunnerFactories& factories_;
  Variables& variables_;
  std::map<std::string, std::unique_ptr<StepRunner>> runners_;  // by kind, made when first used
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_EXECUTION_H_
