#include "tests/unit/coordinator/run/engine_fixture.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using EngineRunsTest = EngineFixture;

// ---- Beginning -------------------------------------------------------------------------------

TEST_F(EngineRunsTest, ARunIsAcceptedOnlyWhenItIsStored) {
  AddCheck("one");
  hold_store_ = true;
  Create();
  EXPECT_TRUE(All<RunAccepted>().empty());
  EXPECT_FALSE(engine_->FindRun("run", Now()).has_value());
  AnswerStore();
  ASSERT_EQ(All<RunAccepted>().size(), 1u);
  EXPECT_TRUE(All<RunAccepted>()[0].status.ok());
  EXPECT_EQ(Run().state(), v1::Run::STATE_PENDING);
}

TEST_F(EngineRunsTest, ARunThatCannotBeStoredIsNoRun) {
  AddCheck("one");
  hold_store_ = true;
  Create();
  AnswerStore(absl::UnavailableError("disk full"));
  EXPECT_TRUE(absl::IsUnavailable(All<RunAccepted>().at(0).status));
  EXPECT_FALSE(engine_->FindRun("run", Now()).has_value());
  EXPECT_FALSE(engine_->NextDeadline().has_value());
}

TEST_F(EngineRunsTest, ASelectionOfNothingIsRefused) {
  AddCheck("one");
  request_.mutable_options()->set_match("nothing-like-this");
  Create();
  EXPECT_TRUE(absl::IsInvalidArgument(All<RunAccepted>().at(0).status));
  EXPECT_TRUE(All<PutRun>().empty());
}

TEST_F(EngineRunsTest, WaitsForAgentsAndStartsAtOnceWhenTheyAreThere) {
  AddCheck("one").mutable_on()->set_service("a");
  AddCheck("two").mutable_on()->set_service("b");
  Create();
  Connect("s1", Hello("agent-a", "a"));
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(Run().state(), v1::Run::STATE_PENDING);
  Connect("s2", Hello("agent-b", "b"));
  EXPECT_THAT(Sent(), ElementsAre("run/one/agent-a/1", "run/two/agent-b/1"));
  EXPECT_EQ(Run().state(), v1::Run::STATE_RUNNING);
}

TEST_F(EngineRunsTest, ASelectorThatMatchesNobodyIsMissingAfterTheWait) {
  AddCheck("one").mutable_on()->set_service("a");
  AddCheck("two").mutable_on()->set_service("nobody");
  Connect("s1", Hello("agent-a", "a"));
  Create();
  EXPECT_EQ(engine_->NextDeadline(), Now().steady + seconds(5)) << "the heartbeat";
  PassWithHeartbeats(seconds(10), {"s1"});
  EXPECT_THAT(Sent(), ElementsAre("run/one/agent-a/1"));
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Check("two").tasks(0).agent_id(), "");
  EXPECT_EQ(Check("two").reason(),
            "no agent matches service \"nobody\"; connected agents: agent-a");
  Report("s1", 1, {Result("one", "agent-a")});
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineRunsTest, NothingIsSentBeforeTheManifestIsStored) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  hold_store_ = true;
  Create();
  AnswerStore();
  ASSERT_EQ(All<PutRun>().size(), 2u);
  EXPECT_TRUE(All<PutRun>()[1].run.has_manifest);
  EXPECT_THAT(Sent(), IsEmpty());
  AnswerStore(absl::UnavailableError("busy"));
  EXPECT_THAT(Sent(), IsEmpty());
  Pass(seconds(1));
  AnswerStore();
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
}

TEST_F(EngineRunsTest, OneAgentMayStandForAll) {
  AddCheck("one").mutable_on()->set_service("x");
  AddCheck("two").mutable_on()->set_service("*");
  v1::Hello hello = Hello("local", "");
  hello.set_stands_for_all(true);
  Connect("s1", hello);
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/local/1", "run/two/local/1"));
}

// ---- Order -----------------------------------------------------------------------------------

TEST_F(EngineRunsTest, ACheckStartsWhenWhatItNeedsHasPassed) {
  AddCheck("one");
  AddCheck("two").add_needs("one");
  Connect("s1", Hello("a"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FLAKY)});
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/a/1"));
}

TEST_F(EngineRunsTest, WhatNeedsAFailureIsBlockedWithItsRoot) {
  AddCheck("one");
  AddCheck("two").add_needs("one");
  AddCheck("three").add_needs("two");
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED)});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_BLOCKED);
  EXPECT_EQ(Check("two").blocked_by(), v1::OUTCOME_FAILED);
  EXPECT_EQ(Check("two").reason(), "needs one, which ended FAILED");
  EXPECT_EQ(Check("three").blocked_by(), v1::OUTCOME_FAILED);
  EXPECT_EQ(Check("three").reason(), "needs two, which was BLOCKED by one: FAILED");
  EXPECT_EQ(Decision(), v1::DECISION_HOLD);
}

