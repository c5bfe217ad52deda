#ifndef SMOKEMESH_TESTS_SIMULATION_INVARIANTS_H_
#define SMOKEMESH_TESTS_SIMULATION_INVARIANTS_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "coordinator/run/engine.h"
#include "tests/simulation/fake_store.h"

namespace smokemesh::testing {

struct AgentCard;

// What must hold whatever happens. Watches a simulation from outside and keeps the first violation.
class Invariants {
 public:
  // `clocks_agree`: steady clocks run at one speed.
  Invariants(const FakeStore* store, bool clocks_agree)
      : store_(*store), clocks_agree_(clocks_agree) {}

  void Expect(bool holds, const std::string& what);

  // ---- Agents ----

  // A process of an agent opened a stream.
  void OnSession(const std::string& session_id, const std::string& incarnation);
  // It sent a batch; heard an acknowledgement; keeps a result no longer.
  void OnBatch(const std::string& incarnation, const v1::Results& batch);
  void OnAckHeard(const std::string& incarnation, uint64_t up_to);
  void OnForgotten(const std::string& incarnation, const std::string& task_id);
  // It was given a task; it took it.
  void OnSubmitted(const v1::Assignment& assignment, const AgentCard& card);
  void OnExecuted(const std::string& incarnation, const std::string& task_id);
  // It truly came to this result, and to the barrier of a flow.
  void OnProduced(const v1::TaskResult& result);
  void OnReady(const std::string& task_id);
  // Its stream was ended from outside.
  void OnSessionEnded(const std::string& agent_id, const absl::Status& status);
  // Nothing is wrong any more: sessions stand.
  void BeginCalm() { calm_ = true; }
  // Agents that lie, and those that share their name: less is expected of them.
  void SetUnruly(std::set<std::string> liars, std::set<std::string> twins);

  // ---- Coordinators ----

  // One begins, without memory. Returns its number.
  uint64_t OnEngineStart(shared::SteadyTime now);
  // It has, or has no longer, a session.
  void OnConnected(uint64_t engine, const std::string& session_id, const v1::Hello& hello,
                   shared::SteadyTime now);
  void OnGone(uint64_t engine, const std::string& session_id, shared::SteadyTime now);
  // Results come to it: some while their checks wait for what they need.
  void OnArrival(const v1::Results& batch, const coordinator::Engine& engine,
                 const shared::Instant& now);
  // It asks for an effect. The engine is asked for its reasons.
  void OnEffect(const coordinator::Effect& effect, uint64_t number,
                const coordinator::Engine& engine, const shared::Instant& now);
  // Somebody asks for the run. `strict`: it must not be out of date.
  void OnRead(const v1::Run& run, bool strict);

  // ---- The store ----

  // It commits; the end comes from this coordinator.
  void OnAppend(const std::vector<v1::TaskResult>& results);
  void OnFinal(const coordinator::StoredRun& run, uint64_t engine);
  // The record of a run that has ended makes the same verdict again.
  void ExpectVerified(const coordinator::StoredRun& run);
  // A run should have ended by now.
  void OnOverdue(const std::string& run_id);

  const std::string& violation() const {
    return violation_.empty() ? store_.violation() : violation_;
  }
  // Checks that have been made: a simulation in which nothing happens proves nothing.
  int checks() const { return checks_; }

 private:
  using ResultKey = std::tuple<std::string, std::string, std::string, int>;
  using FlowKey = std::pair<std::string, std::string>;  // run and check

  // One result in a batch that an agent sent.
  struct Sent {
    std::string task_id;
    ResultKey key;
  };
  struct Session {
    uint64_t engine = 0;
    std::string incarnation;
    v1::Hello hello;
    std::set<std::string> cancelled;  // tasks
  };
  // Where one coordinator saw an agent.
  struct Presence {
    std::string session_id;  // empty: gone
    shared::SteadyTime since;
    shared::Duration longest_absence{};
  };
  struct Watched {
    shared::SteadyTime started;
    shared::SteadyTime now;
    std::set<std::string> finished;  // runs that its watchers know to be over
    std::map<std::string, Presence> agents;
  };

  void OnAck(const std::string& session_id, uint64_t up_to, const coordinator::Engine& engine,
             const shared::Instant& now);
  void OnAssignment(const std::string& session_id, const v1::Assignment& assignment,
                    const coordinator::Engine& engine, const shared::Instant& now);
  void ExpectRightAgent(const Session& session, const v1::Assignment& assignment,
                        const v1::RunOptions& options);
  bool HasLiar(const coordinator::StoredRun& run, const std::string& check) const;
  void OnGo(uint64_t engine, const std::string& task_id);
  void ExpectTarget(const v1::Assignment& assignment, const v1::CleanUpTarget& target);
  // `readable`: somebody may have seen it.
  void OnVerdict(const std::string& run_id, const v1::Verdict& verdict, bool readable);
  void ExpectEvidence(const coordinator::StoredRun& run, const v1::CheckRecord& check);
  void ExpectGrace(const coordinator::StoredRun& run, const Watched& engine);
  void ExpectLaw(const coordinator::StoredRun& run);
  void ExpectSameInAnyOrder(const coordinator::StoredRun& run);

  const FakeStore& store_;
  std::string violation_;
  int checks_ = 0;
  const bool clocks_agree_;
  bool calm_ = false;
  std::set<std::string> liars_;
  std::set<std::string> unruly_;  // liars and twins
  std::map<ResultKey, std::set<v1::Outcome>> produced_;
  std::map<std::string, Session> sessions_;                               // by identifier
  std::map<std::string, std::map<uint64_t, std::vector<Sent>>> batches_;  // by incarnation
  std::map<std::string, uint64_t> acknowledged_;                          // by incarnation
  std::map<std::string, uint64_t> heard_acks_;                            // by incarnation
  std::map<std::string, uint64_t> sequences_;               // by incarnation and task: its batch
  std::set<std::pair<std::string, std::string>> executed_;  // incarnation and task
  std::map<FlowKey, std::set<std::string>> ready_;          // agents
  std::map<FlowKey, uint64_t> begun_;                       // flows, and who let them begin
  std::vector<Watched> engines_;
  std::map<std::string, v1::Decision> final_;  // by run
  std::set<ResultKey> early_;                  // results that came while their checks waited
  std::set<std::string> told_final_;           // runs whose final verdict somebody may have seen
  std::set<std::string> finished_;             // runs that somebody knows to be over
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_INVARIANTS_H_
