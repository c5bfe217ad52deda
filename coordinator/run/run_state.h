#ifndef SMOKEMESH_COORDINATOR_RUN_RUN_STATE_H_
#define SMOKEMESH_COORDINATOR_RUN_RUN_STATE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/run/clean_up.h"
#include "coordinator/scheduler/scheduler.h"
#include "coordinator/store/run_store.h"
#include "google/protobuf/repeated_field.h"
#include "shared/clock.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// What the coordinator knows of a pair beyond its v1::Task.
struct PairState {
  int attempt = 0;     // greatest number under which it may have been sent
  int received = 0;    // greatest attempt of which a result was taken for storing
  int rejections = 0;  // how often its agent had no room
  bool in_flight = false;
  int current = 0;                  // in flight: the attempt that its agent has
  int sent = 0;                     // the last attempt that this process sent
  bool ready = false;               // in flight, of a flow: its agent waits for Go
  bool stored = true;               // its place in the manifest is committed
  bool durable = false;             // its outcome follows from what is committed
  shared::SteadyTime not_before{};  // when it may be sent again
  shared::SteadyTime report_by{};   // in flight: when it is given up
  int storing = 0;  // results of it that the store has been given and not answered yet
  // What was decided while `storing`: holds if the store takes none of them.
  v1::Outcome otherwise = v1::OUTCOME_UNSPECIFIED;
  std::string otherwise_reason;
};

// A pair that left flight: its agent has one task less.
struct Released {
  std::string agent_id;
  std::string task_id;
  PairRef ref;
  bool cancel = false;  // the agent may still be at it
  std::string reason;
};

// The life of one run's evidence: every pair from waiting to its outcome, every check from its
// pairs, its needs and its quorum. Outcomes are set once and never change. Neither time nor
// effects: the engine asks and acts. Not thread-safe.
class RunState {
 public:
  // INVALID_ARGUMENT when the options' expressions are wrong or select no check. `earlier` is what
  // is known of the runs to clean up after.
  static absl::StatusOr<std::unique_ptr<RunState>> Create(std::string run_id,
                                                          v1::CreateRunRequest request,
                                                          std::vector<EarlierRun> earlier = {});

  // Fixes the manifest, once. Pairs without an agent are MISSING at once, for the reason that
  // `no_agent` holds for their check. `committed`: it is in the store.
  void SetManifest(std::vector<ManifestPair> manifest,
                   const std::map<std::string, std::string>& no_agent, bool committed);
  std::vector<ManifestPair> Manifest() const;

  // Takes up what a predecessor left: any pair may have been sent before.
  void Restore(const std::vector<v1::TaskResult>& results);

  // ---- Pairs ----

  std::optional<PairRef> Find(std::string_view check, std::string_view agent_id) const;
  // Pairs of an agent that are open, in plan order.
  std::vector<PairRef> OpenPairsOf(std::string_view agent_id) const;
  std::vector<PairRef> OpenPairs() const;
  std::vector<PairRef> OpenPairsOfCheck(size_t check) const;
  std::vector<PairRef> OpenPairsOfSuite(std::string_view suite) const;
  std::set<std::string> Agents() const;

  bool IsOpen(PairRef ref) const { return task(ref).state() != v1::Task::STATE_DONE; }
  const PairState& state(PairRef ref) const { return checks_[ref.check].pairs[ref.pair]; }
  const v1::Task& task(PairRef ref) const { return records_[ref.check].tasks(ref.pair); }
  const v1::Check& check(PairRef ref) const { return plan().checks(ref.check); }
  std::string TaskId(PairRef ref) const;

  // Pairs that wait and whose checks' needs are met, at `now`, in plan order.
  std::vector<ReadyPair> Ready(shared::SteadyTime now) const;
  RunLoad Load(int max_in_flight) const;

  // Whether everything that the check needs has passed.
  bool NeedsMet(size_t check) const;

