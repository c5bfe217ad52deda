#include "agent/checks/evidence.h"

#include <gtest/gtest.h>

namespace smokemesh::agent {
namespace {

TEST(Presentable, HidesBeforeItCuts) {
  shared::Redactor redactor;
  redactor.Add("a-secret-value");
  EXPECT_EQ(Presentable("12345 a-secret-value\n", 100, redactor), "12345 ***\\n");
  // Cut first, the secret's beginning would stay.
  EXPECT_EQ(Presentable("12345 a-secret-value", 9, redactor), "12345 ***");
}

TEST(Presentable, SaysHowMuchOfALongTextIsGone) {
  EXPECT_EQ(Presentable(std::string(1 << 20, 'x'), 5, shared::Redactor()),
            "xxxxx…(1048571 bytes more)");
  EXPECT_EQ(Presentable(std::string(100, 'x'), 5, shared::Redactor()), "xxxxx…(95 bytes more)");
}

TEST(Presentable, ShowsNoBeginningOfASecretWhereALongTextWasCut) {
  shared::Redactor redactor;
  const std::string secret = "canary-" + std::string(2000, 's') + "-end";
  redactor.Add(secret);
  std::string text = "abc";
  while (text.size() < (1 << 20)) text += secret;
  const std::string shown = Presentable(text, 4096, redactor);
  EXPECT_EQ(shown.find("canary"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("sss"), std::string::npos) << shown;
}

TEST(MakePresentable, KeepsTheFirstFailureWhateverItsSize) {
  v1::TaskResult result;
  for (int i = 0; i < 100; ++i) {
    v1::Failure& failure = *result.add_failures();
    failure.set_step(i);
    for (auto* text : {failure.mutable_expected(), failure.mutable_actual(),
                       failure.mutable_target(), failure.mutable_hint()}) {
      *text = std::string(2000, '\x01');
    }
  }
  for (int i = 0; i < 400; ++i) {
    v1::StepResult& step = *result.add_steps();
    step.set_name(std::string(2000, '\xff'));
    step.set_observed(std::string(2000, 'o'));
    step.set_outcome(v1::OUTCOME_PASSED);
  }
  MakePresentable(&result, shared::Redactor());
  EXPECT_LE(result.ByteSizeLong(), 64u << 10);
  ASSERT_GE(result.failures_size(), 1);
  EXPECT_EQ(result.failures(0).step(), 0);
  EXPECT_LE(result.failures(0).actual().size(), 512u + 32u);
}

}  // namespace
}  // namespace smokemesh::agent
