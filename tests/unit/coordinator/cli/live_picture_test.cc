#include "coordinator/cli/live_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/report/text_layout.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const shared::SteadyTime kStart{std::chrono::hours(1000)};

v1::CheckRecord* AddCheck(v1::Run* run, const std::string& name, const std::string& suite) {
  v1::CheckRecord* check = run->add_checks();
  check->set_name(name);
  check->set_suite(suite);
  return check;
}

v1::Task* AddTask(v1::CheckRecord* check, const std::string& agent, v1::Task::State state) {
  v1::Task* task = check->add_tasks();
  task->set_agent_id(agent);
  task->set_state(state);
  return task;
}

void End(v1::CheckRecord* check, v1::Outcome outcome, milliseconds time) {
  check->set_outcome(outcome);
  v1::Task* task = check->mutable_tasks(0);
  task->set_state(v1::Task::STATE_DONE);
  task->set_outcome(outcome);
  *task->mutable_result()->mutable_start_time() = shared::ToProto(shared::WallTime(seconds(1)));
  *task->mutable_result()->mutable_duration() = shared::ToProto(time);
}

// Two suites; in the first one check passed and one runs, in the second nothing has begun.
v1::Run HalfwayRun() {
  v1::Run run;
  run.set_run_id("r");
  run.set_state(v1::Run::STATE_RUNNING);
  v1::Suite* suite = run.add_suites();
  suite->set_name("db");
  suite->set_title("Database");
  *suite->mutable_target() = shared::ToProto(seconds(30));
  run.add_suites()->set_name("bus");
  v1::CheckRecord* passed = AddCheck(&run, "connect", "db");
  AddTask(passed, "one", v1::Task::STATE_DONE);
  End(passed, v1::OUTCOME_PASSED, milliseconds(40));
  AddTask(AddCheck(&run, "commit", "db"), "one", v1::Task::STATE_RUNNING);
  AddTask(AddCheck(&run, "publish", "bus"), "two", v1::Task::STATE_WAITING);
  return run;
}

std::vector<std::string> PictureOf(const LiveState& state, shared::Duration after,
                                   const ScreenSize& size = {.columns = 60, .rows = 24},
                                   const Terminal& terminal = {}) {
  return LivePicture(state, kStart + after, size, terminal);
}

LiveState StateOf(const v1::Run& run) {
  LiveState state;
  TakeRun(run, kStart, &state);
  return state;
}

TEST(LivePicture, ShowsSuitesAgentsRunningChecksAndTheTime) {
  EXPECT_THAT(PictureOf(StateOf(HalfwayRun()), milliseconds(2340)),
              ElementsAre("Database ━━━━━━━━━━────────── 1/2  2.3s of 30s",  //
                          "bus      ──────────────────── 0/1",
                          "agents  one 1 running · two idle",  //
                          "  › commit on one  2.3s", "running  2.3s"));
}

TEST(LivePicture, HasAnAsciiForm) {
  EXPECT_THAT(PictureOf(StateOf(HalfwayRun()), seconds(61), {.columns = 60, .rows = 24},
                        {.unicode = false}),
              ElementsAre("Database ##########.......... 1/2  1m1s of 30s",
                          "bus      .................... 0/1", "agents  one 1 running, two idle",
                          "  > commit on one  1m1s", "running  1m1s"));
}

TEST(LivePicture, PaintsRedWhatFailedAndWhatIsOverItsTarget) {
  v1::Run run = HalfwayRun();
  LiveState state = StateOf(run);
  const Terminal color{.color = true};
  EXPECT_THAT(PictureOf(state, seconds(30), {}, color)[0], Not(HasSubstr("\x1b[1;31m")));
  EXPECT_THAT(PictureOf(state, seconds(31), {}, color)[0], HasSubstr("\x1b[1;31m31.0s of 30s"));
  run.mutable_checks(0)->set_outcome(v1::OUTCOME_FAILED);
  TakeRun(run, kStart, &state);
  EXPECT_THAT(PictureOf(state, seconds(1), {}, color)[0],
              HasSubstr("\x1b[1;31m  1 not passed\x1b[0m"));
}

TEST(LivePicture, ASuiteThatIsOverShowsTheTimeOfItsChecks) {
  v1::Run run = HalfwayRun();
  LiveState state = StateOf(run);
  End(run.mutable_checks(1), v1::OUTCOME_PASSED, milliseconds(581));
  TakeRun(run, kStart + seconds(20), &state);
  EXPECT_THAT(PictureOf(state, seconds(25))[0], HasSubstr("2/2  581ms of 30s"));
}

TEST(LivePicture, ShowsLostAgentsFirst) {
  v1::Run run = HalfwayRun();
  v1::Task* task = run.mutable_checks(2)->mutable_tasks(0);
  task->set_state(v1::Task::STATE_DONE);
  task->set_outcome(v1::OUTCOME_MISSING);
  task->set_reason("agent \"two\" was lost and did not come back within 15s");
  EXPECT_EQ(PictureOf(StateOf(run), seconds(1))[2], "agents  two lost · one 1 running");
}

