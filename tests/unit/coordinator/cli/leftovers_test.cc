#include "coordinator/cli/leftovers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Task& AddTask(v1::Run* run, v1::Outcome outcome, bool with_result) {
  v1::CheckRecord& check = *run->add_checks();
  check.set_outcome(outcome);
  v1::Task& task = *check.add_tasks();
  task.set_agent_id("a");
  task.set_outcome(outcome);
  if (with_result) task.mutable_result()->set_outcome(outcome);
  return task;
}

bool Leaves(v1::Outcome outcome, bool with_result) {
  v1::Run run;
  AddTask(&run, v1::OUTCOME_PASSED, true);
  AddTask(&run, outcome, with_result);
  return MayHaveLeftSomething(run);
}

TEST(MayHaveLeftSomething, WhatAnAgentReportedItHasCleanedUp) {
  for (const v1::Outcome outcome : {v1::OUTCOME_PASSED, v1::OUTCOME_FLAKY, v1::OUTCOME_FAILED,
                                    v1::OUTCOME_ERRORED, v1::OUTCOME_SKIPPED}) {
    EXPECT_FALSE(Leaves(outcome, true)) << v1::Outcome_Name(outcome);
  }
}

TEST(MayHaveLeftSomething, SilenceAndCancellationMay) {
  EXPECT_TRUE(Leaves(v1::OUTCOME_MISSING, false));
  EXPECT_TRUE(Leaves(v1::OUTCOME_ABORTED, false));
  EXPECT_TRUE(Leaves(v1::OUTCOME_ABORTED, true));
  EXPECT_TRUE(Leaves(v1::OUTCOME_UNSPECIFIED, false));
}

TEST(MayHaveLeftSomething, WhatNeverBeganDoesNot) {
  EXPECT_FALSE(Leaves(v1::OUTCOME_BLOCKED, false));
  EXPECT_FALSE(Leaves(v1::OUTCOME_SKIPPED, false));
  v1::Run no_agent;
  AddTask(&no_agent, v1::OUTCOME_MISSING, false).clear_agent_id();
  EXPECT_FALSE(MayHaveLeftSomething(no_agent));
}

TEST(MayHaveLeftSomething, AnAgentThatCouldNotCleanUpSaysSo) {
  v1::Run run;
  AddTask(&run, v1::OUTCOME_PASSED, true).mutable_result()->set_cleanup_error("no permission");
  EXPECT_TRUE(MayHaveLeftSomething(run));
}

TEST(MayHaveLeftSomething, ARunThatOnlyCleansUpMakesNothing) {
  v1::Run run;
  AddTask(&run, v1::OUTCOME_MISSING, false);
  run.mutable_options()->add_clean_runs()->set_run_id("old");
  EXPECT_FALSE(MayHaveLeftSomething(run));
}

class CleanedByTest : public ::testing::Test {
 protected:
  CleanedByTest() {
    run_.set_state(v1::Run::STATE_FINISHED);
    AddTask(&run_, v1::OUTCOME_PASSED, true);
    for (const char* old : {"r1", "r2"}) {
      run_.mutable_options()->add_clean_runs()->set_run_id(old);
    }
  }
  v1::Run run_;
};

TEST_F(CleanedByTest, AllOfItsRunsWhenAllIsClean) {
  EXPECT_THAT(CleanedBy(run_), ElementsAre("r1", "r2"));
}

TEST_F(CleanedByTest, NoneWhenSomethingIsLeftOrWasNotLookedAt) {
  v1::Run partly = run_;
  partly.mutable_checks(0)->set_outcome(v1::OUTCOME_FAILED);
  EXPECT_THAT(CleanedBy(partly), IsEmpty());
  partly = run_;
  partly.add_checks()->set_deselected(true);
  EXPECT_THAT(CleanedBy(partly), IsEmpty());
  partly = run_;
  partly.set_state(v1::Run::STATE_RUNNING);
  EXPECT_THAT(CleanedBy(partly), IsEmpty());
}

TEST_F(CleanedByTest, NotARunOfWhichOnlySomeAgentsWereNamed) {
  run_.mutable_options()->mutable_clean_runs(0)->add_agent_ids("a");
  EXPECT_THAT(CleanedBy(run_), ElementsAre("r2"));
}

TEST_F(CleanedByTest, NothingByARunThatDoesNotCleanUp) {
  run_.clear_options();
  EXPECT_THAT(CleanedBy(run_), IsEmpty());
}

}  // namespace
}  // namespace smokemesh::coordinator
