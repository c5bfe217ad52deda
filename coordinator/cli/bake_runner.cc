#include "coordinator/cli/bake_runner.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/plan_validator.h"
#include "coordinator/verdict/bake_verdict.h"
#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

v1::Policy PolicyOf(v1::Plan plan) {
  ApplyDefaults(&plan);
  return plan.policy();
}

class Bake {
 public:
  Bake(const v1::CreateRunRequest& request, const BakeTimes& times, BakeHost* host)
      : request_(request),
        times_(times),
        host_(*host),
        policy_(PolicyOf(request.plan())),
        planned_(PlannedRounds(times)) {}

  RunOutcome CarryOut() {
    const shared::SteadyTime start = host_.Now();
    shared::SteadyTime due = start;
    for (int number = 1;; ++number) {
      Show(number, std::nullopt);
      if (!RunRound(number)) break;
      due = std::max(due + times_.every, host_.Now());
      if (number == planned_ || due - start >= times_.bake) {
        ended_ = true;
        Show(number, std::nullopt);
        break;
      }
      Show(number, due);
      if (!host_.WaitUntil(due)) {
        cut_short_ = absl::StrCat("interrupted after ", RoundText(number));
        break;
      }
    }
    return Outcome();
  }

 private:
  // False when no other round is to come.
  bool RunRound(int number) {
    v1::CreateRunRequest request = request_;
    request.set_request_id(absl::StrCat(request_.request_id(), ".", number));
    v1::Round& round = *request.mutable_options()->mutable_round();
    round.set_bake_id(request_.request_id());
    round.set_number(number);
    round.set_planned(planned_);
    RunOutcome outcome = host_.RunRound(std::move(request));
    if (outcome.run.has_value()) {
      v1::BakeRound seen = RoundOf(*outcome.run);
      seen.set_number(number);
      last_ = seen.decision();
      rounds_.push_back(std::move(seen));
      runs_[last_] = *std::move(outcome.run);
    }
    status_ = std::move(outcome.status);
    if (!status_.ok()) {
      cut_short_ = absl::StrCat(RoundText(number), ": ", status_.message());
    } else if (host_.Interrupted()) {
      cut_short_ = absl::StrCat("interrupted in ", RoundText(number));
    } else if (last_ != v1::DECISION_ROLLBACK) {
      return true;
    }
    Show(number, std::nullopt);
    return false;
  }

  void Show(int number, std::optional<shared::SteadyTime> next) {
    host_.Show({.round = number, .planned = planned_, .next = next, .ended = rounds_});
  }

  std::string RoundText(int number) const {
    return absl::StrCat("round ", number, " of ", planned_);
  }

  RunOutcome Outcome() {
    RunOutcome outcome;
    outcome.status = status_;
    if (rounds_.empty()) return outcome;
    v1::Bake bake =
        JudgeBake(request_.request_id(), request_.plan().name(), rounds_, policy_, ended_);
    // Rounds that were not made are no evidence, however good those before them were.
    if (bake.decision() == v1::DECISION_UNSPECIFIED) CutShort(&bake);
    const auto deciding = runs_.find(bake.decision());
    outcome.run = std::move(deciding == runs_.end() ? runs_[last_] : deciding->second);
    *outcome.run->mutable_bake() = std::move(bake);
    return outcome;
  }

  void CutShort(v1::Bake* bake) const {
    const std::string why = absl::StrCat("the bake was cut short: ", cut_short_);
    bake->set_decision(v1::DECISION_INCONCLUSIVE);
    bake->set_summary(absl::StrCat(std::string(Name(bake->decision())), ": ", why));
    bake->set_final(true);
    bake->add_reasons(why);  // the weightiest comes first
    std::rotate(bake->mutable_reasons()->pointer_begin(),
                bake->mutable_reasons()->pointer_end() - 1, bake->mutable_reasons()->pointer_end());
  }

  const v1::CreateRunRequest& request_;
  const BakeTimes times_;
  BakeHost& host_;
  const v1::Policy policy_;
  const int planned_;
  std::vector<v1::BakeRound> rounds_;
  // Of each decision the last run: one of them is reported.
  std::map<v1::Decision, v1::Run> runs_;
  v1::Decision last_ = v1::DECISION_UNSPECIFIED;
  absl::Status status_;
  bool ended_ = false;  // all rounds were made
  std::string cut_short_;
};

}  // namespace

int PlannedRounds(const BakeTimes& times) {
  return static_cast<int>((times.bake + times.every - shared::Duration(1)) / times.every);
}

RunOutcome CarryOutBake(const v1::CreateRunRequest& request, const BakeTimes& times,
                        BakeHost* host) {
  return Bake(request, times, host).CarryOut();
}

}  // namespace smokemesh::coordinator
