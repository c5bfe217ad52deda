#include "coordinator/verdict/clean_up_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class CleanUpVerdictTest : public ::testing::Test {
 protected:
  v1::Verdict Judged() { return JudgeCleanUp(records_.get(), 3); }
  int ExitCode() {
    v1::Run run;
    run.set_state(v1::Run::STATE_FINISHED);
    *run.mutable_checks() = records_.get();
    return CleanUpExitCode(run);
  }
  testing::Records records_;
};

TEST_F(CleanUpVerdictTest, AllCleanIsZeroAndNoDecision) {
  records_.Add(47, v1::OUTCOME_PASSED, {"critical"});
  EXPECT_EQ(Judged().summary(), "Clean: 3 runs, 47 checks: all clean");
  EXPECT_EQ(Judged().decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_TRUE(Judged().final());
  EXPECT_EQ(ExitCode(), 0);
}

TEST_F(CleanUpVerdictTest, WhatCouldNotBeRemovedIsNamedAndComesBeforeWhatNobodyLookedAt) {
  records_.Add(v1::OUTCOME_PASSED);
  records_.Add(v1::OUTCOME_MISSING).set_reason("no agent is connected");
  v1::CheckRecord& failed = records_.Add(v1::OUTCOME_FAILED);
  failed.add_tasks()->set_agent_id("a");
  failed.mutable_tasks(0)->set_outcome(v1::OUTCOME_FAILED);
  failed.mutable_tasks(0)->mutable_result()->set_message("permission denied");
  EXPECT_EQ(Judged().summary(), "Clean: 3 runs, 3 checks: 1 not removed, 1 not looked at");
  EXPECT_THAT(Judged().reasons(), ElementsAre("check-3 on a: FAILED, permission denied",
                                              "check-2: MISSING, no agent is connected"));
  EXPECT_EQ(ExitCode(), 1);
}

TEST_F(CleanUpVerdictTest, AnErrorOfTheAgentsOwnCleanUpIsNotClean) {
  v1::CheckRecord& passed = records_.Add(v1::OUTCOME_PASSED);
  passed.add_tasks()->set_agent_id("a");
  passed.mutable_tasks(0)->mutable_result()->set_cleanup_error("schema is in use");
  EXPECT_THAT(Judged().reasons(), ElementsAre("check-1 on a: schema is in use"));
  EXPECT_EQ(ExitCode(), 1);
}

TEST_F(CleanUpVerdictTest, SilenceIsNeverClean) {
  for (const v1::Outcome outcome : {v1::OUTCOME_MISSING, v1::OUTCOME_ERRORED, v1::OUTCOME_ABORTED,
                                    v1::OUTCOME_BLOCKED, v1::OUTCOME_UNSPECIFIED}) {
    records_ = {};
    records_.Add(v1::OUTCOME_PASSED);
    records_.Add(outcome);
    EXPECT_EQ(ExitCode(), 4) << v1::Outcome_Name(outcome);
    EXPECT_THAT(Judged().summary(), Not(HasSubstr("all clean")));
    EXPECT_EQ(Judged().final(), outcome != v1::OUTCOME_UNSPECIFIED);
  }
}

TEST_F(CleanUpVerdictTest, WhatIsLeftOutBySelectionIsNotCounted) {
  records_.Add(v1::OUTCOME_PASSED);
  records_.Add(v1::OUTCOME_SKIPPED).set_deselected(true);
  EXPECT_EQ(Judged().summary(), "Clean: 3 runs, 1 check: all clean");
  EXPECT_EQ(Judged().counts().planned(), 1);
}

}  // namespace
}  // namespace smokemesh::coordinator
