#include "coordinator/run_history.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/run/digest.h"
#include "coordinator/verdict/bake_verdict.h"
#include "coordinator/verdict/comparison.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

// The longest window of Rounds.of_last.
constexpr int kMaxEarlierRounds = 1000;

absl::Status FillBaseline(RunReader* store, v1::CreateRunRequest* request) {
  ASSIGN_OR_RETURN(const std::vector<v1::Run> promoted,
                   store->GetOutlines(request->plan().name(), v1::DECISION_PROMOTE, kBaselineRuns));
  if (!promoted.empty()) {
    *request->mutable_options()->mutable_baseline() = MakeBaseline(promoted);
  }
  return absl::OkStatus();
}

// The identifier of the bake's round with this number; empty when there is none.
absl::StatusOr<std::string> FindRound(RunReader* store, const std::string& bake_id, int number) {
  ASSIGN_OR_RETURN(const std::vector<v1::RunSummary> runs,
                   store->ListRuns({.bake_id = bake_id, .round = number, .limit = 1}));
  return runs.empty() ? std::string() : runs.front().run_id();
}

// What the bake's earlier rounds came to. The one before this has it of all before itself.
absl::Status FillEarlierRounds(RunReader* store, v1::CreateRunRequest* request) {
  v1::Round& round = *request->mutable_options()->mutable_round();
  const std::string& bake_id = round.bake_id();
  ASSIGN_OR_RETURN(const std::string same, FindRound(store, bake_id, round.number()));
  if (!same.empty()) {
    return absl::AlreadyExistsError(absl::StrCat("bake ", bake_id, " has its round ",
                                                 round.number(), " already: run ", same,
                                                 ", under another request id"));
  }
  if (round.number() == 1) return absl::OkStatus();

  const std::string before = absl::StrCat("round ", round.number() - 1, " of bake ", bake_id);
  ASSIGN_OR_RETURN(const std::string run_id, FindRound(store, bake_id, round.number() - 1));
  if (run_id.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(before,
                     " is not in this coordinator's store: rounds are made in order, from 1, "
                     "with one coordinator"));
  }
  ASSIGN_OR_RETURN(StoredRun stored, store->GetRun(run_id));
  if (!stored.final_run.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        before, ", run ", run_id, ", has no verdict yet: wait for its end before the next round"));
  }
  if (PlanDigest(stored.request.plan()) != PlanDigest(request->plan())) {
    return absl::FailedPreconditionError(
        absl::StrCat(before, ", run ", run_id,
                     ", was of another plan or policy: all rounds of a bake have the same, begin "
                     "another bake"));
  }
  // All rounds are compared with what was before the first: a release is not its own measure.
  request->mutable_options()->clear_baseline();
  if (stored.request.options().has_baseline()) {
    *request->mutable_options()->mutable_baseline() = stored.request.options().baseline();
  }
  auto* earlier = round.mutable_earlier();
  *earlier = stored.request.options().round().earlier();
  *earlier->Add() = RoundOf(*stored.final_run);
  if (earlier->size() > kMaxEarlierRounds) {
    earlier->DeleteSubrange(0, earlier->size() - kMaxEarlierRounds);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FillFromEarlierRuns(RunReader* store, v1::CreateRunRequest* request) {
  request->mutable_options()->clear_baseline();
  if (request->options().clean_runs_size() > 0) return absl::OkStatus();
  RETURN_IF_ERROR(FillBaseline(store, request));
  if (!request->options().has_round()) return absl::OkStatus();
  request->mutable_options()->mutable_round()->clear_earlier();
  return FillEarlierRounds(store, request);
}

}  // namespace smokemesh::coordinator
