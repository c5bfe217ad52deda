#include "coordinator/verdict/comparison.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/standing.h"
#include "coordinator/verdict/suite_time.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kRunsToBeSlow = 3;
constexpr shared::Duration kLeastSlower = std::chrono::milliseconds(100);

bool WasPromoted(const v1::Run& run) {
  return run.state() == v1::Run::STATE_FINISHED && !IsCleanUp(run) && run.verdict().final() &&
         run.verdict().decision() == v1::DECISION_PROMOTE;
}

bool WasJudged(const v1::CheckRecord& check) {
  const Standing standing = StandingOf(check);
  return IsJudged(check) && standing != Standing::kOpen && standing != Standing::kSkipped;
}

// `times` is not empty.
shared::Duration Median(std::vector<shared::Duration> times) {
  std::sort(times.begin(), times.end());
  const size_t middle = times.size() / 2;
  if (times.size() % 2 == 1) return times[middle];
  return times[middle - 1] + (times[middle] - times[middle - 1]) / 2;
}

v1::CheckComparison CompareOne(const v1::CheckBaseline* before, const v1::CheckRecord& check) {
  v1::CheckComparison comparison;
  if (before == nullptr) {
    comparison.set_added(true);
    return comparison;
  }
  const bool passes = CountsAsPassed(check.outcome());
  const bool passed = CountsAsPassed(before->outcome());
  comparison.set_newly_failing(passed && !passes);
  comparison.set_newly_passing(!passed && passes);
  std::vector<shared::Duration> times;
  for (const auto& duration : before->durations()) {
    if (static_cast<int>(times.size()) == kBaselineRuns) break;
    times.push_back(SaneDuration(duration));
  }
  comparison.set_runs(static_cast<int>(times.size()));
  if (times.empty()) return comparison;
  const shared::Duration usual = Median(times);
  *comparison.mutable_usual() = shared::ToProto(usual);
  if (check.outcome() != v1::OUTCOME_PASSED || comparison.runs() < kRunsToBeSlow) return comparison;
  const shared::Duration time = TimeOf(check);
  comparison.set_newly_slow(time > *std::max_element(times.begin(), times.end()) &&
                            time - usual > usual && time - usual >= kLeastSlower);
  return comparison;
}

}  // namespace

v1::Baseline MakeBaseline(const std::vector<v1::Run>& promoted) {
  v1::Baseline baseline;
  std::map<std::string, v1::CheckBaseline> checks;
  int runs = 0;
  for (const v1::Run& run : promoted) {
    if (runs == kBaselineRuns) break;
    if (!WasPromoted(run)) continue;
    if (runs++ == 0) {
      baseline.set_run_id(run.run_id());
      *baseline.mutable_create_time() = run.create_time();
    }
    for (const v1::CheckRecord& check : run.checks()) {
      if (!WasJudged(check)) continue;
      const auto [it, is_first] = checks.try_emplace(check.name());
      if (is_first) {
        it->second.set_name(check.name());
        it->second.set_outcome(check.outcome());
      }
      if (check.outcome() != v1::OUTCOME_PASSED) continue;
      *it->second.add_durations() = shared::ToProto(TimeOf(check));
    }
  }
  for (auto& [name, check] : checks) *baseline.add_checks() = std::move(check);
  return baseline;
}

void Compare(const v1::Baseline& baseline,
             google::protobuf::RepeatedPtrField<v1::CheckRecord>* checks) {
  std::map<std::string, const v1::CheckBaseline*> by_name;
  for (const v1::CheckBaseline& check : baseline.checks()) by_name.emplace(check.name(), &check);
  for (v1::CheckRecord& check : *checks) {
    if (baseline.run_id().empty() || !WasJudged(check)) {
      check.clear_comparison();
      continue;
    }
    const auto before = by_name.find(check.name());
    *check.mutable_comparison() =
        CompareOne(before == by_name.end() ? nullptr : before->second, check);
  }
}

}  // namespace smokemesh::coordinator
