#include "coordinator/run/digest.h"
#include "tests/unit/coordinator/run/engine_fixture.h"

// Fail-fast, the number of checks at once, shadow checks, and results that are on their way into
// the store when the run is to end.

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EngineLimitsTest : public EngineFixture {
 protected:
  void RollBackWhenOneFails(v1::Counts counts = v1::COUNTS_FAILURES) {
    v1::Rule& rule = *request_.mutable_plan()->mutable_policy()->add_rollback();
    rule.set_rule("critical-path");
    rule.set_not_passed_at_least(1);
    rule.set_counts(counts);
  }

  void Restart(const std::vector<v1::TaskResult>& results) {
    StoredRun run = stored_;
    run.results = results;
    engine_ = std::make_unique<Engine>(options_);
    effects_.clear();
    Give(RunRestored{run});
  }
};

TEST_F(EngineLimitsTest, FailFastEndsTheRunTheMomentARollbackIsCertain) {
  AddCheck("one");
  AddCheck("two");
  AddCheck("three").add_needs("two");
  RollBackWhenOneFails();
  request_.mutable_options()->set_fail_fast(true);
  Connect("s1", Hello("a"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/a/1"));
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED)});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_ROLLBACK);
  for (const char* name : {"two", "three"}) {
    EXPECT_EQ(Check(name).outcome(), v1::OUTCOME_ABORTED);
    EXPECT_EQ(Check(name).reason(),
              "not needed any more: ROLLBACK is certain (rule critical-path), --fail-fast");
  }
  EXPECT_EQ(Run().cancel_reason(), "");
  EXPECT_THAT(Cancelled(), ElementsAre("run/two/a/1"));
  EXPECT_THAT(Sent(), SizeIs(2));
}

TEST_F(EngineLimitsTest, FailFastAssignsNothingInTheStepThatMakesItCertain) {
  AddCheck("one");
  AddCheck("two");
  RollBackWhenOneFails();
  request_.mutable_options()->set_fail_fast(true);
  request_.mutable_options()->set_max_parallel(1);
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED)});
  EXPECT_TRUE(Finished());
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
}

TEST_F(EngineLimitsTest, WithoutFailFastTheRestIsCarriedOut) {
  AddCheck("one");
  AddCheck("two");
  RollBackWhenOneFails();
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED)});
  EXPECT_FALSE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_ROLLBACK);
  EXPECT_TRUE(Run().verdict().final());
  EXPECT_THAT(Cancelled(), IsEmpty());
  Report("s1", 2, {Result("two", "a")});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_PASSED);
}

TEST_F(EngineLimitsTest, FailFastWaitsForCommittedEvidence) {
  AddCheck("one").mutable_on()->set_service("a");
  v1::Check& two = AddCheck("two");
  two.mutable_on()->set_service("b");
  two.mutable_timeout()->set_seconds(60);
  RollBackWhenOneFails(v1::COUNTS_FAILURES_AND_MISSING);
  request_.mutable_options()->set_fail_fast(true);
  Connect("s1", Hello("agent-a", "a"));
  Connect("s2", Hello("agent-b", "b"));
  Create();
  // Silence is known to this process only: another one would give the agent its time again.
  Give(AgentDisconnected{"s1", "reset"});
  PassWithHeartbeats(seconds(16), {"s2"});
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
  EXPECT_FALSE(Finished());
  // And so is a failure that is not stored.
  hold_store_ = true;
  Report("s2", 1, {Result("two", "agent-b", v1::OUTCOME_FAILED)});
  EXPECT_EQ(Run().state(), v1::Run::STATE_RUNNING);
  AnswerStore();
  AnswerStore();
  EXPECT_TRUE(Finished());
}

