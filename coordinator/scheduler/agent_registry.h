#ifndef SMOKEMESH_COORDINATOR_SCHEDULER_AGENT_REGISTRY_H_
#define SMOKEMESH_COORDINATOR_SCHEDULER_AGENT_REGISTRY_H_

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shared/clock.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// An agent as the coordinator knows it.
struct Agent {
  v1::Hello hello;  // the last one; only `agent_id` and `service` for one not seen since a restart
  std::string session_id;  // empty: lost
  bool draining = false;
  int in_flight = 0;              // tasks of all runs
  shared::SteadyTime last_heard;  // also the moment of the loss
  shared::SteadyTime lost_at;     // while lost
  // Incarnations that newer processes of the same name have replaced, the latest last; bounded.
  std::deque<std::string> replaced;
  // While the agent has a session: how often a replaced one asked for it, and when last.
  int claims = 0;
  shared::SteadyTime last_claim;
  bool connected() const { return !session_id.empty(); }
};

// Which agents there are, what they can do and how busy they are. Values only: time comes as an
// argument. Not thread-safe.
class AgentRegistry {
 public:
  // An agent opened a session. What was in flight stays counted.
  void Connect(const v1::Hello& hello, std::string_view session_id, shared::SteadyTime now);

  // The agent's session has ended. Old lost agents without tasks are forgotten beyond a bound.
  void Lose(std::string_view agent_id, shared::SteadyTime now);

  // An agent that a restored run expects: lost since `now`, unless it is there.
  void Expect(std::string_view agent_id, std::string_view service, shared::SteadyTime now);

  // Another process took the agent's session over from this incarnation.
  void Replace(std::string_view agent_id, std::string_view incarnation);

  // Whether a process that was replaced asks for the agent while the newer one has its session: it
  // is to be refused. Remembered, and shown by Describe for a while.
  bool IsReplaced(std::string_view agent_id, std::string_view incarnation, shared::SteadyTime now);

  void Heard(std::string_view agent_id, shared::SteadyTime now);
  void Drain(std::string_view agent_id);

  // One more task in flight, or (-1) one less.
  void AddInFlight(std::string_view agent_id, int tasks);

  // Null when there is no such agent.
  const Agent* Find(std::string_view agent_id) const;

  // Whether the agent has a session and takes assignments.
  bool Available(std::string_view agent_id) const;

  // How many more tasks the agent may be sent.
  int FreeSlots(std::string_view agent_id) const;

  // Agents that are Available, sorted by identifier.
  std::vector<const Agent*> AvailableAgents() const;

  // All agents, sorted by identifier.
  std::vector<v1::AgentInfo> Describe(shared::SteadyTime now) const;

 private:
  std::map<std::string, Agent, std::less<>> agents_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SCHEDULER_AGENT_REGISTRY_H_