TEST_F(EngineRunsTest, TheRootOfABlockDoesNotDependOnTheOrderOfResults) {
  for (const bool failure_first : {true, false}) {
    engine_ = std::make_unique<Engine>(options_);
    effects_.clear();
    request_.Clear();
    AddCheck("one");
    AddCheck("two");
    v1::Check& three = AddCheck("three");
    three.add_needs("one");
    three.add_needs("two");
    Connect("s1", Hello("a"));
    Create();
    const v1::TaskResult errored = Result("one", "a", v1::OUTCOME_ERRORED);
    const v1::TaskResult failed = Result("two", "a", v1::OUTCOME_FAILED);
    Report("s1", 1, {failure_first ? failed : errored});
    Report("s1", 2, {failure_first ? errored : failed});
    EXPECT_EQ(Check("three").blocked_by(), v1::OUTCOME_FAILED);
  }
}

TEST_F(EngineRunsTest, AnOptionalCheckIsSkippedWithWhatItNeeds) {
  AddCheck("one").set_skip("not in this release");
  v1::Check& two = AddCheck("two");
  two.add_needs("one");
  two.set_optional(true);
  AddCheck("three").add_needs("one");
  AddCheck("four");
  Connect("s1", Hello("a"));
  Create();
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(Check("one").reason(), "not in this release");
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(Check("three").outcome(), v1::OUTCOME_BLOCKED);
  EXPECT_EQ(Check("three").blocked_by(), v1::OUTCOME_SKIPPED);
}

TEST_F(EngineRunsTest, ANeedThatIsDeselectedIsTakenAsMet) {
  AddCheck("one");
  AddCheck("two").add_needs("one");
  request_.mutable_options()->set_match("two");
  Connect("s1", Hello("a"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/two/a/1"));
  EXPECT_TRUE(Check("one").deselected());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_SKIPPED);
}

TEST_F(EngineRunsTest, ExclusiveChecksRunAlone) {
  AddCheck("alone").set_exclusive(true);
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Create();
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/a/1"));
  Report("s1", 1, {Result("one", "a")});
  EXPECT_EQ(Sent().size(), 2u);
  Report("s1", 2, {Result("two", "a")});
  EXPECT_EQ(Sent().back(), "run/alone/a/1");
}

TEST_F(EngineRunsTest, AnAgentIsNotGivenMoreThanItRunsAtOnceOverAllRuns) {
  AddCheck("one");
  AddCheck("two");
  v1::Hello hello = Hello("a");
  hello.set_max_parallel(3);
  Connect("s1", hello);
  Create("r1");
  Create("r2");
  EXPECT_THAT(Sent(), ElementsAre("r1/one/a/1", "r1/two/a/1", "r2/one/a/1"));
  Report("s1", 1, {Result("two", "a", v1::OUTCOME_PASSED, 1, "r1")});
  EXPECT_EQ(Sent().back(), "r2/two/a/1");
}

// ---- Ending ----------------------------------------------------------------------------------

TEST_F(EngineRunsTest, EndsWhenTheLastPairIsDecidedAndStored) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a")});
  AnswerStore();  // the result
  EXPECT_FALSE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_UNSPECIFIED) << "not before it is stored";
  ASSERT_TRUE(stored_.final_run.has_value());
  AnswerStore(absl::UnavailableError("disk full"));
  EXPECT_FALSE(Finished());
  const auto first = stored_.final_run->SerializeAsString();
  Pass(seconds(1));
  EXPECT_EQ(stored_.final_run->SerializeAsString(), first) << "the same end, tried again";
  AnswerStore();
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
  EXPECT_TRUE(Run().verdict().final());
  const auto notices = All<NotifyWatchers>();
  EXPECT_EQ(notices.back().event.run().state(), v1::Run::STATE_FINISHED);
}

TEST_F(EngineRunsTest, ARollbackIsAnnouncedTheMomentItIsCertain) {
  AddCheck("one").add_tags("critical");
  AddCheck("two");
  v1::Rule& rule = *request_.mutable_plan()->mutable_policy()->add_rollback();
  rule.set_rule("critical-path");
  rule.set_select("critical");
  rule.set_not_passed_at_least(1);
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED)});
  EXPECT_FALSE(Finished()) << "all evidence is to come in";
  EXPECT_EQ(All<NotifyWatchers>().back().event.verdict().decision(), v1::DECISION_ROLLBACK);
  EXPECT_TRUE(All<NotifyWatchers>().back().event.verdict().final());
  Report("s1", 2, {Result("two", "a")});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_ROLLBACK);
}

