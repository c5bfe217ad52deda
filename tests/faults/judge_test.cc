#include "tests/faults/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smokemesh::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

FaultRun Ran(const std::string& fault, const std::string& decision,
             const std::vector<std::pair<std::string, std::string>>& outcomes) {
  FaultRun run;
  run.fault = fault;
  run.run.decision = decision;
  for (const auto& [name, outcome] : outcomes) {
    CheckRun check;
    check.name = name;
    check.suite = "services";
    check.outcome = outcome;
    run.run.checks.push_back(check);
  }
  return run;
}

TEST(Judge, AcceptsWhatIsExpected) {
  FaultRun run = Ran("f", "ROLLBACK", {{"a", "FAILED"}, {"b", "FAILED"}, {"c", "BLOCKED"}});
  run.run.checks[2].blocked_by = "FAILED";
  EXPECT_THAT(Judge(run, {.red = {"a"}, .may = {"b"}}), IsEmpty());
  EXPECT_THAT(Judge(run, {.red = {"a"}, .may = {"@services"}}), IsEmpty());
  EXPECT_THAT(Judge(run, {.red = {"a"}, .may = {"@all"}}), IsEmpty());
}

TEST(Judge, ARedCheckMayBeBlockedOnlyWhereThatIsSaid) {
  FaultRun run = Ran("f", "ROLLBACK", {{"a", "FAILED"}, {"b", "BLOCKED"}});
  run.run.checks[1].blocked_by = "FAILED";
  const Expectation strict = {.red = {"b"}, .may = {"a"}};
  EXPECT_THAT(Judge(run, strict), ElementsAre("b is BLOCKED, it must be FAILED"));
  const Expectation chance = {.red = {"b"}, .or_blocked = {"b"}, .may = {"a"}};
  EXPECT_THAT(Judge(run, chance), IsEmpty());
  run.run.checks[1].blocked_by = "MISSING";
  EXPECT_THAT(Judge(run, chance), ElementsAre("b is BLOCKED, it must be FAILED"));
}

TEST(Judge, AFaultThatNobodySeesIsWrong) {
  EXPECT_THAT(
      Judge(Ran("f", "PROMOTE", {{"a", "PASSED"}}), {.red = {"a"}}),
      UnorderedElementsAre("nobody saw the fault: no check is FAILED",
                           "the broken platform is promoted", "a is PASSED, it must be FAILED"));
}

TEST(Judge, OneOfSeveralMustBeRed) {
  const Expectation expected = {.any_of = {"a", "b"}};
  EXPECT_THAT(Judge(Ran("f", "HOLD", {{"a", "PASSED"}, {"b", "FAILED"}}), expected), IsEmpty());
  EXPECT_THAT(Judge(Ran("f", "HOLD", {{"a", "PASSED"}, {"c", "FAILED"}}), expected),
              UnorderedElementsAre(HasSubstr("c is FAILED, which"),
                                   "none of these is FAILED, one must be: a, b"));
}

TEST(Judge, ACheckThatIsRedWithoutNeedIsWrong) {
  EXPECT_THAT(Judge(Ran("f", "HOLD", {{"a", "FAILED"}, {"b", "FAILED"}}), {.red = {"a"}}),
              ElementsAre(HasSubstr("b is FAILED, which this fault does not explain")));
}

TEST(Judge, ErroredIsNoEvidenceOfAFault) {
  const FaultRun run = Ran("f", "ROLLBACK", {{"a", "FAILED"}, {"b", "ERRORED"}});
  EXPECT_THAT(Judge(run, {.red = {"a", "b"}}), ElementsAre("b is ERRORED, it must be FAILED"));
  EXPECT_THAT(Judge(run, {.red = {"a"}, .may = {"b"}}), ElementsAre("b is ERRORED: "));
  EXPECT_THAT(Judge(run, {.red = {"a"}, .no_evidence = {"b"}}), IsEmpty());
}

TEST(Judge, BlockedForWantOfEvidenceIsNoAnswer) {
  FaultRun run = Ran("f", "HOLD", {{"a", "FAILED"}, {"b", "BLOCKED"}});
  run.run.checks[1].blocked_by = "ERRORED";
  EXPECT_THAT(Judge(run, {.red = {"a"}}), ElementsAre("b is BLOCKED: "));
}

