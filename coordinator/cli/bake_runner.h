#ifndef SMOKEMESH_COORDINATOR_CLI_BAKE_RUNNER_H_
#define SMOKEMESH_COORDINATOR_CLI_BAKE_RUNNER_H_

#include "coordinator/cli/progress.h"
#include "coordinator/cli/run_client.h"
#include "shared/clock.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// `--bake 10m --every 30s`: one plan over and over for a while, judged together. Each round is a
// run of its own (docs/adr/0008-rounds-are-runs.md).

struct BakeTimes {
  shared::Duration bake{0};   // above 0
  shared::Duration every{0};  // above 0; from the start of a round to that of the next
};

// How many rounds begin when none takes longer than `every`: at 0, every, 2 * every, … before
// `bake` is over. At least 1.
int PlannedRounds(const BakeTimes& times);

// All that a bake does to the world.
class BakeHost {
 public:
  virtual ~BakeHost() = default;
  virtual shared::SteadyTime Now() const = 0;
  // Waits until then. False when an interruption came first, or before.
  virtual bool WaitUntil(shared::SteadyTime time) = 0;
  virtual bool Interrupted() const = 0;
  // Carries a round out until its run has ended.
  virtual RunOutcome RunRound(v1::CreateRunRequest request) = 0;
  // Called before each round and after it.
  virtual void Show(const BakeProgress& progress) = 0;
};

// Carries a bake out: the rounds of `request`, whose id is that of the bake; round 3 has the
// request id `ID.3`. A round that takes longer than `every` is followed at once by the next; there
// are never two at a time. The bake ends early on the first ROLLBACK: the other checks of that
// round still run to their end, unless the request says `fail_fast`. It is cut short by an
// interruption, and when a round cannot be made or watched to its end; then it is INCONCLUSIVE
// unless it was ROLLBACK.
//
// Returns the round that decided (for PROMOTE, and where no round alone did, the last one), with
// all rounds and what they come to in its `bake`; no run when no round was made. `status`: as that
// of the last round.
RunOutcome CarryOutBake(const v1::CreateRunRequest& request, const BakeTimes& times,
                        BakeHost* host);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_BAKE_RUNNER_H_