TEST_F(EngineLimitsTest, FailFastHoldsForARunThatIsTakenUpAgain) {
  AddCheck("one");
  AddCheck("two");
  RollBackWhenOneFails();
  request_.mutable_options()->set_fail_fast(true);
  Connect("s1", Hello("a"));
  Create();
  Restart({Result("one", "a", v1::OUTCOME_FAILED)});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_ROLLBACK);
  EXPECT_THAT(Check("two").reason(), HasSubstr("--fail-fast"));
}

TEST_F(EngineLimitsTest, MaxParallelHoldsOverAllAgents) {
  for (const char* name : {"one", "two", "three", "four"}) {
    AddCheck(name).mutable_on()->set_service("*");
  }
  request_.mutable_options()->set_max_parallel(3);
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/one/b/1", "run/two/a/1"));
  Report("s2", 1, {Result("one", "b")});
  EXPECT_THAT(Sent(), SizeIs(4));
  Report("s1", 1, {Result("one", "a"), Result("two", "a")});
  EXPECT_THAT(Sent(), SizeIs(6));
}

TEST_F(EngineLimitsTest, MaxParallelIsNoMoreThanTheEnginesOwnLimit) {
  options_.max_in_flight = 2;
  engine_ = std::make_unique<Engine>(options_);
  for (const char* name : {"one", "two", "three"}) AddCheck(name);
  request_.mutable_options()->set_max_parallel(100);
  Connect("s1", Hello("a"));
  Create();
  EXPECT_THAT(Sent(), SizeIs(2));
}

TEST_F(EngineLimitsTest, OneAtATimeWithAnExclusiveCheckAndASuiteWithAnEnd) {
  request_.mutable_options()->set_max_parallel(1);
  v1::Suite& suite = *request_.mutable_plan()->add_suites();
  suite.set_name("db");
  suite.mutable_max()->set_seconds(3);
  AddCheck("one").set_suite("db");
  AddCheck("two").set_exclusive(true);
  AddCheck("three");
  Connect("s1", Hello("a"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
  PassWithHeartbeats(seconds(3), {"s1"});
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/three/a/1"));
  Report("s1", 1, {Result("three", "a")});
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/three/a/1", "run/two/a/1"));
  Report("s1", 2, {Result("two", "a")});
  EXPECT_TRUE(Finished());
}

TEST_F(EngineLimitsTest, ARunThatIsTakenUpAsksItsAgentsFirstWhatTheyHold) {
  for (const char* name : {"one", "two", "three"}) AddCheck(name);
  request_.mutable_options()->set_max_parallel(1);
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
  Restart({});
  Connect("s2", Hello("b"));
  EXPECT_THAT(Sent(), IsEmpty()) << "agent a may be at it";
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/one/a/1");
  Connect("s1", hello);
  EXPECT_THAT(Sent(), IsEmpty());
  Report("s1", 1, {Result("one", "a")});
  EXPECT_THAT(Sent(), ElementsAre("run/two/b/2"));
}

TEST_F(EngineLimitsTest, ARunThatIsTakenUpDoesNotWaitForALostAgentForEver) {
  AddCheck("one");
  AddCheck("two");
  request_.mutable_options()->set_max_parallel(1);
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  Restart({});
  Connect("s2", Hello("b"));
  PassWithHeartbeats(options_.agent_grace + seconds(1), {"s2"});
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
  EXPECT_THAT(Sent(), ElementsAre("run/two/b/2"));
}

TEST_F(EngineLimitsTest, AShadowCheckRunsAsEveryOtherAndSaysWhatItIs) {
  AddCheck("one");
  AddCheck("two").set_shadow(true);
  Connect("s1", Hello("a"));
  Create();
  EXPECT_THAT(Sent(), SizeIs(2));
  EXPECT_FALSE(Check("one").shadow());
  EXPECT_TRUE(Check("two").shadow());
  Restart({Result("one", "a")});
  EXPECT_TRUE(Check("two").shadow());
  Connect("s1", Hello("a"));
  Report("s1", 1, {Result("two", "a", v1::OUTCOME_FAILED, 2)});
  ASSERT_TRUE(Finished());
  EXPECT_TRUE(Check("two").shadow());
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_FAILED);
}

TEST_F(EngineLimitsTest, TheRunNamesThePolicyThatItWasJudgedBy) {
  AddCheck("one");
  RollBackWhenOneFails();
  Connect("s1", Hello("a"));
  Create();
  const std::string digest = PolicyDigest(request_.plan().policy());
  EXPECT_THAT(digest, SizeIs(64));
  EXPECT_EQ(Run().policy_digest(), digest);
  Report("s1", 1, {Result("one", "a")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Run().policy_digest(), digest);
  EXPECT_EQ(Run().plan_digest(), PlanDigest(request_.plan()));
  request_.mutable_plan()->mutable_policy()->mutable_rollback(0)->set_not_passed_at_least(2);
  EXPECT_NE(PolicyDigest(request_.plan().policy()), digest);
}

TEST_F(EngineLimitsTest, AResultThatWasThereBeforeTheCancellationCounts) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a")});
  Give(RunCancelled{"run", "enough"});
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_UNSPECIFIED);
  AnswerStore();
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_PASSED);
  AnswerStore();
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Run().cancel_reason(), "cancelled: enough");
}

