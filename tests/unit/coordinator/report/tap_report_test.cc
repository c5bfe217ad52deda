#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "coordinator/report/reporter.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The lines that are points.
std::vector<std::string> Points(const std::string& report) {
  std::vector<std::string> points;
  std::istringstream in(report);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("ok ", 0) == 0 || line.rfind("not ok ", 0) == 0) points.push_back(line);
  }
  return points;
}

TEST(TapReport, HasOnePointForEachPairEachRuleAndTheVerdict) {
  const std::string report = TapReport(RolledBackRun());
  EXPECT_THAT(report, StartsWith("TAP version 13\n1..14\nok 1 - database_connectivity on "
                                 "engagement-1 (engagement)\n"));
  EXPECT_EQ(Points(report).size(), 10u + 3u + 1u);
  EXPECT_THAT(Points(report), Contains("not ok 8 - status_transition on gateway-1 (gateway)"));
  EXPECT_THAT(Points(report),
              Contains("ok 10 - pgvector # SKIP the server does not offer the extension vector"));
  EXPECT_THAT(Points(report), Contains("ok 13 - rollback rule services-cannot-talk does not hold"));
  EXPECT_THAT(Points(report), Contains(StartsWith("not ok 14 - verdict ROLLBACK: rules too-many")));
}

TEST(TapReport, ShowsShadowToleratedAndOutvotedPairsAsPointsThatDoNotCount) {
  EXPECT_THAT(Points(TapReport(ShadowRun())),
              Contains("not ok 6 - event_latency on identity-1 (identity) # TODO shadow: it does "
                       "not count"));
  EXPECT_THAT(
      Points(TapReport(ToleratedRun())),
      Contains("not ok 6 - partner_webhook on identity-1 (identity) # TODO tolerated by the "
               "policy"));
  EXPECT_THAT(Points(TapReport(HeldRun())),
              Contains("not ok 9 - dns on identity-1 (identity) # TODO the check has its quorum "
                       "without this agent"));
}

TEST(TapReport, LeftOutChecksAreSkipped) {
  EXPECT_THAT(Points(TapReport(PromotedRun())),
              Contains("ok 6 - rate_limit # SKIP left out by -m or -k"));
}

TEST(TapReport, ARunWithoutAnythingIsNotOk) {
  EXPECT_THAT(Points(TapReport(v1::Run())), ElementsAre("not ok 1 - verdict UNDECIDED"));
  EXPECT_THAT(TapReport(v1::Run()), StartsWith("TAP version 13\n1..1\n"));
}

TEST(TapReport, AnOpenBakeIsNotOkWhateverItsLastRoundSays) {
  v1::Run run = PromotedRun();
  run.mutable_bake()->set_bake_id("b");
  EXPECT_THAT(Points(TapReport(run)), Contains("not ok 10 - verdict UNDECIDED"));
}

TEST(TapReport, NoTextOfACheckCanBeADirectiveAPointOrABailOut) {
  v1::Run run = RolledBackRun();
  const std::string attack = "x # SKIP all\nok 99\nBail out! \\# TODO";
  run.mutable_checks(5)->set_name(attack);
  run.mutable_checks(5)->mutable_tasks(0)->set_agent_id("a # TODO");
  run.mutable_checks(5)->mutable_tasks(0)->mutable_result()->set_message("\n...\nok 100");
  run.mutable_checks(5)->mutable_tasks(0)->mutable_result()->mutable_failures(0)->set_actual(
      "\"'it's\n  ...\nnot ok 101 \\");
  const std::string report = TapReport(run);
  EXPECT_THAT(report, HasSubstr("not ok 6 - x \\# SKIP all\\\\nok 99\\\\nBail out! \\\\\\# TODO on "
                                "a \\# TODO (identity)\n"));
  EXPECT_THAT(report, HasSubstr("seen: '\"''it''s\\n  ...\\nnot ok 101 \\'\n"));
  EXPECT_EQ(Points(report).size(), 14u);
  EXPECT_THAT(report, Not(HasSubstr("\nBail out!")));
}

TEST(TapReport, SaysInItsDiagnosticsWhatWasExpectedAndSeen) {
  EXPECT_THAT(TapReport(RolledBackRun()), HasSubstr("  failures:\n"
                                                    "    - step: '2 insert an unknown status'\n"
                                                    "      expected: 'sqlstate == 23514'\n"
                                                    "      seen: '00000 (1 row inserted)'\n"));
}

TEST(TapReport, ListsTheRoundsOfABake) {
  EXPECT_THAT(TapReport(BakeRolledBackRun()),
              HasSubstr("    - round: '2'\n"
                        "      run_id: '0b7e11aa-0000-4000-8000-000000000002'\n"
                        "      verdict: 'HOLD'\n"
                        "      crossed: 'events-late-again'\n"));
}

}  // namespace
}  // namespace smokemesh::coordinator
