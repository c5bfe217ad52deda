#include "tests/property/driven_run.h"

#include <utility>

namespace smokemesh::testing {

using coordinator::ManifestPair;
using coordinator::PairRef;

DrivenRun::DrivenRun(const Case& made, std::unique_ptr<coordinator::RunState> state)
    : case_(made), state_(std::move(state)), index_(made.request.plan().checks_size()) {
  told_.pairs.assign(made.pairs.size(), false);
  std::vector<ManifestPair> manifest;
  for (size_t i = 0; i < made.pairs.size(); ++i) {
    const CasePair& pair = made.pairs[i];
    index_[pair.check].push_back(i);
    manifest.push_back({made.request.plan().checks(pair.check).name(), pair.agent, "service"});
  }
  state_->SetManifest(std::move(manifest), {}, /*committed=*/true);
  std::vector<PairRef> lost;
  for (const PairRef ref : state_->OpenPairs()) {
    if (made.pairs[IndexOf(ref)].is_lost) lost.push_back(ref);
  }
  state_->DecideAll(lost, v1::OUTCOME_MISSING, "the agent was lost");
}

bool DrivenRun::Step(SimRandom* random) {
  const auto ready = state_->Ready({});
  if (ready.empty()) return false;
  const PairRef ref = ready[random->Below(static_cast<int>(ready.size()))].ref;
  Send(ref, random);
  const size_t number = IndexOf(ref);
  const CasePair& pair = case_.pairs[number];
  if (told_.pairs[number]) problem_ = "was sent although it was told already";
  told_.pairs[number] = true;
  if (pair.is_decided) {
    state_->Decide(ref, pair.outcome, pair.reason);
  } else {
    v1::TaskResult result = pair.result;
    result.set_attempt(1 + random->Below(state_->state(ref).attempt));
    Deliver(result, /*is_expected=*/true);
    delivered_.push_back(result);
  }
  while (random->Chance(0.2)) MakeNoise(random);
  return true;
}

void DrivenRun::Send(PairRef ref, SimRandom* random) {
  state_->MarkSent(ref, {});
  if (random->Chance(0.3)) state_->MarkRunning(ref, 1, {});
  if (!random->Chance(0.15)) return;
  state_->SendAgain(ref, {}, random->Chance(0.5));
  state_->MarkSent(ref, {});
}

void DrivenRun::Deliver(const v1::TaskResult& result, bool is_expected) {
  const v1::TaskResult corrected = state_->Corrected(result);
  const bool accepted = state_->Accepts(corrected);
  if (accepted != is_expected) {
    problem_ = result.check() + " on " + result.agent_id() +
               (accepted ? ": a result was taken that nobody may send" : ": a result was refused");
  }
  if (accepted) state_->MarkReceived(corrected);
  state_->Apply(corrected);
  if (accepted) state_->MarkAnswered(corrected);
}

// What a coordinator hears that must change nothing.
void DrivenRun::MakeNoise(SimRandom* random) {
  if (delivered_.empty()) return;
  v1::TaskResult again = delivered_[random->Below(static_cast<int>(delivered_.size()))];
  switch (random->Below(4)) {
    case 0:  // the same once more
      break;
    case 1:  // late, and contradicting the first
      again.set_outcome(static_cast<v1::Outcome>(random->Below(9)));
      again.set_attempt(1 + random->Below(3));
      again.mutable_duration()->set_seconds(100);
      break;
    case 2:
      again.set_agent_id("stranger");
      break;
    default:
      again.set_check("no-such-check");
  }
  Deliver(again, /*is_expected=*/false);
}

void DrivenRun::End() {
  told_.was_ended = true;
  state_->DecideAll(state_->OpenPairs(), v1::OUTCOME_ABORTED, "the run took too long");
}

}  // namespace smokemesh::testing
