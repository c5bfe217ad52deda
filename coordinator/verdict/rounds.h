#ifndef SMOKEMESH_COORDINATOR_VERDICT_ROUNDS_H_
#define SMOKEMESH_COORDINATOR_VERDICT_ROUNDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// A rule over several of the last rounds of a bake, seen from one of them, or from its end.
struct RoundsOfRule {
  int earlier = 0;  // rounds before this one, among the last ones, that crossed the rule's limit
  int among = 1;    // the last rounds: how many there are, this one included
  int asked = 1;    // how many of them must have crossed it
  bool Holds(bool crossed_now) const { return earlier + (crossed_now ? 1 : 0) >= asked; }
};

// Whether the program can judge by it: 1 <= at_least <= of_last <= 1000.
bool AreValid(const v1::Rounds& rounds);

// `round` is this round and what those before it came to; by default a run is one round of one.
// Rounds are told apart by their numbers: one that is not there did not cross anything.
RoundsOfRule LookBack(const v1::Rounds& rounds, std::string_view rule, const v1::Round& round);

// Seen from the end of a bake of which `rounds_of_bake` is all there was: no round is this one.
RoundsOfRule AtTheEnd(const v1::Rounds& rounds, std::string_view rule,
                      const std::vector<v1::BakeRound>& rounds_of_bake);

// `crossed in 2 of the last 3 rounds, limit 2`.
std::string RoundsText(const RoundsOfRule& rounds, bool crossed_now);

// What would have changed a rule with rounds; `in_this_round` is what would have changed whether
// its limit is crossed in this round.
std::string RoundsWhatIf(const RoundsOfRule& rounds, bool crossed_now,
                         const std::string& in_this_round);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_ROUNDS_H_