TEST(Judge, TheHealthyPlatformIsPromotedWithoutRetries) {
  EXPECT_THAT(Judge(Ran("", "PROMOTE", {{"a", "PASSED"}, {"b", "SKIPPED"}}), {}), IsEmpty());
  EXPECT_THAT(Judge(Ran("", "PROMOTE", {{"a", "FLAKY"}}), {}), ElementsAre("a is FLAKY: "));
  EXPECT_THAT(Judge(Ran("", "HOLD", {{"a", "FAILED"}}), {}),
              ElementsAre("the healthy platform is not promoted: HOLD", HasSubstr("a is FAILED")));
}

TEST(Judge, LeftoversAreWrongUnlessExplained) {
  FaultRun run = Ran("f", "HOLD", {{"a", "FAILED"}});
  run.leftovers = {"redis key event:x:1", "schema smoke_1"};
  EXPECT_THAT(Judge(run, {.red = {"a"}, .leaves = {"redis key event:.*"}, .leaves_why = "why"}),
              ElementsAre("left behind: schema smoke_1"));
}

TEST(Judge, WhatCouldNotBeRunIsWrong) {
  FaultRun run;
  run.fault = "f";
  run.problem = absl::DeadlineExceededError("the run did not end");
  EXPECT_THAT(Judge(run, {.red = {"a"}}), ElementsAre("the run did not end"));
}

TEST(JudgeExpectations, FindsGapsOnBothSides) {
  const PlanRun plan = Ran("", "PROMOTE", {{"a", "PASSED"}, {"b", "PASSED"}}).run;
  EXPECT_THAT(JudgeExpectations({{"f", {.red = {"a"}, .may = {"@services", "@all"}}},
                                 {"g", {.red = {"b", "gone"}}}},
                                {"f", "h"}, plan),
              UnorderedElementsAre("no expectation for fault h",
                                   "an expectation for a fault that does not exist: g",
                                   "g: the plan has no check gone"));
  EXPECT_THAT(JudgeExpectations({{"f", {.red = {"a"}}}}, {"f"}, plan),
              ElementsAre("no fault turns this check red: b"));
}

TEST(ParseExpectations, ReadsAllAndRefusesTheRest) {
  const auto read = ParseExpectations(
      "f:\n  red: [a, b]\n  or_blocked: [b]\n  may: ['@services']\n  no_evidence: [c]\n"
      "  leaves: ['schema .*']\n  leaves_why: because\n  original: '-'\n");
  ASSERT_TRUE(read.ok()) << read.status();
  const Expectation& f = read->at("f");
  EXPECT_THAT(f.red, ElementsAre("a", "b"));
  EXPECT_THAT(f.or_blocked, ElementsAre("b"));
  EXPECT_THAT(f.may, ElementsAre("@services"));
  EXPECT_THAT(f.no_evidence, ElementsAre("c"));
  EXPECT_THAT(f.leaves, ElementsAre("schema .*"));
  EXPECT_EQ(f.leaves_why, "because");
  EXPECT_EQ(f.original, "-");
  for (const char* bad : {"f: {red: []}", "f: {red: [a], or_blocked: [b]}", "f: {may: [a]}",
                          "f: {red: [a], green: [b]}", "f: {red: a}", "f: {red: [a], leaves: [x]}",
                          "f: {red: [a]}\nf: {red: [b]}", "f: ["}) {
    EXPECT_FALSE(ParseExpectations(bad).ok()) << bad;
  }
}

TEST(ParsePlanRun, ReadsOutcomesAndFirstEvidence) {
  const auto run = ParsePlanRun(R"({"verdict": {"decision": "HOLD", "exit_code": 5}, "checks": [
      {"name": "a", "suite": "s", "outcome": "FAILED", "reason": "why", "blocked_by": null,
       "agents": [{"failures": []}, {"failures": [{"expected": "x", "seen": "y", "hint": null}]}]},
      {"name": "b", "suite": "s", "outcome": "BLOCKED", "blocked_by": "FAILED"}]})");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->decision, "HOLD");
  EXPECT_EQ(run->exit_code, 5);
  ASSERT_EQ(run->checks.size(), 2U);
  EXPECT_EQ(run->checks[0].message, "why");
  EXPECT_EQ(run->checks[0].expected, "x");
  EXPECT_EQ(run->checks[0].seen, "y");
  EXPECT_EQ(run->checks[1].blocked_by, "FAILED");
  EXPECT_FALSE(ParsePlanRun("Segmentation fault").ok());
  EXPECT_FALSE(ParsePlanRun("[]").ok());
}

}  // namespace
}  // namespace smokemesh::testing
