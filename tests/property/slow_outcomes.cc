#include "tests/property/slow_outcomes.h"

#include <map>
#include <set>
#include <string>

#include "tests/simulation/slow_judge.h"

namespace smokemesh::testing {
namespace {

using Records = std::vector<v1::CheckRecord>;

// What the coordinator makes of what an agent says.
v1::Outcome Taken(v1::Outcome said, bool is_optional) {
  static const std::set<v1::Outcome> agents_to_say = {v1::OUTCOME_PASSED, v1::OUTCOME_FLAKY,
                                                      v1::OUTCOME_FAILED, v1::OUTCOME_ERRORED,
                                                      v1::OUTCOME_ABORTED};
  if (said == v1::OUTCOME_SKIPPED && is_optional) return said;
  return agents_to_say.count(said) > 0 ? said : v1::OUTCOME_ERRORED;
}

// What needs of a check that did not pass make of it.
struct Needs {
  bool any_open = false;
  bool any_bad = false;
  bool all_bad_skipped = true;
  std::set<v1::Outcome> roots;
};

Needs LookAtNeeds(const v1::Check& check, const Records& records,
                  const std::map<std::string, size_t>& index) {
  Needs needs;
  for (const std::string& name : check.needs()) {
    const v1::CheckRecord& need = records[index.at(name)];
    if (need.deselected()) continue;
    switch (need.outcome()) {
      case v1::OUTCOME_PASSED:
      case v1::OUTCOME_FLAKY:
        break;
      case v1::OUTCOME_UNSPECIFIED:
        needs.any_open = true;
        break;
      case v1::OUTCOME_BLOCKED:
        needs.any_bad = true;
        needs.all_bad_skipped = false;
        needs.roots.insert(need.blocked_by());
        break;
      default:
        needs.any_bad = true;
        if (need.outcome() != v1::OUTCOME_SKIPPED) needs.all_bad_skipped = false;
        needs.roots.insert(need.outcome());
    }
  }
  return needs;
}

// A failure says more than silence, silence more than what was left out on purpose.
v1::Outcome Weightiest(const std::set<v1::Outcome>& roots) {
  for (const v1::Outcome outcome :
       {v1::OUTCOME_FAILED, v1::OUTCOME_MISSING, v1::OUTCOME_ERRORED, v1::OUTCOME_ABORTED}) {
    if (roots.count(outcome) > 0) return outcome;
  }
  return v1::OUTCOME_SKIPPED;
}

void CloseOpenTasks(v1::Outcome outcome, v1::CheckRecord* record) {
  for (v1::Task& task : *record->mutable_tasks()) {
    if (task.outcome() == v1::OUTCOME_UNSPECIFIED) task.set_outcome(outcome);
  }
}

// Until nothing follows any more.
void Conclude(const v1::Plan& plan, const std::map<std::string, size_t>& index, Records* records) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (int i = 0; i < plan.checks_size(); ++i) {
      v1::CheckRecord& record = (*records)[i];
      if (record.outcome() != v1::OUTCOME_UNSPECIFIED) continue;
      std::vector<v1::Outcome> outcomes;
      for (const v1::Task& task : record.tasks()) outcomes.push_back(task.outcome());
      const v1::Outcome outcome = SlowQuorum(outcomes, plan.checks(i).quorum());
      if (outcome != v1::OUTCOME_UNSPECIFIED) {
        record.set_outcome(outcome);
        if (outcome != v1::OUTCOME_BLOCKED) record.clear_blocked_by();
        changed = true;
        continue;
      }
      const Needs needs = LookAtNeeds(plan.checks(i), *records, index);
      if (!needs.any_bad) continue;
      const bool is_certain = needs.roots.count(v1::OUTCOME_FAILED) > 0 || !needs.any_open;
      if (!is_certain) continue;
      if (plan.checks(i).optional() && needs.all_bad_skipped) {
        CloseOpenTasks(v1::OUTCOME_SKIPPED, &record);
      } else {
        record.set_blocked_by(Weightiest(needs.roots));
        CloseOpenTasks(v1::OUTCOME_BLOCKED, &record);
      }
      changed = true;
    }
  }
}

}  // namespace

std::vector<v1::CheckRecord> SlowOutcomes(const Case& run, const Told& told) {
  const v1::Plan& plan = run.request.plan();
  std::map<std::string, size_t> index;
  Records records(plan.checks_size());
  for (int i = 0; i < plan.checks_size(); ++i) {
    const v1::Check& check = plan.checks(i);
    index[check.name()] = i;
    v1::CheckRecord& record = records[i];
    record.set_name(check.name());
    record.set_suite(check.suite());
    *record.mutable_tags() = check.tags();
    record.set_shadow(check.shadow());
    if (check.has_edge()) *record.mutable_edge() = check.edge();
    record.set_deselected(!run.selected[i]);
    if (!run.selected[i] || !check.skip().empty()) record.set_outcome(v1::OUTCOME_SKIPPED);
  }
  std::vector<v1::Task*> tasks;  // by pair; records keep their places from here on
  for (const CasePair& pair : run.pairs) {
    v1::Task* task = records[pair.check].add_tasks();
    task->set_agent_id(pair.agent);
    tasks.push_back(task);
  }
  const auto decide = [&](size_t p) {
    if (tasks[p]->outcome() != v1::OUTCOME_UNSPECIFIED) return;
    tasks[p]->set_outcome(run.pairs[p].is_lost ? v1::OUTCOME_MISSING : run.pairs[p].outcome);
    tasks[p]->set_reason(run.pairs[p].reason);
  };
  // First nobody is there, then somebody is lost, then checks run.
  for (size_t p = 0; p < tasks.size(); ++p) {
    if (run.pairs[p].agent.empty()) decide(p);
  }
  Conclude(plan, index, &records);
  for (size_t p = 0; p < tasks.size(); ++p) {
    if (run.pairs[p].is_lost) decide(p);
  }
  Conclude(plan, index, &records);
  for (size_t p = 0; p < tasks.size(); ++p) {
    if (!told.pairs[p]) continue;
    if (run.pairs[p].is_decided) {
      decide(p);
    } else {
      tasks[p]->set_outcome(
          Taken(run.pairs[p].outcome, plan.checks(run.pairs[p].check).optional()));
      *tasks[p]->mutable_result() = run.pairs[p].result;
    }
  }
  Conclude(plan, index, &records);
  if (told.was_ended) {
    for (v1::CheckRecord& record : records) CloseOpenTasks(v1::OUTCOME_ABORTED, &record);
    Conclude(plan, index, &records);
  }
  return records;
}

}  // namespace smokemesh::testing
