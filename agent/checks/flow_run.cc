#include "agent/checks/flow_run.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/removal.h"
#include "agent/checks/step_sequence.h"
#include "agent/checks/waiting.h"
#include "shared/duration.h"

namespace smokemesh::agent {
namespace {

using std::chrono::steady_clock;

// Each has a thread.
constexpr int kMostRoles = 50;

bool Takes(const v1::Assignment& assignment, const v1::FlowRole& role) {
  const auto& roles = assignment.roles();
  return std::find(roles.begin(), roles.end(), role.name()) != roles.end();
}

// Why a role did not pass matters less when another one tells more: that one was cancelled, or that
// it was left out.
int Weight(const v1::TaskResult& result) {
  switch (result.outcome()) {
    case v1::OUTCOME_PASSED:
      return 0;
    case v1::OUTCOME_SKIPPED:
      return result.message().empty() ? 0 : 1;
    case v1::OUTCOME_ABORTED:
      return 2;
    default:
      return 3;
  }
}

}  // namespace

// One role on this agent. Used by one thread at a time.
struct FlowRun::Part {
  Part(const v1::Check& check, const v1::FlowRole& flow_role, StepExecution* execution,
       shared::Duration budget)
      : role(flow_role),
        prepare(flow_role.prepare().begin(), flow_role.prepare().end()),
        steps(flow_role.steps().begin(), flow_role.steps().end()),
        sequence(check, execution, flow_role.name(), budget) {
    result.set_outcome(v1::OUTCOME_PASSED);
  }

  const v1::FlowRole& role;
  const std::vector<v1::Step> prepare;
  const std::vector<v1::Step> steps;
  StepSequence sequence;
  v1::TaskResult result;  // outcome, message, failures and steps of this role alone
  std::optional<shared::Duration> prepared_after;
  std::optional<shared::Duration> latency;
};

absl::Status FlowRun::Validate(const v1::Assignment& assignment) {
  const v1::Check& check = assignment.check();
  if (assignment.roles().empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the assignment names no role of the flow \"",
                                                   check.name(), "\" for this agent"));
  }
  if (assignment.roles_size() > kMostRoles) {
    return absl::InvalidArgumentError(absl::StrCat("the flow \"", check.name(),
                                                   "\" gives this agent ", assignment.roles_size(),
                                                   " roles: an agent takes at most ", kMostRoles));
  }
  const auto& roles = check.flow().roles();
  for (const std::string& name : assignment.roles()) {
    const auto found = std::find_if(roles.begin(), roles.end(), [&name](const v1::FlowRole& role) {
      return role.name() == name;
    });
    if (found == roles.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the flow \"", check.name(), "\" has no role \"", name, "\""));
    }
    if (found->steps().empty()) {
      return absl::InvalidArgumentError(absl::StrCat("the role \"", name, "\" of the flow \"",
                                                     check.name(),
                                                     "\" has no steps and so proves nothing"));
    }
  }
  return absl::OkStatus();
}

FlowRun::FlowRun(const v1::Assignment& assignment, StepExecution* execution,
                 shared::Duration budget)
    : budget_(budget) {
  for (const v1::FlowRole& role : assignment.check().flow().roles()) {
    if (!Takes(assignment, role)) continue;
    parts_.push_back(std::make_unique<Part>(assignment.check(), role, execution, budget));
  }
}

FlowRun::~FlowRun() = default;

void FlowRun::Run(const CheckContext& context, v1::TaskResult* result) {
  const shared::SteadyTime start = steady_clock::now();
  absl::Status ran = RunLists(/*prepare=*/true, context);
  if (ran.ok() && PassBarrier(context, start)) {
    const shared::SteadyTime go = steady_clock::now();
    ran = RunLists(/*prepare=*/false, context);
    for (const auto& part : parts_) {
      const std::optional<shared::SteadyTime> last = part->sequence.last_passed();
      // None: Go came, and nothing passed since.
      part->latency = last.has_value() && *last >= go ? *last - go : shared::Duration::zero();
    }
  } else {
    for (const auto& part : parts_) part->sequence.Skip(part->steps, &part->result);
  }
  Merge(result);
  if (!ran.ok()) {
    result->set_outcome(v1::OUTCOME_ERRORED);
    result->set_message(std::string(ran.message()));
  }
}

