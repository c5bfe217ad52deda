#include "coordinator/cli/progress_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

v1::Run TwoChecks() {
  v1::Run run;
  run.add_checks()->set_name("a");
  run.add_checks()->set_name("b");
  return run;
}

TEST(ProgressLines, TellsEachEndedCheckOnce) {
  ProgressLines lines(Terminal{});
  v1::Run run = TwoChecks();
  EXPECT_THAT(lines.News(run, {}), IsEmpty());
  run.mutable_checks(1)->set_outcome(v1::OUTCOME_PASSED);
  EXPECT_THAT(lines.News(run, {}), ElementsAre("✓ PASSED  b"));
  EXPECT_THAT(lines.News(run, {}), IsEmpty());
  run.mutable_checks(0)->set_outcome(v1::OUTCOME_FAILED);
  run.mutable_checks(0)->set_reason("expected 1, seen\n2");
  EXPECT_THAT(lines.News(run, {}), ElementsAre("✗ FAILED  a: expected 1, seen\\n2"));
}

TEST(ProgressLines, TellsTroublesOnlyWhenAskedTo) {
  ProgressLines lines(Terminal{});
  v1::Run run = TwoChecks();
  run.mutable_checks(0)->set_outcome(v1::OUTCOME_PASSED);
  run.mutable_checks(1)->set_outcome(v1::OUTCOME_MISSING);
  EXPECT_THAT(lines.News(run, {.only_troubles = true}), ElementsAre("! MISSING b"));
}

TEST(ProgressLines, AnnouncesARollbackTheMomentItIsCertainAndOnce) {
  ProgressLines lines(Terminal{});
  v1::Run run = TwoChecks();
  run.mutable_verdict()->set_decision(v1::DECISION_ROLLBACK);
  run.mutable_verdict()->set_summary("rule \"x\" holds");
  EXPECT_THAT(lines.News(run, {}), IsEmpty());
  run.mutable_verdict()->set_final(true);
  EXPECT_THAT(lines.News(run, {}), ElementsAre("ROLLBACK is certain: rule \"x\" holds"));
  EXPECT_THAT(lines.News(run, {}), IsEmpty());
}

TEST(ProgressLines, OnANarrowScreenPutsTheReasonBelowAndCutsTheName) {
  ProgressLines lines(Terminal{});
  v1::Run run = TwoChecks();
  run.mutable_checks(0)->set_name("a_name_that_is_too_long_for_the_screen");
  run.mutable_checks(0)->set_outcome(v1::OUTCOME_FAILED);
  run.mutable_checks(0)->set_reason("expected 200 and got something else");
  EXPECT_THAT(lines.News(run, {.width = 30}),
              ElementsAre("✗ FAILED  a_name_that_is_too_", "    expected 200 and got",
                          "    something else"));
}

TEST(ProgressLines, BeginsAnewWithAnotherRun) {
  ProgressLines lines(Terminal{});
  v1::Run run = TwoChecks();
  run.mutable_checks(1)->set_outcome(v1::OUTCOME_PASSED);
  run.mutable_verdict()->set_decision(v1::DECISION_ROLLBACK);
  run.mutable_verdict()->set_final(true);
  EXPECT_THAT(lines.News(run, {}), testing::SizeIs(2));
  EXPECT_THAT(lines.News(run, {}), IsEmpty());
  run.set_run_id("next round");
  EXPECT_THAT(lines.News(run, {}), testing::SizeIs(2));
}

TEST(ProgressLines, SaysOfAShadowCheckThatItIsOne) {
  ProgressLines lines(Terminal{});
  v1::Run run = TwoChecks();
  run.mutable_checks(0)->set_outcome(v1::OUTCOME_FAILED);
  run.mutable_checks(0)->set_shadow(true);
  EXPECT_THAT(lines.News(run, {}), ElementsAre("✗ FAILED  a  (shadow)"));
}

TEST(ProgressLines, SaysNothingOfDeselectedChecks) {
  ProgressLines lines(Terminal{});
  v1::Run run = TwoChecks();
  run.mutable_checks(0)->set_outcome(v1::OUTCOME_SKIPPED);
  run.mutable_checks(0)->set_deselected(true);
  EXPECT_THAT(lines.News(run, {}), IsEmpty());
}

}  // namespace
}  // namespace smokemesh::coordinator
