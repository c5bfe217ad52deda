#include "tests/simulation/fake_executor.h"

#include <utility>
#include <vector>

#include "shared/duration.h"

namespace smokemesh::testing {

using shared::Duration;

v1::Outcome FakeExecutor::Draw() {
  SimRandom& random = world_.random;
  if (random.Chance(world_.swarm.habits.fails)) return v1::OUTCOME_FAILED;
  if (random.Chance(0.05)) return random.Chance(0.5) ? v1::OUTCOME_FLAKY : v1::OUTCOME_ERRORED;
  return v1::OUTCOME_PASSED;
}

absl::Status FakeExecutor::Submit(const v1::Assignment& assignment) {
  SimRandom& random = world_.random;
  if (static_cast<int>(running_.size()) >= 2 * max_parallel_ ||
      random.Chance(world_.swarm.habits.rejects)) {
    return absl::ResourceExhaustedError("no room");
  }
  const std::string& task_id = assignment.task_id();
  running_[task_id] = {assignment, node_.Now()};
  if (random.Chance(world_.swarm.habits.hangs)) return absl::OkStatus();
  const Duration timeout = node_.clock().TrueTime(shared::FromProto(assignment.check().timeout()));
  const bool flow = assignment.check().has_flow() && assignment.clean_up_size() == 0;
  if (!flow) {
    node_.Later(random.Within(random.Chance(0.8) ? timeout / 4 : timeout),
                [this, task_id] { Finish(task_id, Draw()); });
    return absl::OkStatus();
  }
  const bool fails_before = random.Chance(world_.swarm.habits.fails * 0.3);
  node_.Later(random.Within(timeout / 4), [this, task_id, fails_before] {
    const auto it = running_.find(task_id);
    if (it == running_.end()) return;
    if (fails_before) return Finish(task_id, v1::OUTCOME_FAILED);
    it->second.at_barrier = true;
    if (it->second.released) return GoOn(task_id);
    outside_.ready(task_id);
  });
  node_.Later(timeout, [this, task_id] {
    const auto it = running_.find(task_id);
    if (it != running_.end()) Finish(task_id, v1::OUTCOME_FAILED);  // no Go in time
  });
  return absl::OkStatus();
}

void FakeExecutor::Release(const std::string& task_id) {
  const auto it = running_.find(task_id);
  if (it == running_.end() || it->second.released) return;
  it->second.released = true;
  if (it->second.at_barrier) GoOn(task_id);
}

void FakeExecutor::GoOn(const std::string& task_id) {
  node_.Later(world_.random.Within(std::chrono::milliseconds(300)),
              [this, task_id] { Finish(task_id, Draw()); });
}

void FakeExecutor::Cancel(const std::string& run_id, const std::string& task_id) {
  std::vector<std::string> cancelled;
  for (const auto& [id, running] : running_) {
    if (task_id.empty() ? running.assignment.run_id() == run_id : id == task_id) {
      cancelled.push_back(id);
    }
  }
  for (const std::string& id : cancelled) {
    node_.Later(world_.random.Within(std::chrono::milliseconds(500)),
                [this, id] { Finish(id, v1::OUTCOME_ABORTED); });
  }
}

void FakeExecutor::Finish(const std::string& task_id, v1::Outcome outcome) {
  const auto it = running_.find(task_id);
  if (it == running_.end()) return;
  const v1::Assignment& assignment = it->second.assignment;
  v1::TaskResult result;
  result.set_task_id(task_id);
  result.set_run_id(assignment.run_id());
  result.set_check(assignment.check().name());
  result.set_agent_id(agent_id_);
  result.set_attempt(assignment.attempt());
  result.set_outcome(outcome);
  *result.mutable_start_time() = shared::ToProto(it->second.started.wall);
  *result.mutable_duration() =
      shared::ToProto(Duration(node_.Now().steady - it->second.started.steady));
  for (const std::string& role : assignment.roles()) {
    v1::RoleResult& one = *result.add_roles();
    one.set_role(role);
    one.set_outcome(outcome);
  }
  running_.erase(it);
  outside_.finished(std::move(result));
}

}  // namespace smokemesh::testing
