#include "coordinator/cli/run_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace smokemesh::coordinator {
namespace {

v1::ListRunsResponse ThreeRuns() {
  v1::ListRunsResponse response;
  v1::RunSummary& round = *response.add_runs();
  round.set_run_id("r3");
  round.set_plan_name("p");
  round.set_state(v1::Run::STATE_FINISHED);
  round.mutable_create_time()->set_seconds(1'800'000'000);
  round.set_decision(v1::DECISION_HOLD);
  round.set_summary("HOLD: 1 of 9 checks did not pass");
  round.set_bake_id("b\x1b");
  round.set_round(3);
  v1::RunSummary& open = *response.add_runs();
  open.set_run_id("r2");
  open.set_plan_name("p");
  open.set_state(v1::Run::STATE_RUNNING);
  open.mutable_create_time()->set_seconds(1'800'000'000);
  open.set_bake_id("b");
  open.set_round(2);
  v1::RunSummary& clean_up = *response.add_runs();
  clean_up.set_run_id("r1");
  clean_up.set_plan_name("p");
  clean_up.set_state(v1::Run::STATE_FINISHED);
  clean_up.mutable_create_time()->set_seconds(1'800'000'000);
  clean_up.set_clean_up(true);
  clean_up.set_summary("Clean: 1 run, 1 check: all clean");
  return response;
}

TEST(RunList, NamesTheRoundsOfBakes) {
  EXPECT_EQ(RunListText(ThreeRuns()),
            "RUN  CREATED               PLAN  VERDICT   SUMMARY\n"
            "r3   2027-01-15T08:00:00Z  p     HOLD      "
            "round 3 of bake b\\x1b: 1 of 9 checks did not pass\n"
            "r2   2027-01-15T08:00:00Z  p     running   round 2 of bake b\n"
            "r1   2027-01-15T08:00:00Z  p     clean-up  Clean: 1 run, 1 check: all clean\n");
  EXPECT_EQ(RunListText({}), "no runs\n");
}

TEST(RunList, IsJson) {
  const auto json = nlohmann::json::parse(RunListJson(ThreeRuns()));
  EXPECT_EQ(json["format"], "smokemesh.runs.v1");
  EXPECT_EQ(json["runs"][0]["decision"], "HOLD");
  EXPECT_EQ(json["runs"][0]["round"], 3);
  EXPECT_EQ(json["runs"][0]["state"], "FINISHED");
  EXPECT_EQ(json["runs"][1]["state"], "RUNNING");
  EXPECT_EQ(json["runs"][1]["decision"], nullptr);
  EXPECT_EQ(json["runs"][2]["clean_up"], true);
  EXPECT_EQ(json["runs"][2]["bake_id"], nullptr);
  EXPECT_EQ(json["runs"][2]["round"], nullptr);
  EXPECT_EQ(nlohmann::json::parse(RunListJson({}))["runs"].dump(), "[]");
}

}  // namespace
}  // namespace smokemesh::coordinator