  // The pair was sent; its attempt is the next number.
  void MarkSent(PairRef ref, shared::SteadyTime report_by);
  // The agent has the pair's task under this attempt.
  void MarkRunning(PairRef ref, int attempt, shared::SteadyTime report_by);
  // The pair's task is lost: it waits again, until `not_before`.
  void SendAgain(PairRef ref, shared::SteadyTime not_before, bool was_rejected);
  // Gives a waiting pair to another agent, or to the same one beside another version. It waits
  // until MarkStored.
  void Move(PairRef ref, const v1::Hello& agent);
  void MarkStored();
  // Whether an agent other than the pair's may carry it out: no selector names agents for it, and
  // a flow has not begun.
  bool MayMove(PairRef ref) const;
  // Why an agent that is so cannot have the pair, for people; empty: it can.
  std::string WhyNot(PairRef ref, const v1::Hello& agent) const;

  // The result as the coordinator takes it: an outcome that an agent must not send is ERRORED.
  v1::TaskResult Corrected(v1::TaskResult result) const;
  // Whether a result answers an open pair of this run: from its agent, for an attempt that was
  // sent, its check's needs met, and no later attempt taken already.
  bool Accepts(const v1::TaskResult& result) const;
  // The result was handed to the store. Until it has answered nobody decides the pair: a result
  // that came in time counts, and the store must not hold one that contradicts the run's end.
  void MarkReceived(const v1::TaskResult& result);
  // The store has answered. If it has not taken the result, what was decided meanwhile holds.
  void MarkAnswered(const v1::TaskResult& result);
  // The result is committed. The first one of a pair decides it; others change nothing.
  void Apply(const v1::TaskResult& result);
  // The coordinator decides an open pair, unless a result of it is on its way into the store and is
  // taken.
  void Decide(PairRef ref, v1::Outcome outcome, std::string_view reason);
  // The same for several at once: none of them is BLOCKED by another.
  struct Decision {
    PairRef ref;
    v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
    std::string reason;
  };
  void DecideAll(const std::vector<Decision>& decisions);
  void DecideAll(const std::vector<PairRef>& refs, v1::Outcome outcome, std::string_view reason);
  // Every check that has no manifest yet ends so.
  void DecideWithoutManifest(v1::Outcome outcome, std::string_view reason);

  // ---- Flows: run_flows.cc ----

  // Whether the check's agents meet at a barrier. In a run that cleans up there is none.
  bool IsFlow(size_t check) const { return plan().checks(check).has_flow() && !cleans_up(); }
  // Whether the agents of a flow were told to go on. A predecessor may have told them, too: that is
  // known once a result tells of it.
  bool HasBegun(size_t check) const { return checks_[check].begun; }
  // The pair's task waits for Go; or its agent is away, and has to say so again.
  void MarkReady(PairRef ref, bool ready);
  // Whether a flow can begin now: all its pairs are ready.
  bool CanBegin(size_t check) const;
  void MarkBegun(size_t check);
  // The result of a flow as the coordinator takes it, beyond Corrected. An agent that had no Go
  // says FAILED: here it is told who was not ready. Where that was silence (an agent is away, a new
  // coordinator cannot know, Go did not arrive), nothing was asked of any target: ABORTED.
  void CorrectFlow(const std::function<bool(std::string_view)>& is_there,
                   v1::TaskResult* result) const;
  // Pairs of flows that have begun and whose task is with nobody: `is_there` tells whether an agent
  // has said what it holds. They are not sent again.
  std::vector<PairRef> LostInFlows(const std::function<bool(std::string_view)>& is_there) const;
  // Ends each flow that can no longer begin: one of its pairs is decided, so the others need not
  // wait. They are ABORTED, or SKIPPED with it.
  void EndFlowsThatCannotBegin();

  // ---- What came of it ----

  // Sets what each decided check is against the earlier promoted runs that the options name. Before
  // a verdict or a record is asked for.
  void CompareWithEarlierRuns();

  // Whether a check or pair is ABORTED for this reason.
  bool WasEndedFor(std::string_view reason) const;

  // Whether every check has its outcome and no pair is open.
  bool AllDecided() const { return open_ == 0; }
  // Pairs that left flight since the last call.
  std::vector<Released> TakeReleased();
  // Checks that changed since the last call, in plan order.
  std::vector<size_t> TakeChanged();
  bool has_changed() const { return !changed_.empty(); }