TEST(LivePicture, ShowsWhereABakeStands) {
  LiveState state = StateOf(HalfwayRun());
  state.bake = BakeProgress{.round = 3, .planned = 20};
  for (const v1::Decision decision :
       {v1::DECISION_PROMOTE, v1::DECISION_HOLD, v1::DECISION_PROMOTE}) {
    v1::BakeRound round;
    round.set_decision(decision);
    state.bake->ended.push_back(round);
  }
  EXPECT_EQ(PictureOf(state, seconds(1))[0], "round 3 of 20 · 2 PROMOTE · 1 HOLD");
  state.bake->next = kStart + milliseconds(24'100);
  EXPECT_EQ(PictureOf(state, milliseconds(100))[0],
            "round 3 of 20 · 2 PROMOTE · 1 HOLD · next in 24s");
  EXPECT_THAT(PictureOf(state, seconds(60))[0], HasSubstr("next in 0s"));
}

TEST(LivePicture, GoesOnSayingThatARollbackIsCertain) {
  v1::Run run = HalfwayRun();
  run.mutable_verdict()->set_decision(v1::DECISION_ROLLBACK);
  EXPECT_EQ(PictureOf(StateOf(run), seconds(1)).back(), "running  1.0s");
  run.mutable_verdict()->set_final(true);
  EXPECT_EQ(PictureOf(StateOf(run), seconds(1)).back(), "ROLLBACK is certain · running  1.0s");
}

TEST(LivePicture, SaysWhatItWaitsFor) {
  LiveState state;
  state.start = kStart;
  EXPECT_THAT(PictureOf(state, seconds(1)), ElementsAre("starting  1.0s"));
  v1::Run run = HalfwayRun();
  run.set_state(v1::Run::STATE_PENDING);
  // Checks come one by one, and the run's state does not come with them.
  EXPECT_EQ(PictureOf(StateOf(run), seconds(1)).back(), "running  1.0s");
  run.mutable_checks()->DeleteSubrange(0, 2);
  EXPECT_EQ(PictureOf(StateOf(run), seconds(1)).back(), "waiting for agents  1.0s");
}

TEST(LivePicture, AnotherRunBeginsItsTimesAnew) {
  v1::Run run = HalfwayRun();
  LiveState state = StateOf(run);
  run.set_run_id("r2");
  TakeRun(run, kStart + seconds(100), &state);
  const std::vector<std::string> picture = PictureOf(state, seconds(101));
  EXPECT_EQ(picture.back(), "running  1.0s");
  EXPECT_THAT(picture[0], HasSubstr("1.0s of 30s"));
  EXPECT_EQ(picture[3], "  › commit on one  1.0s");
}

// Long names, wide characters, many of everything.
v1::Run BigRun() {
  v1::Run run;
  run.set_run_id("r");
  run.set_state(v1::Run::STATE_RUNNING);
  for (int i = 0; i < 30; ++i) {
    const std::string suite = "suite 検査の名前がとても長い " + std::to_string(i);
    run.add_suites()->set_name(suite);
    v1::CheckRecord* bad = AddCheck(&run, "bad " + std::to_string(i), suite);
    AddTask(bad, "agent-with-a-long-name-" + std::to_string(i), v1::Task::STATE_DONE);
    if (i % 7 == 0) End(bad, v1::OUTCOME_FAILED, seconds(1));
    AddTask(AddCheck(&run, "ein sehr langer Name mit \x1b[2J und 🎉🎉🎉 " + std::to_string(i), suite),
            "agent-with-a-long-name-" + std::to_string(i), v1::Task::STATE_RUNNING);
  }
  return run;
}

TEST(LivePicture, NeverHasMoreLinesOrColumnsThanTheTerminal) {
  LiveState state = StateOf(BigRun());
  for (const bool bake : {false, true}) {
    if (bake) state.bake = BakeProgress{.round = 3, .planned = 20, .next = kStart + seconds(99)};
    for (int columns = 2; columns < 130; ++columns) {
      for (const int rows : {1, 2, 3, 4, 5, 8, 24, 36, 60, 200}) {
        const auto picture = PictureOf(state, seconds(10), {.columns = columns, .rows = rows});
        EXPECT_LE(picture.size(), static_cast<size_t>(std::max(1, rows - 1)));
        EXPECT_FALSE(picture.empty());
        for (const std::string& line : picture) {
          EXPECT_LT(Columns(line), static_cast<size_t>(columns)) << line;
          EXPECT_THAT(line, Not(HasSubstr("\x1b")));
        }
      }
    }
  }
}

TEST(LivePicture, OnAShortTerminalTheBadSuitesComeFirst) {
  const auto picture = PictureOf(StateOf(BigRun()), seconds(1), {.columns = 80, .rows = 7});
  ASSERT_EQ(picture.size(), 6u);
  for (size_t i = 0; i < 5; ++i) EXPECT_THAT(picture[i], HasSubstr(i < 5 ? "/2" : ""));
  EXPECT_THAT(picture[0], HasSubstr("1 not passed"));
  EXPECT_THAT(picture.back(), HasSubstr(" · 30 more running"));
}

}  // namespace
}  // namespace smokemesh::coordinator
