#ifndef SMOKEMESH_COORDINATOR_VERDICT_BAKE_VERDICT_H_
#define SMOKEMESH_COORDINATOR_VERDICT_BAKE_VERDICT_H_

#include <string>
#include <vector>

#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// A finished or open run as a round of its bake. A run that is not finished has no decision, but
// for a ROLLBACK that is final already. `crossed` names its rules, not its tolerances.
v1::BakeRound RoundOf(const v1::Run& run);

// What rounds come to together. Pure. `rounds`: those that began, all of one bake, told apart by
// their numbers (from 1) and sorted by them here; `ended`: no further round is to come.
//
//   ROLLBACK      a round was ROLLBACK (it judged its rules over the rounds before it), or, when
//                 the bake has ended, a rollback rule with `rounds` was crossed in as many of its
//                 last rounds as it asks for, or in all when there were fewer. Final at once.
//   INCONCLUSIVE  a round that counts was INCONCLUSIVE, or has no verdict, or is not there; or
//                 there were fewer rounds than `clean_rounds`, or none.
//   HOLD          a round that counts was HOLD, or a hold rule with `rounds` was crossed as above.
//   PROMOTE       all rounds that count were PROMOTE, and there were as many as the policy asks
//                 for.
//
// Rounds that count: the last `policy.clean_rounds`, or all. The last three are final when the bake
// has ended; until then the decision is unspecified.
v1::Bake JudgeBake(const std::string& bake_id, const std::string& plan_name,
                   const std::vector<v1::BakeRound>& rounds, const v1::Policy& policy, bool ended);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_BAKE_VERDICT_H_
