#include "agent/checks/repetition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "shared/mutex.h"
#include "tests/unit/agent/checks/fake_runner.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using smokemesh::testing::Barrier;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// What a step that was answered comes to.
StepReport Answered(shared::Duration time = 1ms) {
  StepReport report;
  report.began = true;
  report.answered = true;
  report.answer_time = time;
  report.observed = "an answer";
  return report;
}

StepReport Failed(const std::string& actual = "503") {
  StepReport report = Answered();
  AddFailure(&report, v1::OUTCOME_FAILED, "status == 200", actual);
  return report;
}

StepReport Refused() {
  StepReport report;
  report.began = true;
  AddFailure(&report, v1::OUTCOME_FAILED, "an answer", "connection refused");
  report.observed = "connection refused";
  return report;
}

StepReport Errored() {
  StepReport report;
  AddFailure(&report, v1::OUTCOME_ERRORED, "that the step can be prepared", "no idea how");
  return report;
}

v1::Repeat Times(int times, int parallel = 0, int warm_up = 0) {
  v1::Repeat repeat;
  repeat.set_times(times);
  repeat.set_parallel(parallel);
  repeat.set_warm_up(warm_up);
  return repeat;
}

shared::Expectation Expect(const std::string& text) {
  const auto parsed = shared::ParseExpectation(text, shared::QueriesOf("postgres"));
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : shared::Expectation();
}

int NumberOf(const AttemptOptions& options) { return std::stoi(options.iteration.value_or("-1")); }

TEST(RepeatStep, DoesTheWarmUpAndThenEveryTimeInOrder) {
  std::vector<std::string> asked;
  v1::Repeat repeat = Times(3, 1, 2);
  repeat.set_fresh_session(true);
  const StepReport report = RepeatStep(repeat, "main", [&](const AttemptOptions& options) {
    asked.push_back(*options.iteration + (options.judged ? " judged " : " warm ") +
                    options.session + (options.fresh_session ? " fresh" : ""));
    return Answered();
  });
  EXPECT_EQ(report.outcome, v1::OUTCOME_PASSED);
  EXPECT_TRUE(report.began);
  EXPECT_THAT(asked, ElementsAre("0 warm main fresh", "0 warm main fresh", "1 judged main fresh",
                                 "2 judged main fresh", "3 judged main fresh"));
}

TEST(RepeatStep, TellsQuantilesAndTheLastAnswer) {
  const StepReport report = RepeatStep(Times(20), "main", [](const AttemptOptions& options) {
    StepReport time = Answered(NumberOf(options) * 1ms);
    time.observed = "answer " + *options.iteration;
    return time;
  });
  EXPECT_EQ(report.observed, "20 times: p50 10ms, p95 19ms, max 20ms; last: answer 20");
}

TEST(RepeatStep, UsesASessionOfItsOwnForEachThatRunsAtTheSameTime) {
  constexpr int kParallel = 10;
  Barrier barrier(kParallel);
  shared::Mutex mutex;
  std::map<int, std::string> sessions;
  std::atomic<int> missed = 0;
  const StepReport report =
      RepeatStep(Times(kParallel, kParallel), "s", [&](const AttemptOptions& options) {
        if (!barrier.Arrive()) ++missed;
        shared::MutexLock lock(&mutex);
        sessions[NumberOf(options)] = options.session;
        return Answered();
      });
  EXPECT_EQ(report.outcome, v1::OUTCOME_PASSED);
  EXPECT_EQ(missed, 0) << "the ten did not run at the same time";
  ASSERT_THAT(sessions, SizeIs(kParallel));
  EXPECT_EQ(sessions[1], "s");
  EXPECT_EQ(sessions[2], "s#2");
  EXPECT_EQ(sessions[10], "s#10");
}

