#include "coordinator/run/clean_up.h"

#include <algorithm>

#include "coordinator/plan/time_rules.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr shared::Duration kMostTimeForACheck = std::chrono::minutes(2);

const EarlierRun* RecordOf(const std::vector<EarlierRun>& earlier, std::string_view run_id) {
  const auto it = std::find_if(earlier.begin(), earlier.end(),
                               [&](const EarlierRun& run) { return run.run_id == run_id; });
  return it == earlier.end() ? nullptr : &*it;
}

}  // namespace

v1::Plan CleanUpPlan(const v1::Plan& plan, int runs) {
  v1::Plan cleaning = plan;
  cleaning.clear_policy();
  for (v1::Suite& suite : *cleaning.mutable_suites()) {
    suite.clear_target();
    suite.clear_max();
  }
  for (v1::Check& check : *cleaning.mutable_checks()) {
    const shared::Duration once = TimeoutOf(plan, check);
    const shared::Duration all = std::min<shared::Duration>(once * runs, kMostTimeForACheck);
    *check.mutable_timeout() = shared::ToProto(std::max(once, all));
    check.clear_needs();
    check.clear_exclusive();
    check.clear_skip();
    check.clear_retry();
    check.set_quorum("any");
  }
  return cleaning;
}

std::vector<v1::CleanUpTarget> CleanUpTargets(const v1::RunOptions& options,
                                              const std::vector<EarlierRun>& earlier,
                                              std::string_view check,
                                              const std::vector<std::string>& candidates) {
  std::vector<v1::CleanUpTarget> targets;
  const auto add = [&targets](const std::string& run_id, const std::string& agent_id) {
    v1::CleanUpTarget& target = targets.emplace_back();
    target.set_run_id(run_id);
    target.set_agent_id(agent_id);
  };
  for (const v1::CleanRun& run : options.clean_runs()) {
    if (!run.agent_ids().empty()) {
      for (const std::string& agent_id : run.agent_ids()) add(run.run_id(), agent_id);
    } else if (const EarlierRun* record = RecordOf(earlier, run.run_id())) {
      for (const ManifestPair& pair : record->manifest) {
        if (pair.check == check && !pair.agent_id.empty()) add(run.run_id(), pair.agent_id);
      }
    } else {
      for (const std::string& agent_id : candidates) add(run.run_id(), agent_id);
    }
  }
  return targets;
}

std::vector<ManifestPair> OneAgentEach(const std::vector<ManifestPair>& manifest) {
  std::vector<ManifestPair> one_each;
  size_t turn = 0;
  for (auto pair = manifest.begin(); pair != manifest.end();) {
    const auto end = std::find_if(pair, manifest.end(), [&](const ManifestPair& other) {
      return other.check != pair->check;
    });
    one_each.push_back(pair[static_cast<long>(turn++ % static_cast<size_t>(end - pair))]);
    pair = end;
  }
  return one_each;
}

}  // namespace smokemesh::coordinator
