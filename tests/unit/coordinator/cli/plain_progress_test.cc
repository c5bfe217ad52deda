#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "coordinator/cli/progress.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;

// What a progress that writes into a pipe has written.
class PlainProgressTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(ends_), 0); }
  void TearDown() override {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }

  std::unique_ptr<Progress> New(const ProgressOptions& options) {
    Terminal terminal;
    terminal.descriptor = ends_[1];
    return NewProgress(terminal, options);
  }

  // To the end: call once, last.
  std::string Written() {
    close(ends_[1]);
    ends_[1] = -1;
    std::string text;
    char buffer[512];
    for (ssize_t count = 0; (count = read(ends_[0], buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<size_t>(count));
    }
    return text;
  }

  static v1::Run RunOf(const std::string& id, v1::Outcome second) {
    v1::Run run;
    run.set_run_id(id);
    run.set_plan_name("p");
    run.mutable_verdict()->mutable_counts()->set_planned(2);
    Add("a", v1::OUTCOME_PASSED, &run);
    Add("b", second, &run);
    return run;
  }

  static void Add(const std::string& name, v1::Outcome outcome, v1::Run* run) {
    v1::CheckRecord* check = run->add_checks();
    check->set_name(name);
    check->set_outcome(outcome);
    v1::Task* task = check->add_tasks();
    task->set_agent_id("agent");
    task->set_outcome(outcome);
    *task->mutable_result()->mutable_duration() = shared::ToProto(milliseconds(50));
    v1::StepResult* step = task->mutable_result()->add_steps();
    step->set_name("ask");
    step->set_outcome(outcome);
    *step->mutable_duration() = shared::ToProto(milliseconds(20));
    step->set_observed("200 OK");
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST_F(PlainProgressTest, WritesALineForEachCheck) {
  const auto progress = New({});
  progress->Update(RunOf("r", v1::OUTCOME_FAILED));
  progress->Update(RunOf("r", v1::OUTCOME_FAILED));
  progress->Note("lost\nthe coordinator");
  progress->End();
  EXPECT_EQ(Written(),
            "run r of p: 2 checks\n✓ PASSED  a  50ms\n✗ FAILED  b  50ms\n"
            "! lost\\nthe coordinator\n\n");
}

TEST_F(PlainProgressTest, WhenVerboseWritesTheStepsOfEachCheck) {
  const auto progress = New({.verbose = true});
  progress->Update(RunOf("r", v1::OUTCOME_PASSED));
  EXPECT_EQ(Written(),
            "run r of p: 2 checks\n"
            "✓ PASSED  a  50ms\n      agent · 50ms\n        ✓ 1 ask · 20ms: 200 OK\n"
            "✓ PASSED  b  50ms\n      agent · 50ms\n        ✓ 1 ask · 20ms: 200 OK\n");
}

TEST_F(PlainProgressTest, OfLaterRoundsWritesWhatDidNotPassAndHowTheyEnded) {
  const auto progress = New({});
  BakeProgress bake{.round = 1, .planned = 3};
  const auto end = [&](v1::Decision decision, const std::string& summary) {
    v1::BakeRound round;
    round.set_number(bake.round);
    round.set_decision(decision);
    round.set_summary(summary);
    *round.mutable_duration() = shared::ToProto(milliseconds(900));
    bake.ended.push_back(round);
    progress->Round(bake);
    ++bake.round;
  };
  progress->Round(bake);
  progress->Update(RunOf("r1", v1::OUTCOME_PASSED));
  end(v1::DECISION_PROMOTE, "PROMOTE: all 2 checks passed");
  progress->Round(bake);
  progress->Update(RunOf("r2", v1::OUTCOME_FAILED));
  end(v1::DECISION_HOLD, "HOLD: 1 of 2 checks did not pass");
  progress->End();
  EXPECT_EQ(Written(),
            "run r1 of p: 2 checks\n✓ PASSED  a  50ms\n✓ PASSED  b  50ms\n"
            "round 1 of 3: PROMOTE  900ms\n"
            "run r2 of p: 2 checks\n✗ FAILED  b  50ms\n"
            "round 2 of 3: HOLD  900ms: 1 of 2 checks did not pass\n\n");
}

TEST_F(PlainProgressTest, NoLineIsAWorkflowCommand) {
  const auto progress = New({});
  v1::Run run = RunOf("r", v1::OUTCOME_FAILED);
  run.mutable_checks(1)->set_reason("\n::add-mask::the ##[add-mask]the");
  progress->Update(run);
  progress->Note("::error::x");
  EXPECT_EQ(Written(),
            "run r of p: 2 checks\n✓ PASSED  a  50ms\n"
            "✗ FAILED  b  50ms: \\n::add-mask::the #\\#[add-mask]the\n! ::error::x\n");
}

}  // namespace
}  // namespace smokemesh::coordinator