TEST(RepeatStep, SpreadsMoreTimesThanWorkersAndDoesEachOnce) {
  shared::Mutex mutex;
  std::multiset<int> numbers;
  std::set<std::string> sessions;
  std::set<std::string> busy;
  bool shared_session = false;
  const StepReport report = RepeatStep(Times(500, 7, 7), "s", [&](const AttemptOptions& options) {
    {
      shared::MutexLock lock(&mutex);
      numbers.insert(NumberOf(options));
      sessions.insert(options.session);
      shared_session = shared_session || !busy.insert(options.session).second;
    }
    std::this_thread::yield();
    shared::MutexLock lock(&mutex);
    busy.erase(options.session);
    return Answered();
  });
  EXPECT_EQ(report.outcome, v1::OUTCOME_PASSED);
  EXPECT_FALSE(shared_session) << "two threads used one session at the same time";
  EXPECT_THAT(sessions, UnorderedElementsAre("s", "s#2", "s#3", "s#4", "s#5", "s#6", "s#7"));
  EXPECT_EQ(numbers.count(0), 7u);
  for (int i = 1; i <= 500; ++i) ASSERT_EQ(numbers.count(i), 1u) << i;
  EXPECT_THAT(report.observed, HasSubstr("500 times: "));
}

TEST(RepeatStep, SaysWhichTimesFailedAndHowMany) {
  const StepReport report = RepeatStep(Times(20), "main", [](const AttemptOptions& options) {
    return NumberOf(options) % 7 == 0 || NumberOf(options) == 9 ? Failed() : Answered();
  });
  EXPECT_EQ(report.outcome, v1::OUTCOME_FAILED);
  ASSERT_THAT(report.failures, SizeIs(3));
  EXPECT_EQ(report.failures[0].expected(), "status == 200");
  EXPECT_EQ(report.failures[0].actual(), "time 7 of 20: 503 (3 of 20 times)");
  EXPECT_EQ(report.failures[1].actual(), "time 9 of 20: 503");
  EXPECT_EQ(report.failures[2].actual(), "time 14 of 20: 503");
  EXPECT_THAT(report.observed, HasSubstr("20 times, 3 failed: p50"));
}

TEST(RepeatStep, KeepsTheReasonsOfTheFirstTimesOnly) {
  const StepReport report =
      RepeatStep(Times(1000, 8), "main", [](const AttemptOptions&) { return Failed("broken"); });
  ASSERT_THAT(report.failures, SizeIs(3));
  EXPECT_EQ(report.failures[0].actual(), "time 1 of 1000: broken (1000 of 1000 times)");
  EXPECT_EQ(report.failures[2].actual(), "time 3 of 1000: broken");
}

TEST(RepeatStep, StopsWhenThereIsNoAnswerAndSaysHowManyWereDone) {
  int asked = 0;
  const StepReport report = RepeatStep(Times(20), "main", [&](const AttemptOptions&) {
    return ++asked == 7 ? Refused() : Answered();
  });
  EXPECT_EQ(asked, 7);
  EXPECT_EQ(report.outcome, v1::OUTCOME_FAILED);
  ASSERT_THAT(report.failures, SizeIs(1));
  EXPECT_EQ(report.failures[0].actual(),
            "time 7 of 20: connection refused (1 of 7 times, 13 not done)");
  EXPECT_THAT(report.observed, HasSubstr("7 of 20 times, 1 failed"));
}

TEST(RepeatStep, IsErroredWhenATimeIs) {
  const StepReport report = RepeatStep(Times(20), "main", [](const AttemptOptions& options) {
    return NumberOf(options) == 3 ? Errored() : Failed();
  });
  EXPECT_EQ(report.outcome, v1::OUTCOME_ERRORED);
  EXPECT_EQ(report.failures.front().actual(),
            "time 3 of 20: no idea how (3 of 3 times, 17 not done)");
}

TEST(RepeatStep, IsAbortedWhenATimeIs) {
  const StepReport report = RepeatStep(Times(20, 4), "main", [](const AttemptOptions& options) {
    StepReport time = Failed();
    if (NumberOf(options) == 2) SetAborted(&time);
    return time;
  });
  EXPECT_EQ(report.outcome, v1::OUTCOME_ABORTED);
  EXPECT_THAT(report.failures, IsEmpty());
}

TEST(RepeatStep, FailsWhenTheWarmUpGetsNoAnswer) {
  int asked = 0;
  const StepReport report = RepeatStep(Times(5, 1, 3), "main", [&](const AttemptOptions&) {
    return ++asked == 2 ? Refused() : Answered();
  });
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(report.outcome, v1::OUTCOME_FAILED);
  EXPECT_EQ(report.failures[0].actual(), "warm-up: connection refused");
}

