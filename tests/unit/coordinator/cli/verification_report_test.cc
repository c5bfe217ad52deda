#include "coordinator/cli/verification_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace smokemesh::coordinator {
namespace {

v1::Run Finished() {
  v1::Run run;
  run.set_run_id("r");
  run.set_plan_name("p");
  run.set_state(v1::Run::STATE_FINISHED);
  run.mutable_create_time()->set_seconds(1'800'000'000);
  run.set_plan_digest("aa");
  run.set_policy_digest("bb");
  run.mutable_verdict()->set_decision(v1::DECISION_PROMOTE);
  run.mutable_verdict()->set_summary("all 2 checks passed");
  return run;
}

TEST(VerificationReport, SaysWhatWasLookedAt) {
  Verification verification;
  verification.checks = 2;
  verification.pairs = 3;
  verification.results = 1;
  EXPECT_EQ(VerificationText(Finished(), verification),
            "Run r of p, 2027-01-15T08:00:00Z\n"
            "looked at  2 checks, 3 pairs, 1 stored result\n"
            "plan       sha256 aa\n"
            "policy     sha256 bb\n"
            "recorded   PROMOTE: all 2 checks passed\n"
            "VERIFIED: the verdict follows from the stored evidence\n");
}

TEST(VerificationReport, NamesEveryProblem) {
  Verification verification;
  verification.problems = {"the plan is not the one\nthat was judged", "second"};
  verification.verdict.set_decision(v1::DECISION_ROLLBACK);
  verification.verdict.set_summary("rule x holds");
  EXPECT_EQ(VerificationText(Finished(), verification),
            "Run r of p, 2027-01-15T08:00:00Z\n"
            "looked at  0 checks, 0 pairs, 0 stored results\n"
            "plan       sha256 aa\n"
            "policy     sha256 bb\n"
            "recorded   PROMOTE: all 2 checks passed\n"
            "made again ROLLBACK: rule x holds\n"
            "problem    the plan is not the one\\nthat was judged\n"
            "problem    second\n"
            "NOT VERIFIED: 2 problems\n");
}

TEST(VerificationReport, IsJson) {
  Verification verification;
  verification.checks = 2;
  auto json = nlohmann::json::parse(VerificationJson(Finished(), verification));
  EXPECT_EQ(json["format"], "smokemesh.verify.v1");
  EXPECT_EQ(json["verified"], true);
  EXPECT_EQ(json["looked_at"]["checks"], 2);
  EXPECT_EQ(json["plan"]["sha256"], "aa");
  EXPECT_EQ(json["policy"]["sha256"], "bb");
  EXPECT_EQ(json["problems"].dump(), "[]");
  verification.problems = {"x"};
  json = nlohmann::json::parse(VerificationJson(Finished(), verification));
  EXPECT_EQ(json["verified"], false);
  EXPECT_EQ(json["problems"][0], "x");
  EXPECT_EQ(json["recorded"]["decision"], "PROMOTE");
}

}  // namespace
}  // namespace smokemesh::coordinator
