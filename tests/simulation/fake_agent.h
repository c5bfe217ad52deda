#ifndef SMOKEMESH_TESTS_SIMULATION_FAKE_AGENT_H_
#define SMOKEMESH_TESTS_SIMULATION_FAKE_AGENT_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "smokemesh/v1/agent_session.pb.h"
#include "tests/simulation/sim_random.h"

namespace smokemesh::testing {

// How the agents of one simulation behave.
struct AgentHabits {
  double fails = 0;    // a check fails
  double odd = 0;      // it ends FLAKY, ERRORED, SKIPPED or with an outcome that is not allowed
  double hangs = 0;    // a task never reports
  double rejects = 0;  // an assignment is rejected
  double forges = 0;   // a batch holds a result of another agent's pair
  double drains = 0;   // a task makes the agent drain
};

// The agent's side of the protocol, as its contract in agent_session.proto has it. It survives cuts
// of its stream; a crash loses everything but the name.
class FakeAgent {
 public:
  // What it needs from the world around it.
  struct World {
    SimRandom* random = nullptr;
    // Sends on the stream that is open; nothing happens without one.
    std::function<void(v1::ConnectRequest)> send;
    // Calls `then` after a while, unless the agent has crashed by then.
    std::function<void(shared::Duration, std::function<void()>)> later;
    // Says that this agent truly came to this result.
    std::function<void(const v1::TaskResult&)> produced;
    // The agent's own clock.
    std::function<shared::WallTime()> wall;
    // Another agent that could be forged; may be this one.
    std::function<std::string()> other_agent;
  };

  FakeAgent(std::string id, std::string service, AgentHabits habits, World world)
      : id_(std::move(id)), service_(std::move(service)), habits_(habits), world_(world) {}

  const std::string& id() const { return id_; }
  const std::string& incarnation() const { return incarnation_; }

  // A process starts, knowing nothing.
  void Start();
  // A stream is opening.
  v1::Hello MakeHello();
  void OnMessage(const v1::ConnectResponse& message);
  void OnStreamLost() { open_ = false; }
  bool open() const { return open_; }

 private:
  void OnAssignment(const v1::Assignment& assignment);
  void Finish(const std::string& task_id);
  void Flush();
  v1::TaskResult MakeResult(const v1::Assignment& assignment);

  const std::string id_;
  const std::string service_;
  const AgentHabits habits_;
  const World world_;
  int starts_ = 0;
  std::string incarnation_;
  int max_parallel_ = 1;
  bool open_ = false;
  bool draining_ = false;
  bool flushing_ = false;
  uint64_t last_sequence_ = 0;
  std::map<std::string, v1::Assignment> running_;
  std::map<std::string, shared::WallTime> started_;  // by task
  std::vector<v1::TaskResult> fresh_;
  std::deque<v1::Results> batches_;  // not acknowledged
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_FAKE_AGENT_H_
