#include "coordinator/run/run_state.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace smokemesh::coordinator {
namespace {

v1::Check* AddCheck(v1::Plan* plan, const char* name, std::initializer_list<const char*> needs) {
  v1::Check* check = plan->add_checks();
  check->set_name(name);
  check->set_suite("db");
  check->add_tags("smoke");
  for (const char* need : needs) check->add_needs(need);
  return check;
}

// A run with one pair for each check, all on the agent "a".
std::unique_ptr<RunState> Start(const v1::CreateRunRequest& request) {
  auto state = RunState::Create("run", request);
  EXPECT_TRUE(state.ok()) << state.status();
  std::vector<ManifestPair> manifest;
  for (const v1::Check& check : request.plan().checks()) {
    manifest.push_back({check.name(), "a", "service"});
  }
  (*state)->SetManifest(std::move(manifest), {}, /*committed=*/true);
  return *std::move(state);
}

void Report(RunState* state, const char* check, v1::Outcome outcome) {
  const auto ref = state->Find(check, "a");
  ASSERT_TRUE(ref.has_value());
  state->MarkSent(*ref, {});
  v1::TaskResult result;
  result.set_run_id("run");
  result.set_check(check);
  result.set_agent_id("a");
  result.set_attempt(1);
  result.set_outcome(outcome);
  ASSERT_TRUE(state->Accepts(result));
  state->MarkReceived(result);
  state->Apply(result);
  state->MarkAnswered(result);
}

TEST(RunStateTest, ABlockedCheckIsToldInTheSameWordsInWhateverOrderItsNeedsFailed) {
  v1::CreateRunRequest request;
  AddCheck(request.mutable_plan(), "first", {});
  AddCheck(request.mutable_plan(), "second", {});
  AddCheck(request.mutable_plan(), "blocked", {"first", "second"});
  AddCheck(request.mutable_plan(), "behind", {"blocked"});
  for (const bool forward : {true, false}) {
    const auto state = Start(request);
    Report(state.get(), forward ? "first" : "second", v1::OUTCOME_FAILED);
    EXPECT_EQ(state->records()[2].outcome(), v1::OUTCOME_BLOCKED);
    Report(state.get(), forward ? "second" : "first", v1::OUTCOME_FAILED);
    EXPECT_TRUE(state->AllDecided());
    EXPECT_EQ(state->records()[2].reason(), "needs first, which ended FAILED");
    EXPECT_EQ(state->records()[3].reason(), "needs blocked, which was BLOCKED by first: FAILED");
    EXPECT_EQ(state->records()[3].tasks(0).reason(), state->records()[3].reason());
  }
}

TEST(RunStateTest, ARollbackThatRestsOnASuitesMaxIsNotFinalBeforeTheEnd) {
  v1::CreateRunRequest request;
  v1::Plan& plan = *request.mutable_plan();
  AddCheck(&plan, "ended", {});
  AddCheck(&plan, "open", {})->set_suite("other");
  v1::Suite& suite = *plan.add_suites();
  suite.set_name("db");
  suite.mutable_target()->set_seconds(1);
  v1::Rule& rule = *plan.mutable_policy()->add_rollback();
  rule.set_rule("in-time");
  rule.set_select("smoke");
  rule.set_suites_over_target_at_least(1);
  const auto state = Start(request);
  state->Decide(*state->Find("ended", "a"), v1::OUTCOME_ABORTED,
                "suite \"db\" was ended after 2s: its max is 2s");
  // A coordinator that is started anew begins to measure anew.
  const v1::Verdict verdict = state->CurrentVerdict();
  EXPECT_EQ(verdict.decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_FALSE(verdict.final());
  EXPECT_TRUE(verdict.rules(0).holds());
  EXPECT_EQ(state->FinalVerdict().decision(), v1::DECISION_ROLLBACK);
}

}  // namespace
}  // namespace smokemesh::coordinator
