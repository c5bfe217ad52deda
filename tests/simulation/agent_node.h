#ifndef SMOKEMESH_TESTS_SIMULATION_AGENT_NODE_H_
#define SMOKEMESH_TESTS_SIMULATION_AGENT_NODE_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/session/session_core.h"
#include "tests/simulation/fake_executor.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/network.h"

namespace smokemesh::testing {

// What an agent is, over all its starts.
struct AgentCard {
  int process = 0;  // unique in the simulation
  std::string id;   // may be that of another process
  std::string service;
  std::string deployment;
  bool old = false;    // of the release before: names no feature, keeps nothing
  bool spool = false;  // keeps its results where they survive it
};

// What agents find outside.
struct AgentWorld {
  World* world = nullptr;
  Invariants* invariants = nullptr;
  // A coordinator to ask, by chance; null when there is none.
  std::function<StreamServer*()> coordinator;
  // The name of another agent, which may be this one.
  std::function<std::string()> another;
  // Unique in the simulation.
  std::function<std::string()> new_session_id;
};

// An agent's process. It survives cuts of its stream; a crash loses what is not in the spool.
class AgentNode : public StreamClient {
 public:
  AgentNode(AgentWorld* outside, AgentCard card)
      : StreamClient(outside->world), outside_(*outside), card_(std::move(card)) {}

  virtual void Start() = 0;
  // kill -9.
  virtual void Crash() = 0;
  virtual void Drain() {}
  // An end that it chose itself. It starts again later.
  bool left() const { return left_; }
  // Has a session, as far as it knows.
  virtual bool is_open() const = 0;

  const AgentCard& card() const { return card_; }
  void set_deployment(std::string deployment) { card_.deployment = std::move(deployment); }
  const std::shared_ptr<Stream>& stream() const { return stream_; }

 protected:
  // Begins a process; its incarnation.
  std::string NewIncarnation();
  v1::Hello MakeHello(const std::string& incarnation, int max_parallel) const;
  void OpenStream(const std::string& incarnation);

  AgentWorld& outside_;
  AgentCard card_;
  std::shared_ptr<Stream> stream_;
  bool left_ = false;

 private:
  int starts_ = 0;
};

// An agent made of the product's session.
class CoreAgent final : public AgentNode {
 public:
  using AgentNode::AgentNode;

  void Start() override;
  void Crash() override;
  void Drain() override;
  bool is_open() const override {
    return core_.has_value() && core_->state() == agent::SessionCore::State::kOpen;
  }

  void OnMessage(const std::shared_ptr<Stream>& stream, v1::ConnectResponse message) override;
  void OnEnd(const std::shared_ptr<Stream>& stream, absl::Status status) override;

 private:
  struct Kept {
    v1::TaskResult result;
    bool synced = false;
  };

  void OnResumed() override { Give(agent::SessionTick{}); }
  void Give(agent::SessionEvent event);
  void CarryOut(agent::SessionEffect& effect);
  void CarryOut(agent::OpenStream&);
  void CarryOut(agent::WriteToStream& effect);
  void CarryOut(agent::HalfCloseStream&);
  void CarryOut(agent::CancelStream&);
  void CarryOut(agent::SubmitTask& effect);
  void CarryOut(agent::CancelTasks& effect);
  void CarryOut(agent::ReleaseTask& effect);
  void CarryOut(agent::KeepResult& effect);
  void CarryOut(agent::ForgetResults& effect);
  void CarryOut(agent::LogLine&) {}
  void CarryOut(agent::SessionStopped&);

  std::string incarnation_;
  std::optional<agent::SessionCore> core_;
  std::optional<FakeExecutor> executor_;
  std::optional<Alarm> alarm_;
  std::deque<agent::SessionEvent> events_;
  bool busy_ = false;
  bool writing_ = false;
  std::map<std::string, Kept> spool_;  // by task; survives the process
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_AGENT_NODE_H_
