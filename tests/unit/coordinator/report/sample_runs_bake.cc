#include <string>
#include <vector>

#include "coordinator/verdict/bake_verdict.h"
#include "shared/duration.h"
#include "tests/unit/coordinator/report/sample_parts.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kBakeId[] = "release-2025.48.1";
constexpr int kRounds = 4;
constexpr int kEveryMs = 30000;

void Move(google::protobuf::Timestamp* time, int ms) {
  *time = shared::ToProto(shared::FromProto(*time) + std::chrono::milliseconds(ms));
}

// Moves all times of the run.
void MoveBy(int ms, v1::Run* run) {
  Move(run->mutable_create_time(), ms);
  Move(run->mutable_end_time(), ms);
  for (v1::CheckRecord& check : *run->mutable_checks()) {
    for (v1::Task& task : *check.mutable_tasks()) {
      if (task.has_result()) Move(task.mutable_result()->mutable_start_time(), ms);
    }
  }
}

v1::Run Round(int number, bool late, const std::vector<v1::BakeRound>& earlier,
              const v1::Policy& policy) {
  v1::Run run = NewRun();
  run.set_run_id("0b7e11aa-0000-4000-8000-00000000000" + std::to_string(number));
  v1::Round* round = run.mutable_options()->mutable_round();
  round->set_bake_id(kBakeId);
  round->set_number(number);
  round->set_planned(kRounds);
  for (const v1::BakeRound& before : earlier) *round->add_earlier() = before;
  AddHealthyChecks(&run);
  v1::CheckRecord* latency =
      AddCheck(&run, "event_latency", "event_bus", {"redis"}, "Events come late.");
  if (late) {
    Fail(latency, AddTask(latency, "identity", v1::OUTCOME_FAILED, 900, 640), "publish and wait",
         "duration < 500ms", "612ms", "127.0.0.1:6379/0", "");
  } else {
    Pass(latency, "identity", 900, 120);
  }
  MoveBy((number - 1) * kEveryMs, &run);
  JudgeSample(&run, policy);
  return run;
}

// The last round, with what all came to. `late[i]`: events were late in round i + 1.
v1::Run Baked(const std::vector<bool>& late, const v1::Policy& policy) {
  std::vector<v1::BakeRound> rounds;
  v1::Run run;
  for (const bool round_late : late) {
    run = Round(static_cast<int>(rounds.size()) + 1, round_late, rounds, policy);
    rounds.push_back(RoundOf(run));
  }
  *run.mutable_bake() = JudgeBake(kBakeId, run.plan_name(), rounds, policy, /*ended=*/true);
  return run;
}

v1::Policy BakePolicy() {
  v1::Policy policy = SamplePolicy();
  v1::Rule* rule = policy.add_rollback();
  rule->set_rule("events-late-again");
  rule->set_select("redis");
  rule->set_not_passed_at_least(1);
  rule->mutable_rounds()->set_at_least(2);
  rule->mutable_rounds()->set_of_last(3);
  policy.set_clean_rounds(2);
  return policy;
}

}  // namespace

v1::Run BakeRolledBackRun() { return Baked({false, true, false, true}, BakePolicy()); }

v1::Run BakePromotedRun() { return Baked({false, true, false, false}, BakePolicy()); }

}  // namespace smokemesh::coordinator
