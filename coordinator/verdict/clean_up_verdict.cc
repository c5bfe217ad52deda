#include "coordinator/verdict/clean_up_verdict.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/verdict/evidence.h"
#include "coordinator/verdict/verdict.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMaxReasons = 100;
constexpr size_t kMaxErrorBytes = 300;

std::string Counted(int count, const char* noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

const v1::Task* TaskWithError(const v1::CheckRecord& check) {
  for (const v1::Task& task : check.tasks()) {
    if (!task.result().cleanup_error().empty()) return &task;
  }
  return nullptr;
}

std::string ReasonOf(const v1::CheckRecord& check) {
  const v1::Task* task = TaskWithError(check);
  if (task == nullptr) return EvidenceLine(check);
  return absl::StrCat(
      check.name(), " on ", shared::EscapeControl(task->agent_id()), ": ",
      shared::Shorten(shared::EscapeControl(task->result().cleanup_error()), kMaxErrorBytes));
}

struct Tally {
  v1::OutcomeCounts counts;
  int asked = 0;  // checks that somebody was to clean up after
  int not_removed = 0;
  int unknown = 0;
  int open = 0;
};

Tally TallyOf(const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks) {
  Tally tally;
  for (const v1::CheckRecord& check : checks) {
    const Cleaned cleaned = CleanedOf(check);
    if (cleaned == Cleaned::kLeftOut) continue;
    Count(check.outcome(), &tally.counts);
    tally.asked += check.outcome() != v1::OUTCOME_SKIPPED;
    tally.not_removed += cleaned == Cleaned::kNotRemoved;
    tally.unknown += cleaned == Cleaned::kUnknown;
    tally.open += cleaned == Cleaned::kOpen;
  }
  return tally;
}

std::string Result(const Tally& tally) {
  std::vector<std::string> parts;
  if (tally.not_removed > 0) parts.push_back(absl::StrCat(tally.not_removed, " not removed"));
  if (tally.unknown > 0) parts.push_back(absl::StrCat(tally.unknown, " not looked at"));
  if (tally.open > 0) parts.push_back(absl::StrCat(tally.open, " still open"));
  if (!parts.empty()) return absl::StrJoin(parts, ", ");
  return tally.asked == 0 ? "nothing had begun" : "all clean";
}

}  // namespace

Cleaned CleanedOf(const v1::CheckRecord& check) {
  if (check.deselected()) return Cleaned::kLeftOut;
  if (TaskWithError(check) != nullptr) return Cleaned::kNotRemoved;
  switch (check.outcome()) {
    case v1::OUTCOME_UNSPECIFIED:
      return Cleaned::kOpen;
    case v1::OUTCOME_PASSED:
    case v1::OUTCOME_FLAKY:
    case v1::OUTCOME_SKIPPED:
      return Cleaned::kClean;
    case v1::OUTCOME_FAILED:
      return Cleaned::kNotRemoved;
    default:
      return Cleaned::kUnknown;
  }
}

v1::Verdict JudgeCleanUp(const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks,
                         int runs) {
  const Tally tally = TallyOf(checks);
  v1::Verdict verdict;
  *verdict.mutable_counts() = tally.counts;
  verdict.set_final(tally.open == 0);
  verdict.set_summary(absl::StrCat("Clean: ", Counted(runs, "run"), ", ",
                                   Counted(tally.asked, "check"), ": ", Result(tally)));
  for (const Cleaned wanted : {Cleaned::kNotRemoved, Cleaned::kUnknown}) {
    for (const v1::CheckRecord& check : checks) {
      if (CleanedOf(check) != wanted || verdict.reasons_size() >= kMaxReasons) continue;
      verdict.add_reasons(ReasonOf(check));
    }
  }
  return verdict;
}

int CleanUpExitCode(const v1::Run& run) {
  const Tally tally = TallyOf(run.checks());
  if (tally.not_removed > 0) return 1;
  return tally.unknown > 0 || tally.open > 0 || run.state() != v1::Run::STATE_FINISHED ? 4 : 0;
}

}  // namespace smokemesh::coordinator