TEST_F(EngineRunsTest, ARollbackForSilenceIsNotFinalBeforeItIsStored) {
  AddCheck("one").mutable_on()->set_service("a");
  v1::Check& two = AddCheck("two");
  two.mutable_on()->set_service("b");
  two.mutable_timeout()->set_seconds(60);
  v1::Rule& rule = *request_.mutable_plan()->mutable_policy()->add_rollback();
  rule.set_rule("silence");
  rule.set_not_passed_at_least(1);
  rule.set_counts(v1::COUNTS_FAILURES_AND_MISSING);
  Connect("s1", Hello("agent-a", "a"));
  Connect("s2", Hello("agent-b", "b"));
  Create();
  Give(AgentDisconnected{"s1", "reset"});
  PassWithHeartbeats(seconds(16), {"s2"});
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
  // A coordinator that restarted now would give the agent another chance.
  EXPECT_EQ(Decision(), v1::DECISION_UNSPECIFIED);
  Report("s2", 1, {Result("two", "agent-b")});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_ROLLBACK);
}

TEST_F(EngineRunsTest, CancellingAbortsWhatIsOpenAndTellsTheAgents) {
  AddCheck("one");
  AddCheck("two").add_needs("one");
  Connect("s1", Hello("a"));
  Create();
  Give(RunCancelled{"run", "deployment withdrawn"});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Run().cancel_reason(), "cancelled: deployment withdrawn");
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_THAT(Cancelled(), ElementsAre("run/one/a/1"));
  Give(RunCancelled{"run", "again"});
  EXPECT_EQ(Run().cancel_reason(), "cancelled: deployment withdrawn");
}

TEST_F(EngineRunsTest, APendingRunThatIsCancelledEndsAtOnce) {
  AddCheck("one");
  Create();
  Give(RunCancelled{"run", ""});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Run().verdict().counts().aborted(), 1);
}

TEST_F(EngineRunsTest, ARunThatIsCancelledBeforeItIsStoredEndsWhenItIs) {
  AddCheck("one");
  hold_store_ = true;
  Create();
  Give(RunCancelled{"run", "no"});
  AnswerStore();
  EXPECT_TRUE(All<RunAccepted>().at(0).status.ok());
  AnswerStore();
  EXPECT_TRUE(Finished());
}

TEST_F(EngineRunsTest, AStoreThatGoesOnFailingIsAskedLessAndLess) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a")});
  AnswerStore();  // the result; now the final run is written
  std::vector<int> waits;
  for (int i = 0; i < 8; ++i) {
    AnswerStore(absl::UnavailableError("disk full"));
    int waited = 0;
    while (held_.empty() && waited < 100) {
      PassWithHeartbeats(seconds(1), {"s1"});
      ++waited;
    }
    waits.push_back(waited);
  }
  EXPECT_THAT(waits, ElementsAre(1, 2, 4, 8, 16, 30, 30, 30));
  AnswerStore();
  EXPECT_TRUE(Finished());
}

TEST_F(EngineRunsTest, AnEndThatTheStoreHasAlreadyIsTheTruth) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a")});
  AnswerStore();
  ASSERT_EQ(held_.size(), 1u);
  v1::Run other;
  other.set_run_id("run");
  other.set_state(v1::Run::STATE_FINISHED);
  other.mutable_verdict()->set_decision(v1::DECISION_HOLD);
  Give(StoreDone{held_[0], absl::FailedPreconditionError("finished"), other});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_HOLD);
  EXPECT_EQ(All<NotifyWatchers>().back().event.run().verdict().decision(), v1::DECISION_HOLD);
  EXPECT_EQ(All<PutRun>().size(), 3u) << "and is not written again";
  Give(AgentDisconnected{"s1", "bye"});
  EXPECT_FALSE(engine_->NextDeadline().has_value());
}

TEST_F(EngineRunsTest, TheRunsTimeoutAbortsWhatIsOpen) {
  AddCheck("one").mutable_timeout()->set_seconds(100);
  request_.mutable_plan()->mutable_timeout()->set_seconds(30);
  Connect("s1", Hello("a"));
  Create();
  PassWithHeartbeats(seconds(29), {"s1"});
  EXPECT_FALSE(Finished());
  PassWithHeartbeats(seconds(1), {"s1"});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Check("one").reason(), "the run took longer than its timeout, 30s");
  EXPECT_THAT(Cancelled(), ElementsAre("run/one/a/1"));
}

