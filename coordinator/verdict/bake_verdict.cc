#include "coordinator/verdict/bake_verdict.h"

namespace smokemesh::coordinator {

v1::BakeRound RoundOf(const v1::Run& run) {
  v1::BakeRound round;
  round.set_run_id(run.run_id());
  return round;
}

v1::Bake JudgeBake(const std::string& bake_id, const std::string& plan_name,
                   const std::vector<v1::BakeRound>& rounds, const v1::Policy& policy, bool ended) {
  (void)rounds;
  (void)policy;
  (void)ended;
  v1::Bake bake;
  bake.set_bake_id(bake_id);
  bake.set_plan_name(plan_name);
  bake.set_decision(v1::DECISION_INCONCLUSIVE);
  return bake;
}

}  // namespace smokemesh::coordinator