absl::Status FlowRun::RunLists(bool prepare, const CheckContext& context) {
  const shared::SteadyTime start = steady_clock::now();
  return RunTogether(static_cast<int>(parts_.size()), [&](int index) {
    Part& part = *parts_[static_cast<size_t>(index)];
    part.sequence.Run(prepare ? part.prepare : part.steps, context, &part.result);
    if (prepare && part.result.outcome() == v1::OUTCOME_PASSED) {
      part.prepared_after = steady_clock::now() - start;
    }
  });
}

bool FlowRun::PassBarrier(const CheckContext& context, shared::SteadyTime start) {
  const auto failed = std::find_if(parts_.begin(), parts_.end(), [](const auto& part) {
    return part->result.outcome() != v1::OUTCOME_PASSED;
  });
  if (failed != parts_.end()) {
    for (const auto& part : parts_) {
      if (part->result.outcome() == v1::OUTCOME_PASSED) {
        part->result.set_outcome(v1::OUTCOME_SKIPPED);
      }
    }
    return false;
  }
  const shared::SteadyTime ready = steady_clock::now();
  const absl::Status passed = context.barrier == nullptr
                                  ? absl::InternalError("the agent has no barrier for a flow")
                                  : context.barrier->Await(context.deadline);
  if (passed.ok()) return true;
  for (const auto& part : parts_) {
    if (absl::IsCancelled(passed)) {
      SetAborted(context, &part->result);
      continue;
    }
    const bool late = absl::IsDeadlineExceeded(passed);
    const std::string within = absl::StrCat("within ", shared::FormatDuration(budget_));
    v1::Failure failure;
    failure.set_step_name("barrier");
    failure.set_expected(absl::StrCat("that all agents of the flow are ready ", within));
    failure.set_actual(late ? absl::StrCat("no Go ", within, "; this agent was ready after ",
                                           shared::FormatDuration(ready - start))
                            : std::string(passed.message()));
    if (late) {
      failure.set_hint(
          "look why another agent of the flow was not ready, or whether the way to the "
          "coordinator was cut");
    }
    part->result.set_outcome(late ? v1::OUTCOME_FAILED : v1::OUTCOME_ERRORED);
    part->result.set_message(absl::StrCat("not released: ", Sentence(failure)));
    if (part == parts_.front()) *part->result.add_failures() = std::move(failure);
  }
  return false;
}

void FlowRun::Merge(v1::TaskResult* result) const {
  result->set_tries(1);
  result->set_outcome(v1::OUTCOME_PASSED);
  const Part* worst = nullptr;
  bool all_left_out = true;
  for (const auto& part : parts_) {
    const bool left_out =
        part->result.outcome() == v1::OUTCOME_PASSED && part->sequence.all_left_out();
    all_left_out = all_left_out && left_out;
    const int before = result->steps_size();
    for (const v1::StepResult& step : part->result.steps()) {
      v1::StepResult& merged = *result->add_steps();
      merged = step;
      merged.set_role(part->role.name());
    }
    for (const v1::Failure& failure : part->result.failures()) {
      v1::Failure& merged = *result->add_failures();
      merged = failure;
      if (failure.step() > 0) merged.set_step(before + failure.step());
    }
    v1::RoleResult& role = *result->add_roles();
    role.set_role(part->role.name());
    role.set_outcome(left_out ? v1::OUTCOME_SKIPPED : part->result.outcome());
    if (part->prepared_after.has_value()) {
      *role.mutable_prepared_after() = shared::ToProto(*part->prepared_after);
    }
    if (part->latency.has_value()) *role.mutable_latency() = shared::ToProto(*part->latency);
    if (worst == nullptr || Weight(part->result) > Weight(worst->result)) worst = part.get();
  }
  if (Weight(worst->result) > 0) {
    result->set_outcome(worst->result.outcome());
    result->set_message(
        worst->result.outcome() == v1::OUTCOME_ABORTED
            ? worst->result.message()
            : absl::StrCat("role ", worst->role.name(), ": ", worst->result.message()));
  } else if (all_left_out) {
    result->set_outcome(v1::OUTCOME_SKIPPED);
    result->set_message("every step is left out: `when` is false for each of them");
  }
}

bool FlowRun::began() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const auto& part) { return part->sequence.began(); });
}

Captures FlowRun::captures() const {
  Captures all;
  for (const auto& part : parts_) {
    for (const auto& [name, value] : part->sequence.captures()) all[name] = value;
  }
  return all;
}

}  // namespace smokemesh::agent