TEST_F(EngineRunsTest, ASuitesMaxAbortsWhatIsLeftOfIt) {
  v1::Suite& suite = *request_.mutable_plan()->add_suites();
  suite.set_name("db");
  suite.mutable_max()->set_seconds(4);
  AddCheck("one").set_suite("db");
  AddCheck("two").set_suite("other");
  Connect("s1", Hello("a"));
  Create();
  Pass(seconds(4));
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Check("one").reason(), "suite \"db\" was ended after 4s: its max is 4s");
  EXPECT_THAT(Cancelled(), ElementsAre("run/one/a/1"));
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_UNSPECIFIED) << "other suites go on";
  Report("s1", 1, {Result("two", "a")});
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(EngineRunsTest, ASuitesTimeBeginsWithItsFirstCheck) {
  v1::Suite& suite = *request_.mutable_plan()->add_suites();
  suite.set_name("late");
  suite.mutable_max()->set_seconds(4);
  AddCheck("first").set_suite("early");
  v1::Check& second = AddCheck("second");
  second.set_suite("late");
  second.add_needs("first");
  Connect("s1", Hello("a"));
  Create();
  PassWithHeartbeats(seconds(5), {"s1"});
  Report("s1", 1, {Result("first", "a")});
  PassWithHeartbeats(seconds(3), {"s1"});
  EXPECT_EQ(Check("second").outcome(), v1::OUTCOME_UNSPECIFIED);
  Pass(seconds(1));
  EXPECT_EQ(Check("second").outcome(), v1::OUTCOME_ABORTED);
}

TEST_F(EngineRunsTest, NothingWakesTheEngineWhenThereIsNothingToDo) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a")});
  ASSERT_TRUE(Finished());
  Give(AgentDisconnected{"s1", "bye"});
  EXPECT_FALSE(engine_->NextDeadline().has_value());
}

TEST_F(EngineRunsTest, AFinishedRunIsKeptForTenMinutes) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a")});
  Give(AgentDisconnected{"s1", "bye"});
  Pass(std::chrono::minutes(9));
  Give(Tick{});
  EXPECT_TRUE(Finished());
  Pass(std::chrono::minutes(1));
  Give(Tick{});
  EXPECT_FALSE(engine_->FindRun("run", Now()).has_value());
}

TEST_F(EngineRunsTest, TheSnapshotSaysWhatTheRunIs) {
  AddCheck("one").set_impact("Users cannot log in.");
  request_.mutable_plan()->add_suites()->set_name("s");
  request_.mutable_options()->set_requested_by("ci");
  Connect("s1", Hello("a", "gateway"));
  Create();
  Pass(seconds(2));
  const v1::Run run = Run();
  EXPECT_EQ(run.run_id(), "run");
  EXPECT_EQ(run.plan_name(), "plan");
  EXPECT_EQ(run.duration().seconds(), 2);
  EXPECT_EQ(run.plan_digest().size(), 64u);
  EXPECT_EQ(run.options().requested_by(), "ci");
  EXPECT_EQ(run.suites_size(), 1);
  EXPECT_EQ(run.checks(0).impact(), "Users cannot log in.");
  EXPECT_EQ(run.checks(0).tasks(0).service(), "gateway");
  EXPECT_EQ(run.checks(0).tasks(0).state(), v1::Task::STATE_ASSIGNED);
  EXPECT_EQ(run.verdict().counts().open(), 1);
  EXPECT_THAT(run.verdict().summary(), HasSubstr("UNDECIDED"));
}

TEST_F(EngineRunsTest, TheMatrixOfServicesIsInTheRun) {
  v1::Check& edge = AddCheck("calls.web.orders");
  edge.mutable_on()->set_service("web");
  edge.mutable_edge()->set_edges("calls");
  edge.mutable_edge()->set_from("web");
  edge.mutable_edge()->set_to("orders");
  AddCheck("plain");
  Connect("s1", Hello("w", "web"));
  Create();
  EXPECT_EQ(Run().edges(0).outcome(), v1::OUTCOME_UNSPECIFIED);
  Report("s1", 1, {Result("calls.web.orders", "w"), Result("plain", "w")});
  ASSERT_TRUE(Finished());
  ASSERT_EQ(Run().edges_size(), 1);
  EXPECT_EQ(Run().edges(0).check(), "calls.web.orders");
  EXPECT_EQ(Run().edges(0).from(), "web");
  EXPECT_EQ(Run().edges(0).to(), "orders");
  EXPECT_EQ(Run().edges(0).outcome(), v1::OUTCOME_PASSED);
}

}  // namespace
}  // namespace smokemesh::coordinator
