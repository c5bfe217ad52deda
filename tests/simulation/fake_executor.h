#ifndef SMOKEMESH_TESTS_SIMULATION_FAKE_EXECUTOR_H_
#define SMOKEMESH_TESTS_SIMULATION_FAKE_EXECUTOR_H_

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "tests/simulation/world.h"

namespace smokemesh::testing {

// The agent's executor as its contract has it: one result for each task that it accepted, with
// outcomes by chance. A task of a flow comes to its barrier and waits there, until its time is
// over.
class FakeExecutor {
 public:
  struct Outside {
    std::function<void(v1::TaskResult)> finished;
    std::function<void(const std::string& task_id)> ready;
  };

  // `node` is the agent's process: what runs ends with it.
  FakeExecutor(World* world, Node* node, std::string agent_id, int max_parallel, Outside outside)
      : world_(*world),
        node_(*node),
        agent_id_(std::move(agent_id)),
        max_parallel_(max_parallel),
        outside_(std::move(outside)) {}

  absl::Status Submit(const v1::Assignment& assignment);
  // All tasks of the run when `task_id` is empty.
  void Cancel(const std::string& run_id, const std::string& task_id);
  // Lets a task pass its barrier, now or when it comes there.
  void Release(const std::string& task_id);

 private:
  struct Running {
    v1::Assignment assignment;
    shared::Instant started;
    bool at_barrier = false;
    bool released = false;
  };

  void GoOn(const std::string& task_id);
  void Finish(const std::string& task_id, v1::Outcome outcome);
  v1::Outcome Draw();

  World& world_;
  Node& node_;
  const std::string agent_id_;
  const int max_parallel_;
  const Outside outside_;
  std::map<std::string, Running> running_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_FAKE_EXECUTOR_H_
