#ifndef SMOKEMESH_TESTS_SIMULATION_MUTANT_H_
#define SMOKEMESH_TESTS_SIMULATION_MUTANT_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/run/engine.h"

namespace smokemesh::testing {

// Bugs that a coordinator could have. The simulator must find each of them.
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
};

// The engine, with a bug if asked for. The bugs are here and not in the product.
class EngineUnderTest {
 public:
  explicit EngineUnderTest(Mutant mutant) : mutant_(mutant), engine_(Options()) {}

  static coordinator::EngineOptions Options() { return {}; }

  std::vector<coordinator::Effect> Step(const coordinator::Event& event,
                                        const shared::Instant& now);
  std::optional<shared::SteadyTime> NextDeadline() const;
  std::optional<v1::Run> FindRun(const std::string& run_id, const shared::Instant& now) const;
  const coordinator::Engine& engine() const { return engine_; }

 private:
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