TEST(RepeatStep, JudgesQuantilesOnceOverAllTimesWithoutTheWarmUp) {
  const auto attempt = [](const AttemptOptions& options) {
    StepReport time = Answered(options.judged ? NumberOf(options) * 1ms : 10s);
    if (!options.judged) time.answer_time.reset();
    if (NumberOf(options) == 1) time.connect_time = 30ms;
    for (const char* text :
         {"duration p95 < 19ms", "duration max <= 20ms", "connect_duration max < 20ms",
          "duration mean between 10ms, 11ms", "duration min == 1ms"}) {
      time.over_all.push_back(Expect(text));
    }
    return time;
  };
  const StepReport report = RepeatStep(Times(20, 1, 3), "main", attempt);
  EXPECT_EQ(report.outcome, v1::OUTCOME_FAILED);
  ASSERT_THAT(report.failures, SizeIs(2));
  EXPECT_EQ(report.failures[0].expected(), "duration p95 < 19ms");
  EXPECT_EQ(report.failures[0].actual(), "19ms over 20 times");
  EXPECT_EQ(report.failures[0].hint(), "p50 10ms, p95 19ms, max 20ms");
  EXPECT_EQ(report.failures[1].expected(), "connect_duration max < 20ms");
  EXPECT_EQ(report.failures[1].actual(), "30ms over 1 time");
}

TEST(RepeatStep, TakesNoSampleForAMismatchNotForAPass) {
  const StepReport report = RepeatStep(Times(2), "main", [](const AttemptOptions&) {
    StepReport time = Answered();
    time.over_all.push_back(Expect("connect_duration p50 < 1s"));
    return time;
  });
  EXPECT_EQ(report.outcome, v1::OUTCOME_FAILED);
  EXPECT_EQ(report.failures[0].actual(), "nothing over 0 times");
}

TEST(RepeatStep, KeepsWhatTheLastTimeCaptured) {
  Barrier barrier(3);
  const StepReport report = RepeatStep(Times(3, 3), "s", [&](const AttemptOptions& options) {
    barrier.Arrive();  // in whatever order they go on
    StepReport time = Answered();
    time.captures["id"] = "id-" + *options.iteration;
    return time;
  });
  EXPECT_EQ(report.captures.at("id"), "id-3");
}

TEST(RepeatStep, RefusesWhatIsOutOfBounds) {
  for (const v1::Repeat& repeat :
       {Times(0), Times(1001), Times(-1), Times(1, 51), Times(1, -1), Times(1, 1, 101)}) {
    const StepReport report = RepeatStep(repeat, "main", [](const AttemptOptions&) {
      ADD_FAILURE() << "the step was carried out";
      return Answered();
    });
    EXPECT_EQ(report.outcome, v1::OUTCOME_ERRORED);
    EXPECT_THAT(report.failures.front().actual(), HasSubstr("must be"));
  }
}

TEST(RepeatStep, IsErroredWhenARunnerThrows) {
  const StepReport report =
      RepeatStep(Times(4, 4), "main", [](const AttemptOptions& options) -> StepReport {
        if (NumberOf(options) == 3) throw std::runtime_error("a driver's fault");
        return Answered();
      });
  EXPECT_EQ(report.outcome, v1::OUTCOME_ERRORED);
  EXPECT_THAT(report.failures.front().actual(), HasSubstr("a driver's fault"));
}

class AwaitStepTest : public ::testing::Test {
 protected:
  static v1::Until Until(std::chrono::milliseconds within, std::chrono::milliseconds interval,
                         int attempts = 0) {
    v1::Until until;
    until.mutable_within()->set_seconds(within.count() / 1000);
    until.mutable_within()->set_nanos(static_cast<int32_t>(within.count() % 1000 * 1'000'000));
    until.mutable_interval()->set_seconds(interval.count() / 1000);
    until.mutable_interval()->set_nanos(static_cast<int32_t>(interval.count() % 1000 * 1'000'000));
    until.set_attempts(attempts);
    return until;
  }

  StepReport Await(const v1::Until& until, const AttemptFunction& attempt) {
    return AwaitStep(until, "s", attempt, {std::chrono::steady_clock::now() + 60s, &cancellation_});
  }

  shared::Cancellation cancellation_;
};

