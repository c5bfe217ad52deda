// How outcomes of pairs become outcomes of checks, of the checks that need them, and a verdict.

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/run/run_state.h"
#include "coordinator/scheduler/manifest.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/comparison.h"
#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

// Which of several needs that did not pass a check is said to be blocked by: a failure before
// silence, silence before intent. So the order in which they end does not matter.
int Weight(v1::Outcome root) {
  switch (root) {
    case v1::OUTCOME_FAILED:
      return 5;
    case v1::OUTCOME_MISSING:
      return 4;
    case v1::OUTCOME_ERRORED:
      return 3;
    case v1::OUTCOME_ABORTED:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

std::vector<v1::Outcome> RunState::OutcomesOf(size_t check, bool durable_only) const {
  std::vector<v1::Outcome> outcomes;
  for (size_t pair = 0; pair < checks_[check].pairs.size(); ++pair) {
    const bool counts = !durable_only || checks_[check].pairs[pair].durable;
    outcomes.push_back(counts ? records_[check].tasks(pair).outcome() : v1::OUTCOME_UNSPECIFIED);
  }
  return outcomes;
}

void RunState::Settle(size_t check) {
  std::vector<size_t> work = {check};
  while (!work.empty()) {
    const size_t next = work.back();
    work.pop_back();
    v1::CheckRecord& record = records_[next];
    if (record.outcome() != v1::OUTCOME_UNSPECIFIED) continue;
    const v1::Outcome outcome = Quorum(OutcomesOf(next, false), plan().checks(next).quorum());
    if (outcome == v1::OUTCOME_UNSPECIFIED) continue;
    record.set_outcome(outcome);
    record.set_reason(ReasonOf(next));
    if (outcome != v1::OUTCOME_BLOCKED) record.clear_blocked_by();
    changed_.insert(next);
    for (const size_t dependent : checks_[next].dependents) {
      if (BlockByNeeds(dependent)) {
        work.push_back(dependent);
      } else {
        TellBlockAgain(dependent);
      }
    }
  }
}

std::optional<RunState::Block> RunState::FindBlock(size_t check) const {
  bool undecided = false;
  bool only_skipped = true;
  std::optional<Block> block;
  for (const size_t need : checks_[check].needs) {
    const v1::Outcome outcome = records_[need].outcome();
    if (CountsAsPassed(outcome)) continue;
    if (outcome == v1::OUTCOME_UNSPECIFIED) {
      undecided = true;
      continue;
    }
    only_skipped = only_skipped && outcome == v1::OUTCOME_SKIPPED;
    const bool chain = outcome == v1::OUTCOME_BLOCKED;
    const v1::Outcome its_root = chain ? records_[need].blocked_by() : outcome;
    if (block.has_value() && Weight(its_root) <= Weight(block->outcome)) continue;
    block = {need, chain ? checks_[need].root : need, its_root, false};
  }
  // Nothing outweighs a failure; anything less waits until all needs have ended.
  if (block.has_value() && block->outcome != v1::OUTCOME_FAILED && undecided) return std::nullopt;
  if (block.has_value()) block->skips = only_skipped && plan().checks(check).optional();
  return block;
}

std::string RunState::ReasonOf(const Block& block) const {
  const std::string& need = records_[block.need].name();
  if (block.skips) return absl::StrCat("needs ", need, ", which was SKIPPED");
  const std::string outcome(Name(block.outcome));
  if (block.root == block.need) return absl::StrCat("needs ", need, ", which ended ", outcome);
  return absl::StrCat("needs ", need, ", which was BLOCKED by ", records_[block.root].name(), ": ",
                      outcome);
}

bool RunState::BlockByNeeds(size_t check) {
  if (!has_manifest_ || records_[check].outcome() != v1::OUTCOME_UNSPECIFIED) return false;
  const std::optional<Block> block = FindBlock(check);
  if (!block.has_value()) return false;
  if (!block->skips) {
    checks_[check].root = block->root;
    records_[check].set_blocked_by(block->outcome);
  }
  const v1::Outcome outcome = block->skips ? v1::OUTCOME_SKIPPED : v1::OUTCOME_BLOCKED;
  const std::string reason = ReasonOf(*block);
  for (size_t pair = 0; pair < checks_[check].pairs.size(); ++pair) {
    Close({check, pair}, outcome, reason, false);
  }
  return true;
}

void RunState::TellBlockAgain(size_t check) {
  std::vector<size_t> work = {check};
  while (!work.empty()) {
    const size_t next = work.back();
    work.pop_back();
    v1::CheckRecord& record = records_[next];
    if (record.outcome() != v1::OUTCOME_BLOCKED) continue;
    const std::optional<Block> block = FindBlock(next);
    if (!block.has_value()) continue;
    const std::string reason = ReasonOf(*block);
    bool is_new = false;
    for (v1::Task& task : *record.mutable_tasks()) {
      if (task.outcome() != v1::OUTCOME_BLOCKED || task.reason() == reason) continue;
      task.set_reason(reason);
      is_new = true;
    }
    if (!is_new) continue;
    checks_[next].root = block->root;
    record.set_reason(ReasonOf(next));
    changed_.insert(next);
    for (const size_t dependent : checks_[next].dependents) work.push_back(dependent);
  }
}

std::string RunState::ReasonOf(size_t check) const {
  const v1::CheckRecord& record = records_[check];
  if (record.outcome() == v1::OUTCOME_PASSED) return "";
  for (const v1::Task& done : record.tasks()) {
    if (done.outcome() != record.outcome()) continue;
    const std::string& why = done.reason().empty() ? done.result().message() : done.reason();
    if (record.tasks_size() == 1 || why.empty() || done.agent_id().empty()) return why;
    return absl::StrCat(done.agent_id(), ": ", why);
  }
  return absl::StrCat("too few of ", record.tasks_size(), " agents passed for quorum \"",
                      plan().checks(check).quorum(), "\"");
}

v1::Outcome RunState::DurableOutcome(size_t check) const {
  const v1::CheckRecord& record = records_[check];
  if (checks_[check].pairs.empty()) {
    const bool planned_out = !IsExpected(plan().checks(check), selected_[check]);
    return planned_out ? record.outcome() : v1::OUTCOME_UNSPECIFIED;
  }
  if (record.outcome() == v1::OUTCOME_BLOCKED) {
    const bool sure = record.blocked_by() == v1::OUTCOME_FAILED &&
                      DurableOutcome(checks_[check].root) == v1::OUTCOME_FAILED;
    return sure ? v1::OUTCOME_BLOCKED : v1::OUTCOME_UNSPECIFIED;
  }
  return Quorum(OutcomesOf(check, true), plan().checks(check).quorum());
}

void RunState::CompareWithEarlierRuns() {
  if (request_.options().has_baseline()) Compare(request_.options().baseline(), &records_);
}

v1::Verdict RunState::CurrentVerdict() const {
  if (cleans_up()) {
    v1::Verdict so_far = FinalVerdict();
    so_far.set_final(false);
    return so_far;
  }
  v1::Verdict verdict = Judge({records_, plan().suites(), request_.options()}, plan().policy());
  bool sure = verdict.decision() == v1::DECISION_ROLLBACK;
  if (sure && volatile_) {
    google::protobuf::RepeatedPtrField<v1::CheckRecord> committed = records_;
    for (size_t i = 0; i < checks_.size(); ++i) {
      committed[i].set_outcome(DurableOutcome(i));
      // A suite's end by its max is told by its pairs.
      for (size_t pair = 0; pair < checks_[i].pairs.size(); ++pair) {
        if (!checks_[i].pairs[pair].durable) committed[i].mutable_tasks(pair)->clear_outcome();
      }
    }
    Compare(request_.options().baseline(), &committed);
    sure = Judge({committed, plan().suites(), request_.options()}, plan().policy()).decision() ==
           v1::DECISION_ROLLBACK;
  }
  if (sure || verdict.decision() == v1::DECISION_UNSPECIFIED) return verdict;
  verdict.set_summary(
      absl::StrCat(std::string(Name(v1::DECISION_UNSPECIFIED)), ": so far ", verdict.summary()));
  verdict.set_decision(v1::DECISION_UNSPECIFIED);
  verdict.set_final(false);
  return verdict;
}

v1::Verdict RunState::FinalVerdict() const {
  if (cleans_up()) return JudgeCleanUp(records_, request_.options().clean_runs_size());
  return Judge({records_, plan().suites(), request_.options()}, plan().policy());
}

}  // namespace smokemesh::coordinator
