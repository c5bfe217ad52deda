#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "coordinator/report/reporter.h"
#include "coordinator/report/text_layout.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(TextReport, ShowsShadowChecksApartAndCountsThemNowhereElse) {
  const std::string report = TextReport(ShadowRun(), {});
  const size_t shadow = report.find("Shadow (do not count): 1 passed, 1 failed\n");
  ASSERT_NE(shadow, std::string::npos) << report;
  EXPECT_GT(report.find("FAILED  event_latency"), shadow);
  EXPECT_THAT(report, HasSubstr("Event bus: ✓ 1 passed"));
  EXPECT_THAT(report, EndsWith("\nPROMOTE: all 5 checks passed\n"));
}

TEST(TextReport, ShowsToleratedChecksApartWithTheirEvidence) {
  const std::string report = TextReport(ToleratedRun(), {});
  const size_t tolerated = report.find("\nTolerated\n");
  ASSERT_NE(tolerated, std::string::npos) << report;
  EXPECT_GT(report.find("FAILED  partner_webhook"), tolerated);
  EXPECT_THAT(report, HasSubstr("Event bus: ! 1 passed, 2 failed (2 tolerated)"));
  EXPECT_THAT(report, HasSubstr("  ✓ partners-may-be-late  tolerate  2 of 3 (66.7%)"));
}

TEST(TextReport, SaysWhatARuleMeansAndWhatWouldHaveChangedIt) {
  const std::string report = TextReport(FlakyHoldRun(), {});
  EXPECT_THAT(report, HasSubstr("  ! flaky-limit           hold      2 of 7"));
  EXPECT_THAT(report, HasSubstr("    what if   would not hold with 1 fewer flaky\n"));
  EXPECT_THAT(report, HasSubstr("  ✓ critical-path         rollback  0 of 4"));
}

TEST(TextReport, TellsOfRulesThatDoNotHoldWhatWouldChangeThemOnlyWhenAskedTo) {
  v1::Run run = PromotedRun();
  run.mutable_verdict()->mutable_rules(0)->set_what_if("would hold with 2 failures more");
  EXPECT_THAT(TextReport(run, {}), Not(HasSubstr("would hold with")));
  EXPECT_THAT(TextReport(run, {.verbose = true}),
              HasSubstr("    what if   would hold with 2 failures more\n"));
}

TEST(TextReport, ComparesWithTheLastPromotedRun) {
  EXPECT_THAT(TextReport(ComparedRun(), {}),
              HasSubstr("Since the promoted run 5c6d0e2f-0000-4000-8000-000000000001 of "
                        "2025-11-30T11:20:00Z\n"
                        "  ✗ newly failing: redis_pub_sub\n"
                        "  ! newly slow: login 1.32s, usually 438ms (4 runs)\n"
                        "  ✓ newly passing: partner_webhook\n"
                        "  · new: audit_log\n"));
  EXPECT_THAT(TextReport(PromotedRun(), {}), Not(HasSubstr("Since the promoted")));
}

TEST(TextReport, OfABakeBeginsAndEndsWithItsDecisionAndListsItsRounds) {
  v1::Run run = BakePromotedRun();
  run.mutable_verdict()->set_summary("PROMOTE: the summary of a round");
  const std::string report = TextReport(run, {});
  EXPECT_THAT(report, StartsWith("PROMOTE: the last 2 rounds of 4 passed\n"));
  EXPECT_THAT(report, EndsWith("\nPROMOTE: the last 2 rounds of 4 passed\n"));
  EXPECT_THAT(report,
              HasSubstr("  ✓ 1    PROMOTE       4.21s\n  ! 2    HOLD          4.21s  1 of"));
  EXPECT_THAT(report, HasSubstr("  ✓ 3–4  PROMOTE       4.21s\n"));
}

// Whatever the run itself says, a bake that has not ended has no decision.
TEST(TextReport, OfAnOpenBakeSaysThatNothingIsDecided) {
  v1::Run run = PromotedRun();
  run.mutable_bake()->set_bake_id("b");
  EXPECT_THAT(TextReport(run, {}), EndsWith("\nUNDECIDED\n"));
}

TEST(TextReport, WhenVerboseShowsEveryStepAndWhatWasSeen) {
  const std::string report = TextReport(RolledBackRun(), {.verbose = true});
  EXPECT_THAT(report, HasSubstr("  ✓ PASSED  transaction_commit  380ms  [critical]\n"
                                "      engagement-1 (engagement) · 380ms\n"
                                "        ✓ 1 ask · 126ms: 200 OK, 312 bytes\n"
                                "        ✓ 2 look again · 254ms: 1 row: 0\n"));
  EXPECT_THAT(report, HasSubstr("        – 3 look again · not reached\n"));
  EXPECT_THAT(TextReport(RolledBackRun(), {}), Not(HasSubstr("transaction_commit")));
}

// The verdict's line is for scripts, which take the last one: it is never broken.
TEST(TextReport, KeepsEveryLineButTheVerdictsWithinItsWidth) {
  for (const auto& [name, run] : AllSampleRuns()) {
    if (name == "hostile") continue;  // names of checks, which are never broken, are longer there
    std::vector<std::string> lines =
        Lines(TextReport(run, {.unicode = false, .width = 60, .verbose = true}));
    lines.pop_back();
    for (const std::string& line : lines) EXPECT_LE(Columns(line), 60u) << name << ": " << line;
  }
}

TEST(TextReport, NoLineIsAWorkflowCommand) {
  v1::Run run = RolledBackRun();
  run.set_plan_name("::set-output name=x::y");
  run.mutable_suites(0)->set_title("\xc2\xa0::add-mask::a");
  run.mutable_suites(1)->set_title("##[stop-commands]x");
  run.mutable_verdict()->set_decision(v1::DECISION_UNSPECIFIED);
  for (const bool color : {false, true}) {
    const std::string report = TextReport(run, {.color = color});
    EXPECT_THAT(report, Not(HasSubstr("##[")));
    EXPECT_THAT(report, HasSubstr("\\::set-output"));
    EXPECT_THAT(report, HasSubstr("\\::add-mask"));
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
