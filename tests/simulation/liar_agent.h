#ifndef SMOKEMESH_TESTS_SIMULATION_LIAR_AGENT_H_
#define SMOKEMESH_TESTS_SIMULATION_LIAR_AGENT_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/agent_node.h"

namespace smokemesh::testing {

// An agent that was not made here: it follows the protocol as far as it suits it, claims results of
// other agents, outcomes that do not exist, attempts that nobody asked for, and tells things twice.
class LiarAgent final : public AgentNode {
 public:
  using AgentNode::AgentNode;

  void Start() override;
  void Crash() override;
  bool is_open() const override { return open_; }

  void OnMessage(const std::shared_ptr<Stream>& stream, v1::ConnectResponse message) override;
  void OnEnd(const std::shared_ptr<Stream>& stream, absl::Status status) override;

 private:
  void Connect();
  void Beat();
  void OnAssignment(const v1::Assignment& assignment);
  void Finish(const std::string& task_id);
  void Flush();
  void Send(const v1::Results& batch);
  v1::TaskResult MakeResult(const v1::Assignment& assignment);

  std::string incarnation_;
  bool open_ = false;
  uint64_t last_sequence_ = 0;
  shared::Duration heard_{};
  std::map<std::string, v1::Assignment> running_;
  std::vector<v1::TaskResult> fresh_;
  std::deque<v1::Results> batches_;  // not acknowledged
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_LIAR_AGENT_H_
