#include "agent/checks/step_check.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/checks/evidence.h"
#include "agent/checks/flow_run.h"
#include "agent/checks/removal.h"
#include "agent/checks/step_execution.h"
#include "agent/checks/step_list.h"
#include "agent/checks/step_sequence.h"
#include "agent/checks/variables.h"
#include "agent/checks/waiting.h"
#include "shared/duration.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using std::chrono::steady_clock;

constexpr size_t kLongestMessage = 512;
constexpr shared::Duration kDefaultRetryInterval = std::chrono::seconds(1);

// The agent's identifier: a task's is `<run>/<check>/<agent>/<attempt>`.
std::string AgentOf(const v1::Assignment& assignment) {
  std::string_view task = assignment.task_id();
  const std::string prefix = absl::StrCat(assignment.run_id(), "/", assignment.check().name(), "/");
  if (!task.starts_with(prefix)) return "";
  task.remove_prefix(prefix.size());
  return std::string(task.substr(0, task.rfind('/')));
}

class StepCheck final : public Check {
 public:
  StepCheck(v1::Assignment assignment, std::shared_ptr<const StepRunnerFactories> runners,
            const shared::Lookup& environment, std::shared_ptr<const Policy> policy)
      : assignment_(std::move(assignment)),
        runners_(std::move(runners)),
        environment_(environment),
        policy_(std::move(policy)),
        agent_id_(AgentOf(assignment_)),
        steps_(StepsOf(assignment_.check())),
        variables_(assignment_, agent_id_, environment_, &redactor_, *policy_),
        execution_(assignment_, *runners_, &variables_) {}

  v1::TaskResult Run(const CheckContext& context) override {
    const shared::SteadyTime start = steady_clock::now();
    budget_ = context.deadline - start;
    v1::TaskResult result;
    result.set_task_id(assignment_.task_id());
    result.set_run_id(assignment_.run_id());
    result.set_check(assignment_.check().name());
    result.set_agent_id(agent_id_);
    result.set_attempt(assignment_.attempt());
    *result.mutable_start_time() = shared::ToProto(std::chrono::system_clock::now());

    if (assignment_.clean_up_size() > 0) {
      CleanUpTargets(assignment_, *runners_, environment_, *policy_, &redactor_, context, &result);
    } else {
      if (assignment_.attempt() > 1) {
        began_ = true;
        RemoveEverything(context).IgnoreError();  // often nothing is there to be removed
      }
      if (assignment_.check().has_flow()) {
        RunFlow(context, &result);
      } else {
        RunTries(context, &result);
      }
    }
    *result.mutable_duration() = shared::ToProto(steady_clock::now() - start);
    MakePresentable(&result, redactor_);
    return result;
  }

  absl::Status CleanUp(const CheckContext& context) override {
    budget_ = context.deadline - steady_clock::now();
    const absl::Status status = RemoveEverything(context);
    if (status.ok()) return status;
    return absl::Status(status.code(),
                        Presentable(std::string(status.message()), kLongestMessage, redactor_));
  }

 private:
  void RunTries(const CheckContext& context, v1::TaskResult* result) {
    const v1::Retry& retry = assignment_.check().retry();
    const int attempts = std::max(1, retry.attempts());
    const shared::Duration interval =
        retry.has_interval() ? shared::FromProto(retry.interval()) : kDefaultRetryInterval;
    std::string failed_before;
    for (int tries = 1;; ++tries) {
      result->set_tries(tries);
      RunOnce(context, result);
      if (result->outcome() == v1::OUTCOME_PASSED && tries > 1) {
        result->set_outcome(v1::OUTCOME_FLAKY);
        result->set_message(
            absl::StrCat("passed at try ", tries, " of ", attempts, "; before: ", failed_before));
      }
      if (result->outcome() != v1::OUTCOME_FAILED || tries == attempts) return;
      if (steady_clock::now() + interval >= context.deadline) return;
      failed_before = result->message();
      // What could not be removed now is tried again at the end.
      RemoveEverything(context).IgnoreError();
      if (!WaitUntil(std::min(steady_clock::now() + interval, context.deadline),
                     context.cancellation)) {
        SetAborted(context, result);
        return;
      }
      if (steady_clock::now() >= context.deadline) return;
    }
  }

