#ifndef SMOKEMESH_TESTS_SIMULATION_MUTANT_H_
#define SMOKEMESH_TESTS_SIMULATION_MUTANT_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/run/engine.h"

namespace smokemesh::testing {

// Bugs that coordinators, agents and stores could have. The simulator must find each of them.
enum class Mutant {
  kNone,
  kAckBeforeCommit,        // acknowledges results when they arrive
  kLiesAboutWrites,        // takes results as stored that were never written
  kTrustsAgents,           // stores results that an agent reports for another agent's pairs
  kMissingIsSkipped,       // leaves agents that never reported out of the verdict
  kForgetsResults,         // does not read the results when it takes a run up again
  kNeverTicks,             // has no timers
  kAnnouncesEarly,         // tells watchers the verdict before it is stored
  kAssignsBeforeStored,    // sends work before the manifest is stored
  kRunsInsteadOfCleaning,  // sends what is to be cleaned up after as a check to run
  kIgnoresFailFast,        // carries on when ROLLBACK is certain
  kIgnoresMaxParallel,     // has no limit but the engine's own
  kForgetsRounds,          // judges a round without those before it
  kForgetsBaseline,        // compares with nothing
  kCountsShadows,          // judges shadow checks as all others
  kIgnoresHoldRules,       // judges by rollback rules alone
  kStoresLateResults,      // stores results of pairs that are decided already
  kLosesStoredResults,     // stores half of what it says it has stored
  kIgnoresGrace,           // gives agents up that are away for a moment
  kMakesManifestAgain,     // asks who is there when it takes a run up again
  kNoHeartbeats,           // says nothing when there is nothing to say
  kGoBeforeAllReady,       // lets each agent of a flow begin when that one is ready
  kAcceptsAnyDeployment,   // does not look at the version beside an agent
  kIgnoresFeatures,        // takes every agent for one of today
  kForgetsTasksInHand,     // does not read what an agent says it has
  kAcksTooMuch,            // acknowledges the batch after the last one
  kBlamesAnother,          // stores results under the name of another agent

  // Of the store and of who leads.
  kNoEpochInWrites,          // writes of one who was deposed are carried out
  kSecondVerdictOverwrites,  // the end of a run is written as often as somebody wants
  kCountsDuplicates,         // keeps a result twice that comes twice
  kLeaseByLocalClock,        // who asks for the lease says what time it is
  kDecidesWithoutLease,      // carries on when its lease has run out
  kFencedIsStored,           // takes a refused write for done
  kTakesDoubtForFailure,     // says that a write failed when it cannot know
  kAnswersOutliveEngine,     // gives answers of the store to an engine that did not ask

  // Of agents.
  kForgetsSpool,           // does not read what an earlier process kept
  kForgetsUnacknowledged,  // forgets results when they are sent
  kReusesIncarnation,      // says after a restart that it is still the same process
  kLosesBatches,           // does not write some of what it takes for written
};

// A mutant as it is told of, and a part of the violations that show it; empty: any.
struct Planted {
  Mutant mutant;
  const char* name;
  const char* found;
};
const std::vector<Planted>& AllMutants();

// The engine, with a bug if asked for. The bugs are here and not in the product.
class EngineUnderTest {
 public:
  explicit EngineUnderTest(Mutant mutant) : mutant_(mutant), engine_(Options(mutant)) {}

  std::vector<coordinator::Effect> Step(const coordinator::Event& event,
                                        const shared::Instant& now);
  std::optional<shared::SteadyTime> NextDeadline() const;
  std::optional<v1::Run> FindRun(const std::string& run_id, const shared::Instant& now) const;
  const coordinator::Engine& engine() const { return engine_; }

 private:
  static coordinator::EngineOptions Options(Mutant mutant);
  // The event as a coordinator that forgets an option hears it, and its effects as if it had not.
  coordinator::Event Heard(const coordinator::Event& event);
  void Pretend(coordinator::Effect* effect) const;
  void Mutate(const coordinator::Event& event, const shared::Instant& now,
              std::vector<coordinator::Effect>* effects);

  const Mutant mutant_;
  coordinator::Engine engine_;
  std::map<std::string, std::string> agents_;    // by session
  std::map<std::string, v1::RunOptions> asked_;  // by run: what it should have heard
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_MUTANT_H_