TEST_F(AwaitStepTest, TriesUntilTheStepPasses) {
  int asked = 0;
  const StepReport report = Await(Until(50s, 0ms), [&](const AttemptOptions& options) {
    EXPECT_EQ(options.session, "s");
    EXPECT_FALSE(options.iteration.has_value());
    ++asked;
    if (asked == 1) return Refused();
    StepReport attempt = asked == 2 ? Failed() : Answered();
    attempt.captures["n"] = std::to_string(asked);
    return attempt;
  });
  EXPECT_EQ(report.outcome, v1::OUTCOME_PASSED);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_EQ(report.observed, "after 3 attempts: an answer");
  EXPECT_EQ(report.captures.at("n"), "3");
}

TEST_F(AwaitStepTest, SaysNothingOfAttemptsWhenTheFirstPasses) {
  const StepReport report =
      Await(Until(50s, 0ms), [](const AttemptOptions&) { return Answered(); });
  EXPECT_EQ(report.observed, "an answer");
}

TEST_F(AwaitStepTest, FailsWithTheLastAnswerWhenTheAttemptsAreUsedUp) {
  int asked = 0;
  const StepReport report = Await(Until(50s, 0ms, 3), [&](const AttemptOptions&) {
    return Failed("answer " + std::to_string(++asked));
  });
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(report.outcome, v1::OUTCOME_FAILED);
  ASSERT_THAT(report.failures, SizeIs(1));
  EXPECT_THAT(report.failures[0].actual(), HasSubstr("answer 3 (after 3 attempts in "));
}

TEST_F(AwaitStepTest, BeginsNoAttemptWhenTheTimeIsUsedUp) {
  int asked = 0;
  const auto start = std::chrono::steady_clock::now();
  const StepReport report = Await(Until(1s, 30s), [&](const AttemptOptions&) {
    ++asked;
    return Failed();
  });
  EXPECT_EQ(asked, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  EXPECT_THAT(report.failures[0].actual(), HasSubstr("(after 1 attempt in "));
}

TEST_F(AwaitStepTest, WaitsTwoSecondsUnlessToldOtherwise) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::chrono::steady_clock::time_point> begun;
  const StepReport report = Await(v1::Until(), [&](const AttemptOptions&) {
    begun.push_back(std::chrono::steady_clock::now());
    return Failed();
  });
  EXPECT_EQ(report.outcome, v1::OUTCOME_FAILED);
  EXPECT_LE(begun.back() - start, 2s);
  EXPECT_LE(begun.size(), 40u);  // 50 ms apart
  ASSERT_GE(begun.size(), 2u);
  EXPECT_GE(begun[1] - begun[0], 50ms);
}

TEST_F(AwaitStepTest, EndsBeforeTheDeadlineOfTheCheck) {
  const auto start = std::chrono::steady_clock::now();
  const StepReport report =
      AwaitStep(Until(50s, 10ms), "s", [](const AttemptOptions&) { return Failed(); },
                {start + 100ms, &cancellation_});
  EXPECT_EQ(report.outcome, v1::OUTCOME_FAILED);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
}

TEST_F(AwaitStepTest, DoesNotTryAgainWhatCannotBeAskedOrIsLacking) {
  int asked = 0;
  const StepReport errored = Await(Until(50s, 0ms), [&](const AttemptOptions&) {
    ++asked;
    return Errored();
  });
  EXPECT_EQ(errored.outcome, v1::OUTCOME_ERRORED);
  const StepReport lacking = Await(Until(50s, 0ms), [&](const AttemptOptions&) {
    ++asked;
    StepReport attempt = Failed();
    attempt.lacks_feature = true;
    return attempt;
  });
  EXPECT_TRUE(lacking.lacks_feature);
  EXPECT_EQ(asked, 2);
}

TEST_F(AwaitStepTest, StopsWaitingWhenCancelled) {
  std::atomic<bool> failed = false;
  std::thread canceller([&] {
    while (!failed) std::this_thread::yield();
    cancellation_.Cancel("enough");
  });
  const auto start = std::chrono::steady_clock::now();
  const StepReport report = Await(Until(60s, 30s), [&](const AttemptOptions&) {
    failed = true;
    return Failed();
  });
  canceller.join();
  EXPECT_EQ(report.outcome, v1::OUTCOME_ABORTED);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
}

}  // namespace
}  // namespace smokemesh::agent