  // The verdict over what is known. Nothing in it is final but a ROLLBACK that follows from
  // committed evidence alone: everything else could come out otherwise if the coordinator were
  // restarted now.
  v1::Verdict CurrentVerdict() const;
  // The verdict when all is decided.
  v1::Verdict FinalVerdict() const;

  const std::string& run_id() const { return run_id_; }
  // As it was asked for.
  const v1::CreateRunRequest& request() const { return request_; }
  // As this run follows it.
  const v1::Plan& plan() const { return clean_up_plan_ ? *clean_up_plan_ : request_.plan(); }
  // Checks that need an agent: those that are selected, but of a run that cleans up only those with
  // something to clean up after.
  const std::vector<bool>& wanted() const { return wanted_; }
  // Whether the run only cleans up after earlier ones.
  bool cleans_up() const { return clean_up_plan_.has_value(); }
  // What the pair's agent is to clean up after; `candidates` are the agents that could do it.
  std::vector<v1::CleanUpTarget> TargetsOf(PairRef ref, std::vector<std::string> candidates) const;
  bool has_manifest() const { return has_manifest_; }
  const google::protobuf::RepeatedPtrField<v1::CheckRecord>& records() const { return records_; }

 private:
  struct CheckState {
    std::vector<PairState> pairs;  // parallel to the record's tasks
    std::vector<size_t> needs;     // those that take part in the run
    std::vector<size_t> dependents;
    size_t root = 0;            // for BLOCKED: the check at the root
    bool begun = false;         // a flow: Go was given
    bool begun_before = false;  // by a predecessor of this process
  };

  RunState(std::string run_id, v1::CreateRunRequest request, std::vector<EarlierRun> earlier,
           std::vector<bool> selected);

  void LinkNeeds();
  // Pairs of one check that could be sent now.
  std::vector<ReadyPair> ReadyPairsOf(size_t check, shared::SteadyTime now) const;
  // Pairs whose agent stands beside another version than the run judges give no evidence.
  void CloseOtherVersions(bool committed);
  // Whether a result of a flow proves that its agent was told to go on.
  static bool TellsOfGo(const v1::TaskResult& result);
  void Release(PairRef ref, bool cancel, std::string_view reason);
  void Close(PairRef ref, v1::Outcome outcome, std::string_view reason, bool durable);
  std::vector<v1::Outcome> OutcomesOf(size_t check, bool durable_only) const;
  std::string ReasonOf(size_t check) const;
  // Carries a change of a check's pairs on to its outcome and to the checks that need it.
  void Settle(size_t check);
  bool BlockByNeeds(size_t check);
  // Why a check is BLOCKED, or SKIPPED with what it needs.
  struct Block {
    size_t need = 0;
    size_t root = 0;                                // where the chain of needs begins
    v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;  // of the root
    bool skips = false;
  };
  // By what is known of its needs; nothing while more could matter.
  std::optional<Block> FindBlock(size_t check) const;
  std::string ReasonOf(const Block& block) const;
  // A check that is BLOCKED names the first need, in its order, that failed, not the first to end:
  // so the same evidence in another order is told in the same words.
  void TellBlockAgain(size_t check);
  v1::Outcome DurableOutcome(size_t check) const;

  const std::string run_id_;
  const v1::CreateRunRequest request_;
  const std::vector<EarlierRun> earlier_;
  const std::optional<v1::Plan> clean_up_plan_;  // of a run that cleans up
  const std::vector<bool> selected_;
  std::vector<bool> wanted_;
  google::protobuf::RepeatedPtrField<v1::CheckRecord> records_;
  std::vector<CheckState> checks_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::map<std::string, std::vector<PairRef>, std::less<>> by_agent_;
  std::vector<ManifestPair> manifest_;
  bool has_manifest_ = false;
  size_t open_ = 0;  // pairs, and checks that have none yet
  int in_flight_ = 0;
  bool volatile_ = false;  // some outcome is not durable
  bool restored_ = false;  // a predecessor may have begun flows
  std::vector<size_t> flows_;
  std::vector<Released> released_;
  std::set<size_t> changed_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_RUN_STATE_H_
