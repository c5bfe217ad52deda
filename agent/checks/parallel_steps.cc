#include "agent/checks/parallel_steps.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "agent/checks/step_list.h"
#include "agent/checks/waiting.h"

namespace smokemesh::agent {
namespace {

constexpr size_t kMostThreads = 50;

// Positions of steps, in order.
using Branch = std::vector<size_t>;

std::vector<Branch> BranchesOf(const std::vector<v1::Step>& steps, size_t begin, size_t end,
                               const StepExecution& execution) {
  std::vector<Branch> branches;
  std::map<std::string, size_t> by_session;
  for (size_t i = begin; i < end; ++i) {
    const std::string key = execution.SessionKey(steps[i]);
    const auto [found, is_new] = by_session.emplace(key, branches.size());
    if (key.empty() || is_new) {
      branches.push_back({i});
    } else {
      branches[found->second].push_back(i);
    }
  }
  return branches;
}

}  // namespace

size_t EndOfGroup(const std::vector<v1::Step>& steps, size_t begin) {
  const std::string& name = ParallelOf(steps[begin]);
  size_t end = begin + 1;
  while (!name.empty() && end < steps.size() && ParallelOf(steps[end]) == name) ++end;
  return end;
}

std::vector<std::optional<StepReport>> RunGroup(const std::vector<v1::Step>& steps, size_t begin,
                                                size_t end, const StepCall& call,
                                                const CheckContext& context,
                                                StepExecution* execution) {
  // Each element is written by the one thread that carries out its step.
  std::vector<std::optional<StepReport>> reports(end - begin);
  const auto run_branch = [&](const Branch& branch) {
    StepCall own = call;
    for (const size_t i : branch) {
      own.number = call.number + static_cast<int>(i - begin);
      StepReport& report = reports[i - begin].emplace(execution->Execute(steps[i], own, context));
      if (report.outcome != v1::OUTCOME_PASSED && report.outcome != v1::OUTCOME_SKIPPED) return;
      for (const auto& [name, value] : report.captures) own.captures[name] = value;
    }
  };
  const std::vector<Branch> branches = BranchesOf(steps, begin, end, *execution);
  if (branches.size() == 1) {
    run_branch(branches.front());
    return reports;
  }
  std::atomic<size_t> next = 0;
  const absl::Status ran =
      RunTogether(static_cast<int>(std::min(branches.size(), kMostThreads)), [&](int) {
        for (size_t i = next++; i < branches.size(); i = next++) run_branch(branches[i]);
      });
  if (!ran.ok() && std::none_of(reports.begin(), reports.end(), [](const auto& report) {
        return report.has_value() && report->outcome == v1::OUTCOME_ERRORED;
      })) {
    // The step whose thread failed is one that has no report; without any, the first stands for it.
    const auto without = std::find(reports.begin(), reports.end(), std::nullopt);
    const size_t at = without == reports.end() ? 0 : static_cast<size_t>(without - reports.begin());
    StepReport& report = reports[at].emplace();
    report.name = execution->DisplayName(steps[begin + at], call.captures);
    report.began = true;
    AddFailure(&report, v1::OUTCOME_ERRORED, "that the step can be carried out",
               std::string(ran.message()));
    report.failures.back().set_step(call.number + static_cast<int>(at));
    report.failures.back().set_step_name(report.name);
  }
  return reports;
}

}  // namespace smokemesh::agent