  // Runs the steps once and fills what `result` says of them.
  void RunOnce(const CheckContext& context, v1::TaskResult* result) {
    result->clear_failures();
    result->clear_steps();
    result->clear_message();
    result->set_outcome(v1::OUTCOME_PASSED);
    StepSequence sequence(assignment_.check(), &execution_, "", budget_);
    sequence.Run(steps_, context, result);
    began_ = began_ || sequence.began();
    captures_ = sequence.captures();
    if (result->outcome() == v1::OUTCOME_PASSED && sequence.all_left_out()) {
      result->set_outcome(v1::OUTCOME_SKIPPED);
      result->set_message("every step is left out: `when` is false for each of them");
    }
  }

  void RunFlow(const CheckContext& context, v1::TaskResult* result) {
    FlowRun flow(assignment_, &execution_, budget_);
    flow.Run(context, result);
    began_ = began_ || flow.began();
    captures_ = flow.captures();
  }

  // Runs `finally` and ends every session. The error lists all that went wrong.
  absl::Status RemoveEverything(const CheckContext& context) {
    std::vector<std::string> problems;
    if (began_) {
      const Removal removal =
          RunFinally(assignment_.check(), captures_, budget_, context, &execution_);
      for (const v1::Failure& failure : removal.failures) {
        problems.push_back(absl::StrCat("finally step ", failure.step(), " (", failure.step_name(),
                                        "): ", Sentence(failure)));
      }
    }
    if (const absl::Status status = execution_.CleanUp(context); !status.ok()) {
      problems.emplace_back(status.message());
    }
    if (problems.empty()) return absl::OkStatus();
    return absl::InternalError(absl::StrJoin(problems, "; "));
  }

  const v1::Assignment assignment_;
  const std::shared_ptr<const StepRunnerFactories> runners_;
  const shared::Lookup environment_;
  const std::shared_ptr<const Policy> policy_;
  const std::string agent_id_;
  const std::vector<v1::Step> steps_;
  shared::Redactor redactor_;
  const Variables variables_;
  StepExecution execution_;
  Captures captures_;           // of the current try
  shared::Duration budget_{0};  // whole time of the current Run or CleanUp
  bool began_ = false;          // something may have been made
};

class StepCheckFactory final : public CheckFactory {
 public:
  StepCheckFactory(StepRunnerFactories runners, shared::Lookup environment,
                   std::shared_ptr<const Policy> policy)
      : runners_(std::make_shared<const StepRunnerFactories>(std::move(runners))),
        environment_(std::move(environment)),
        policy_(std::move(policy)) {}

  std::vector<std::string> Kinds() const override {
    std::vector<std::string> kinds = {"flow", "scenario"};
    for (const auto& [kind, runner] : *runners_) kinds.push_back(kind);
    std::sort(kinds.begin(), kinds.end());
    return kinds;
  }

  absl::StatusOr<std::unique_ptr<Check>> Create(const v1::Assignment& assignment) const override {
    const v1::Check& check = assignment.check();
    const std::vector<v1::Step> steps = StepsOf(check);
    for (const v1::Step& step : steps) RETURN_IF_ERROR(CheckKind(KindOf(step)));
    for (const v1::Step& step : check.finally()) RETURN_IF_ERROR(CheckKind(KindOf(step)));
    if (const std::string kind = KindOf(check); kind != "scenario" && kind != "flow") {
      RETURN_IF_ERROR(CheckKind(kind));
    }
    if (steps.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the check \"", check.name(), "\" has no steps and so proves nothing"));
    }
    if (check.has_flow() && assignment.clean_up().empty()) {
      RETURN_IF_ERROR(FlowRun::Validate(assignment));
    }
    return std::make_unique<StepCheck>(assignment, runners_, environment_, policy_);
  }

 private:
  absl::Status CheckKind(const std::string& kind) const {
    if (runners_->contains(kind)) return absl::OkStatus();
    return absl::UnimplementedError(
        absl::StrCat(kind.empty() ? "a kind that is newer than this agent"
                                  : absl::StrCat("unknown kind \"", kind, "\""),
                     "; this agent knows ", absl::StrJoin(Kinds(), ", ")));
  }

  const std::shared_ptr<const StepRunnerFactories> runners_;
  const shared::Lookup environment_;
  const std::shared_ptr<const Policy> policy_;
};

}  // namespace

std::optional<std::string> ProcessEnvironment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::unique_ptr<CheckFactory> MakeStepCheckFactory(std::map<std::string, StepRunnerFactory> runners,
                                                   shared::Lookup environment,
                                                   std::shared_ptr<const Policy> policy) {
  return std::make_unique<StepCheckFactory>(std::move(runners), std::move(environment),
                                            std::move(policy));
}

}  // namespace smokemesh::agent