TEST_F(EngineLimitsTest, AResultThatTheStoreDoesNotTakeLeavesTheDecisionStanding) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a")});
  Give(RunCancelled{"run", "enough"});
  AnswerStore(absl::UnavailableError("disk full"));
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_ABORTED);
  AnswerStore();
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").reason(), "cancelled: enough");
}

TEST_F(EngineLimitsTest, ACancellationThatFoundNothingOpenChangesNothing) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a")});
  Give(RunCancelled{"run", "enough"});
  AnswerStore();
  AnswerStore();
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
  EXPECT_EQ(Run().cancel_reason(), "");
}

TEST_F(EngineLimitsTest, APairWhoseResultIsBeingStoredIsNotGivenToAnotherAgent) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  ASSERT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/b/1"));
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a")});
  // The agent comes back without the task, and leaves for good.
  Give(AgentDisconnected{"s1", "reset"});
  Connect("s3", Hello("a"));
  v1::ConnectRequest drain;
  drain.mutable_drain_notice();
  Give(AgentMessage{"s3", drain});
  EXPECT_EQ(Check("one").tasks(0).agent_id(), "a");
  EXPECT_THAT(Sent(), SizeIs(2));
  AnswerStore();
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(Check("one").tasks(0).agent_id(), "a");
}

TEST_F(EngineLimitsTest, APairWhoseResultCouldNotBeStoredIsGivenToAnotherAgent) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a")});
  Give(AgentDisconnected{"s1", "reset"});
  Connect("s3", Hello("a"));
  v1::ConnectRequest drain;
  drain.mutable_drain_notice();
  Give(AgentMessage{"s3", drain});
  AnswerStore(absl::UnavailableError("disk full"));
  EXPECT_EQ(Check("one").tasks(0).agent_id(), "b");
}

TEST(DigestTest, DoesNotDependOnWhereThePlanWasRead) {
  v1::Plan plan;
  plan.set_name("p");
  (*plan.mutable_variables())["a"] = "1";
  (*plan.mutable_variables())["b"] = "2";
  plan.add_checks()->set_name("one");
  v1::Plan elsewhere = plan;
  elsewhere.mutable_checks(0)->mutable_source()->set_file("/srv/plan.yaml");
  elsewhere.mutable_checks(0)->mutable_source()->set_line(7);
  elsewhere.clear_variables();
  (*elsewhere.mutable_variables())["b"] = "2";
  (*elsewhere.mutable_variables())["a"] = "1";
  EXPECT_EQ(PlanDigest(plan), PlanDigest(elsewhere));
  elsewhere.mutable_checks(0)->set_name("two");
  EXPECT_NE(PlanDigest(plan), PlanDigest(elsewhere));
}

}  // namespace
}  // namespace smokemesh::coordinator
