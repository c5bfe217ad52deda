#include "agent/executor/result_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::agent {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

v1::TaskResult Result(int failures, int steps, size_t text) {
  v1::TaskResult result;
  result.set_task_id("run/check/agent/1");
  result.set_outcome(v1::OUTCOME_FAILED);
  result.set_message("step 1: status is 500");
  for (int i = 0; i < failures; ++i) {
    v1::Failure* failure = result.add_failures();
    failure->set_step(i + 1);
    failure->set_expected("status == 200");
    failure->set_actual(std::string(text, 'a'));
  }
  for (int i = 0; i < steps; ++i) {
    v1::StepResult* step = result.add_steps();
    step->set_name("step " + std::to_string(i + 1));
    step->set_observed(std::string(text, 'b'));
  }
  return result;
}

TEST(LimitResultTest, ASmallResultStaysAsItIs) {
  v1::TaskResult result = Result(2, 3, 100);
  const std::string before = result.SerializeAsString();
  LimitResult(kMaxResultBytes, &result);
  EXPECT_EQ(result.SerializeAsString(), before);
}

TEST(LimitResultTest, LongTextsAreShortenedAndSaySo) {
  v1::TaskResult result = Result(1, 0, 1'000'000);
  LimitResult(kMaxResultBytes, &result);
  EXPECT_LE(result.ByteSizeLong(), kMaxResultBytes);
  EXPECT_THAT(result.failures(0).actual(), StartsWith("aaaa"));
  EXPECT_THAT(result.failures(0).actual(), EndsWith("…(995904 bytes more)"));
}

TEST(LimitResultTest, TextsGoBeforeSteps) {
  v1::TaskResult result = Result(1, 100, 4000);
  LimitResult(kMaxResultBytes, &result);
  EXPECT_LE(result.ByteSizeLong(), kMaxResultBytes);
  EXPECT_THAT(result.steps(), SizeIs(100));
  EXPECT_THAT(result.steps(99).observed(), HasSubstr("bytes more"));
}

TEST(LimitResultTest, StepsAndFailuresThatAreLeftOutAreCounted) {
  v1::TaskResult result = Result(1000, 5000, 10);
  LimitResult(kMaxResultBytes, &result);
  EXPECT_LE(result.ByteSizeLong(), kMaxResultBytes);
  EXPECT_EQ(result.failures(0).step(), 1);
  const auto shown_failures = static_cast<int>(result.failures().size());
  EXPECT_THAT(result.failures().rbegin()->hint(),
              HasSubstr(std::to_string(1000 - shown_failures) + " more failures not shown"));
  const auto shown_steps = static_cast<int>(result.steps().size());
  EXPECT_THAT(result.steps().rbegin()->observed(),
              HasSubstr(std::to_string(5000 - shown_steps) + " more steps not shown"));
}

TEST(LimitResultTest, EvenATinyLimitKeepsTheOutcomeAndTheFirstFailure) {
  v1::TaskResult result = Result(500, 500, 2000);
  LimitResult(1024, &result);
  EXPECT_LE(result.ByteSizeLong(), 1024u);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.task_id(), "run/check/agent/1");
  EXPECT_EQ(result.failures(0).expected(), "status == 200");
}

TEST(LimitResultTest, TextThatWouldBreakTheStreamOrATerminalIsEscaped) {
  v1::TaskResult result = Result(1, 0, 1);
  result.mutable_failures(0)->set_actual("\xff\x1b[31mred\nline");
  LimitResult(kMaxResultBytes, &result);
  EXPECT_EQ(result.failures(0).actual(), "\\xff\\x1b[31mred\\nline");
  v1::TaskResult parsed;
  EXPECT_TRUE(parsed.ParseFromString(result.SerializeAsString()));
}

TEST(StripEvidenceTest, KeepsTheMessageAndTheFirstFailureAndSaysWhatHappened) {
  v1::TaskResult result = Result(20, 20, 3000);
  StripEvidence(&result);
  EXPECT_LT(result.ByteSizeLong(), 1024u);
  EXPECT_EQ(result.message(),
            "step 1: status is 500 (evidence left out: the coordinator refused it as too large)");
  ASSERT_THAT(result.failures(), SizeIs(1));
  EXPECT_THAT(result.steps(), SizeIs(0));
}

}  // namespace
}  // namespace smokemesh::agent
