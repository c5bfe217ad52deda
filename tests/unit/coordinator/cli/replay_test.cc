#include "coordinator/cli/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Rolls back when that many checks did not pass.
v1::Policy PolicyOf(int at_least) {
  v1::Policy policy;
  v1::Rule& rule = *policy.add_rollback();
  rule.set_rule("limit");
  rule.set_select("smoke");
  rule.set_not_passed_at_least(at_least);
  return policy;
}

// A finished run of ten checks, the first `failed` of which failed, judged by `policy`.
v1::Run RunOf(const std::string& id, int failed, const v1::Policy& policy) {
  v1::Run run;
  run.set_run_id(id);
  run.set_plan_name("p");
  run.set_state(v1::Run::STATE_FINISHED);
  run.mutable_create_time()->set_seconds(1'800'000'000);
  for (int i = 0; i < 10; ++i) {
    v1::CheckRecord& check = *run.add_checks();
    check.set_name("check_" + std::to_string(i));
    check.add_tags("smoke");
    check.set_outcome(i < failed ? v1::OUTCOME_FAILED : v1::OUTCOME_PASSED);
    v1::Task& task = *check.add_tasks();
    task.set_agent_id("a");
    task.set_state(v1::Task::STATE_DONE);
    task.set_outcome(check.outcome());
  }
  *run.mutable_verdict() = Judge(EvidenceOf(run), policy);
  return run;
}

TEST(Replay, JudgesTheSameOutcomesByTheOtherPolicy) {
  const v1::Run run = RunOf("r", 2, PolicyOf(3));
  ASSERT_EQ(run.verdict().decision(), v1::DECISION_HOLD);
  const Replayed replayed = Replay(run, PolicyOf(2));
  EXPECT_EQ(replayed.then.SerializeAsString(), run.SerializeAsString());
  EXPECT_EQ(replayed.now.verdict().decision(), v1::DECISION_ROLLBACK);
  EXPECT_EQ(replayed.now.checks_size(), 10);
  EXPECT_EQ(replayed.now.policy_digest().size(), 64U);
  EXPECT_TRUE(IsOtherwise(replayed));
  EXPECT_NE(FirstDifference(replayed), "");
  const Replayed same = Replay(run, PolicyOf(3));
  EXPECT_FALSE(IsOtherwise(same));
  EXPECT_EQ(FirstDifference(same), "");
}

TEST(Replay, NamesTheReasonThatIsGone) {
  const Replayed replayed = Replay(RunOf("r", 2, PolicyOf(2)), PolicyOf(9));
  ASSERT_EQ(replayed.now.verdict().decision(), v1::DECISION_HOLD);
  EXPECT_NE(FirstDifference(replayed), "");
}

TEST(Replay, RefusesWhatHasNoVerdict) {
  v1::Run open = RunOf("r", 0, PolicyOf(1));
  EXPECT_TRUE(CheckReplayable(open).ok());
  open.set_state(v1::Run::STATE_RUNNING);
  EXPECT_THAT(std::string(CheckReplayable(open).message()), HasSubstr("run r is still open"));
  v1::Run clean_up = RunOf("c", 0, PolicyOf(1));
  clean_up.mutable_options()->add_clean_runs()->set_run_id("r");
  EXPECT_THAT(std::string(CheckReplayable(clean_up).message()), HasSubstr("only cleans up"));
}

TEST(Replay, HasAHeadThatSaysThenAndNow) {
  const std::string text =
      ReplayText(Replay(RunOf("r", 2, PolicyOf(3)), PolicyOf(2)), "new\x1b.yaml", {});
  EXPECT_THAT(text, StartsWith("Replay of run r of p, 2027-01-15T08:00:00Z, by the policy in "
                               "new\\x1b.yaml\nThen: HOLD: "));
  EXPECT_THAT(text, HasSubstr("\nNow:  ROLLBACK: "));
  EXPECT_THAT(text.substr(text.find("\n\n")), HasSubstr("check_0"));
}

TEST(Replay, CountsInATable) {
  const std::vector<Replayed> replayed = {Replay(RunOf("r1", 2, PolicyOf(3)), PolicyOf(2)),
                                          Replay(RunOf("r2", 0, PolicyOf(3)), PolicyOf(2)),
                                          Replay(RunOf("r3", 1, PolicyOf(3)), PolicyOf(2))};
  const std::string table = ReplayTable(replayed);
  EXPECT_THAT(table, StartsWith("RUN  CREATED               THEN     NOW       WHAT DIFFERS\n"
                                "r1   2027-01-15T08:00:00Z  HOLD     ROLLBACK  "));
  EXPECT_THAT(table, HasSubstr("r2   2027-01-15T08:00:00Z  PROMOTE  PROMOTE\n"));
  EXPECT_THAT(table, testing::EndsWith("1 of 3 runs would have been judged otherwise\n"));
  const auto json = nlohmann::json::parse(ReplayJson(replayed, "new.yaml"));
  EXPECT_EQ(json["format"], "smokemesh.replay.v1");
  EXPECT_EQ(json["policy_file"], "new.yaml");
  EXPECT_EQ(json["otherwise"], 1);
  EXPECT_EQ(json["runs"][0]["then"]["decision"], "HOLD");
  EXPECT_EQ(json["runs"][0]["now"]["decision"], "ROLLBACK");
  EXPECT_EQ(json["runs"][0]["now"]["exit_code"], 1);
  EXPECT_EQ(json["runs"][1]["otherwise"], false);
  EXPECT_EQ(json["runs"][1]["first_difference"], nullptr);
}

}  // namespace
}  // namespace smokemesh::coordinator
