#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/integration/coordinator/coordinator_fixture.h"
#include "tests/integration/coordinator/scripted_agent.h"

// Runs that clean up after earlier ones, as a coordinator with a store takes and does them.

namespace smokemesh::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Targets(const v1::Assignment& assignment) {
  std::vector<std::string> targets;
  for (const v1::CleanUpTarget& target : assignment.clean_up()) {
    targets.push_back(target.run_id() + " by " + target.agent_id());
  }
  return targets;
}

class CleanUpTest : public CoordinatorTest {
 protected:
  void SetUp() override { Start(); }

  v1::CreateRunRequest CleanRequest(const std::string& request_id,
                                    const std::vector<std::string>& run_ids) {
    v1::CreateRunRequest request = MakeRequest(request_id, MakePlan({"a"}, "api"));
    for (const std::string& run_id : run_ids) {
      request.mutable_options()->add_clean_runs()->set_run_id(run_id);
    }
    return request;
  }

  // A run that agent `api-1` had, and that is over.
  std::string FinishedRun(const std::string& request_id) {
    const std::string run_id = MustCreate(MakeRequest(request_id, MakePlan({"a"}, "api")));
    ScriptedAgent agent(NewChannel());
    EXPECT_TRUE(agent.Join(MakeHello("api-1", "api")));
    const auto assignment = agent.NextAssignment();
    EXPECT_TRUE(assignment.has_value());
    if (assignment.has_value()) {
      EXPECT_TRUE(agent.SendResults(1, {ResultOf(*assignment, "api-1")}));
      EXPECT_TRUE(agent.NextAck().has_value());
    }
    AwaitEnd(run_id);
    return run_id;
  }

  void ExpectRefused(const v1::CreateRunRequest& request, grpc::StatusCode code,
                     const std::string& text) {
    v1::Run run;
    const grpc::Status status = Create(request, &run);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
  }
};

TEST_F(CleanUpTest, AnotherAgentGetsTheNamesThatTheRecordHas) {
  const std::string old = FinishedRun("q1");
  const v1::CreateRunRequest request = CleanRequest("q2", {old});
  const std::string run_id = MustCreate(request);
  EXPECT_EQ(MustCreate(request), run_id) << "the same request is the same run";
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-2", "api")));
  const auto assignment = agent.NextAssignment();
  ASSERT_TRUE(assignment.has_value());
  EXPECT_THAT(Targets(*assignment), ElementsAre(old + " by api-1"));
  ASSERT_TRUE(agent.SendResults(1, {ResultOf(*assignment, "api-2")}));
  const v1::Run run = AwaitEnd(run_id);
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_EQ(run.verdict().summary(), "Clean: 1 run, 1 check: all clean");
  v1::Run latest;
  ASSERT_TRUE(Get("latest", &latest).ok());
  EXPECT_EQ(latest.run_id(), old) << "the newest that is judged";
}

TEST_F(CleanUpTest, TheNamesAreStillKnownAfterARestart) {
  const std::string old = FinishedRun("q1");
  MustCreate(CleanRequest("q2", {old}));
  Stop();
  Start();
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-2", "api")));
  const auto assignment = agent.NextAssignment();
  ASSERT_TRUE(assignment.has_value());
  EXPECT_THAT(Targets(*assignment), ElementsAre(old + " by api-1"));
}

TEST_F(CleanUpTest, ARunThatIsStillGoingOnIsRefusedByName) {
  const std::string open = MustCreate(MakeRequest("q1", MakePlan({"a"}, "api")));
  ExpectRefused(CleanRequest("q2", {open}), grpc::StatusCode::FAILED_PRECONDITION,
                "run " + open + " is still going on");
}

TEST_F(CleanUpTest, ARunOfAnotherPlanOrOneThatCleansUpIsRefused) {
  const std::string old = FinishedRun("q1");
  v1::CreateRunRequest other = CleanRequest("q2", {old});
  other.mutable_plan()->set_name("other");
  ExpectRefused(other, grpc::StatusCode::INVALID_ARGUMENT, "run " + old + " is a run of plan");
  const std::string clean = MustCreate(CleanRequest("q3", {old}));
  ExpectRefused(CleanRequest("q4", {clean}), grpc::StatusCode::INVALID_ARGUMENT,
                "run " + clean + " only cleaned up after others");
}

TEST_F(CleanUpTest, ARequestThatMakesNoSenseIsRefused) {
  ExpectRefused(CleanRequest("q1", {""}), grpc::StatusCode::INVALID_ARGUMENT,
                "the run to clean up after is \"\"");
  ExpectRefused(CleanRequest("q1", {"x", "x"}), grpc::StatusCode::INVALID_ARGUMENT, "twice");
  std::vector<std::string> many;
  for (int i = 0; i < 101; ++i) many.push_back("r" + std::to_string(i));
  ExpectRefused(CleanRequest("q1", many), grpc::StatusCode::INVALID_ARGUMENT, "at most 100");
  v1::CreateRunRequest agents = CleanRequest("q1", {"x"});
  agents.mutable_options()->mutable_clean_runs(0)->add_agent_ids("a b");
  ExpectRefused(agents, grpc::StatusCode::INVALID_ARGUMENT, "the agent to clean up after");
}

}  // namespace
}  // namespace smokemesh::testing
