#include "coordinator/plan/policy_file.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

#include "coordinator/plan/plan_validator.h"
#include "coordinator/plan/policy_rules.h"
#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

// A plan as a record has it: with its defaults.
v1::Plan JudgedPlan() {
  v1::Plan plan = LoadPlan(kFullPlan, "plan.yaml").plan;
  ApplyDefaults(&plan);
  return plan;
}

std::string Problems(std::string_view yaml) {
  return FormatProblems(LoadPolicy(yaml, "policy.yaml", JudgedPlan()).problems);
}

constexpr std::string_view kPolicy =
    "rollback:\n"
    "  - {rule: any, select: critical, not_passed_at_least: 1}\n"
    "hold:\n"
    "  - {rule: shaky, select: smoke, flaky_at_least: 1, counts: failures_and_missing}\n"
    "tolerate:\n"
    "  - {rule: slow, select: slow, not_passed_at_most: 1}\n"
    "clean_rounds: 2\n";

std::string Inside(std::string_view policy) {
  std::string out = "policy:\n  ";
  for (const char c : policy) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out + "\n";
}

TEST(PolicyFileTest, IsAPolicyOrHoldsOneOrIsAPlan) {
  const LoadedPolicy bare = LoadPolicy(kPolicy, "policy.yaml", JudgedPlan());
  EXPECT_EQ(FormatProblems(bare.problems), "");
  ASSERT_EQ(bare.policy.rollback_size(), 1);
  EXPECT_EQ(bare.policy.rollback(0).counts(), v1::COUNTS_FAILURES);
  EXPECT_EQ(bare.policy.hold(0).counts(), v1::COUNTS_FAILURES_AND_MISSING);
  EXPECT_EQ(bare.policy.tolerate(0).counts(), v1::COUNTS_FAILURES);
  EXPECT_EQ(bare.policy.clean_rounds(), 2);
  for (const std::string& yaml : {Inside(kPolicy), "name: other\nchecks: 5\n" + Inside(kPolicy)}) {
    const LoadedPolicy loaded = LoadPolicy(yaml, "policy.yaml", JudgedPlan());
    EXPECT_EQ(FormatProblems(loaded.problems), "");
    EXPECT_TRUE(MessageDifferencer::Equals(loaded.policy, bare.policy)) << yaml;
  }
}

TEST(PolicyFileTest, APlanWithoutAPolicyHasTheDefaultOne) {
  const LoadedPolicy loaded = LoadPolicy("name: other\n", "policy.yaml", JudgedPlan());
  EXPECT_EQ(FormatProblems(loaded.problems), "");
  EXPECT_TRUE(MessageDifferencer::Equals(loaded.policy, DefaultPolicy(JudgedPlan())));
  // … which must fit the checks that it judges.
  v1::Plan untagged = JudgedPlan();
  for (v1::Check& check : *untagged.mutable_checks()) check.clear_tags();
  EXPECT_THAT(FormatProblems(LoadPolicy("name: other\n", "policy.yaml", untagged).problems),
              HasSubstr("policy.yaml:1:1: no check has a tag that the default policy looks at"));
}

TEST(PolicyFileTest, ThePolicyOfAPlanIsReadAsThePlanReadsIt) {
  const v1::Plan plan = JudgedPlan();
  const LoadedPolicy loaded = LoadPolicy(kFullPlan, "plan.yaml", plan);
  EXPECT_EQ(FormatProblems(loaded.problems), "");
  EXPECT_TRUE(MessageDifferencer::Equals(loaded.policy, plan.policy()));
}

TEST(PolicyFileTest, NamesTheFieldAndThePlace) {
  EXPECT_EQ(Problems("rollbak: []\n"),
            "policy.yaml:1:1: unknown field \"rollbak\" in the policy (did you mean "
            "\"rollback\"?)\n");
  EXPECT_EQ(Problems("rollback:\n  - {rule: a, selct: smoke, not_passed_at_least: x}\n"),
            "policy.yaml:2:15: unknown field \"selct\" in rule \"a\" (did you mean \"select\"?)\n"
            "policy.yaml:2:50: \"not_passed_at_least\" of rule \"a\" must be a whole number, not "
            "\"x\"\n");
  EXPECT_EQ(Problems("tolerate:\n  - {rule: a, not_passed_at_most: 1, not_passed_ratio_at_most: "
                     "0.5}\n"),
            "policy.yaml:2:38: tolerance \"a\" has both \"not_passed_at_most\" and "
            "\"not_passed_ratio_at_most\": a tolerance has exactly one limit\n");
  EXPECT_EQ(Problems("rollback:\n  - {rule: a, select: smok, not_passed_at_least: 1}\n"),
            "policy.yaml:2:23: rule \"a\" selects no check of the plan: it could never hold; no "
            "check has the tag \"smok\" (did you mean \"smoke\"?)\n");
  EXPECT_THAT(Problems("hold: []\n"),
              HasSubstr("policy.yaml:1:1: the policy has no rollback rule"));
  EXPECT_THAT(Problems("# nothing\nname: x\npolicy: {hold: []}\n"),
              HasSubstr("policy.yaml:3:1: the policy has no rollback rule"));
}

TEST(PolicyFileTest, AMisspeltPolicyOfAPlanIsNotTheDefaultOne) {
  EXPECT_THAT(Problems("name: x\npolcy: {rollback: []}\n"),
              HasSubstr("policy.yaml:2:1: unknown field \"polcy\" in the plan (did you mean "
                        "\"policy\"?)"));
  EXPECT_THAT(Problems("name: x\nrollback: []\n"),
              HasSubstr("policy.yaml:2:1: \"rollback\" belongs under \"policy\" of a plan"));
  EXPECT_THAT(Problems("policy:\n"), HasSubstr("\"policy\" of the plan has no value"));
}

TEST(PolicyFileTest, WhatIsNoPolicyIsNoPolicy) {
  EXPECT_EQ(Problems(""),
            "policy.yaml: the policy is empty: it needs at least one rollback rule\n");
  EXPECT_THAT(Problems("[a]\n"), HasSubstr("policy.yaml:1:1: the policy must be a map of fields"));
  EXPECT_THAT(Problems("just text\n"), HasSubstr("the policy must be a map of fields"));
  EXPECT_THAT(Problems("policy: [a]\n"), HasSubstr("\"policy\" of the plan must be a map"));
  EXPECT_THAT(Problems("rollback: [\n"), HasSubstr("policy.yaml:"));
  EXPECT_THAT(Problems("rollback: &a []\n"), HasSubstr("anchors"));
  EXPECT_THAT(Problems("rollback: []\n---\nhold: []\n"),
              HasSubstr("a policy is one document, so write one file for each policy"));
  EXPECT_THAT(Problems("hold: []\nhold: []\n"), HasSubstr("\"hold\" is here twice"));
}

}  // namespace
}  // namespace smokemesh::coordinator
