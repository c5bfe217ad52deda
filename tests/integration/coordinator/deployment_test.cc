#include <gmock/gmock.h>

#include <string>

#include "shared/duration.h"
#include "tests/integration/coordinator/coordinator_fixture.h"
#include "tests/integration/coordinator/scripted_agent.h"

// What stands beside agents, and two processes of one name, over real streams and a real store.

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

class DeploymentTest : public CoordinatorTest {
 protected:
  void SetUp() override { Start(); }

  static v1::CreateRunRequest Request(std::chrono::seconds wait) {
    v1::CreateRunRequest request = MakeRequest("q", MakePlan({"one"}, "api"));
    (*request.mutable_options()->mutable_deployment())["api"] = "v42";
    *request.mutable_options()->mutable_agent_wait() = shared::ToProto(wait);
    return request;
  }
  static v1::Hello Saying(const std::string& version, const std::string& incarnation) {
    v1::Hello hello = MakeHello("api-1", "api");
    hello.set_deployment(version);
    hello.set_incarnation(incarnation);
    return hello;
  }
  v1::AgentInfo OnlyAgent() {
    grpc::ClientContext context;
    v1::ListAgentsResponse response;
    EXPECT_TRUE(stub_->ListAgents(&context, {}, &response).ok());
    return response.agents_size() == 1 ? response.agents(0) : v1::AgentInfo();
  }
};

TEST_F(DeploymentTest, AnotherVersionIsNeverPromoted) {
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(Saying("v41", "1")));
  EXPECT_EQ(OnlyAgent().deployment(), "v41");
  const v1::Run run = AwaitEnd(MustCreate(Request(std::chrono::seconds(1))));
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(run.checks(0).reason(),
            "no agent beside \"api\" says version v42: agent \"api-1\" says v41");
}

TEST_F(DeploymentTest, AnUpdateDuringTheWaitIsTakenAndOneDuringTheRunIsNot) {
  const std::string run_id = MustCreate(Request(std::chrono::seconds(15)));
  {
    ScriptedAgent old(NewChannel());
    ASSERT_TRUE(old.Join(Saying("v41", "1")));
  }
  std::optional<v1::Assignment> task;
  {
    ScriptedAgent updated(NewChannel());
    ASSERT_TRUE(updated.Join(Saying("v42", "2")));
    task = updated.NextAssignment();
    ASSERT_TRUE(task.has_value());
  }
  ScriptedAgent next(NewChannel());
  v1::Hello hello = Saying("v43", "3");
  hello.add_tasks_in_hand(task->task_id());  // kept by the one before it
  ASSERT_TRUE(next.Join(hello));
  ASSERT_TRUE(next.SendResults(1, {ResultOf(*task, "api-1")}));
  const v1::Run run = AwaitEnd(run_id);
  EXPECT_EQ(run.checks(0).reason(),
            "agent \"api-1\" says version v43, and the run judges version v42");
  EXPECT_EQ(run.checks(0).tasks(0).deployment(), "v42") << "what stood there when it was sent";
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(DeploymentTest, OfTwoProcessesOfOneNameTheNewerOneStays) {
  ScriptedAgent older(NewChannel());
  ASSERT_TRUE(older.Join(Saying("", "older")));
  ScriptedAgent newer(NewChannel());
  ASSERT_TRUE(newer.Join(Saying("", "newer")));
  const grpc::Status status = older.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  for (int i = 0; i < 3; ++i) {
    ScriptedAgent again(NewChannel());
    ASSERT_TRUE(again.SendHello(Saying("", "older")));
    EXPECT_EQ(again.ReadToTheEnd().error_code(), grpc::StatusCode::ALREADY_EXISTS);
  }
  EXPECT_THAT(OnlyAgent().problem(), HasSubstr("refused 3 times"));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"one"}, "api")));
  const auto task = newer.NextAssignment();
  ASSERT_TRUE(task.has_value()) << "its session was never touched";
  ASSERT_TRUE(newer.SendResults(1, {ResultOf(*task, "api-1")}));
  EXPECT_EQ(AwaitEnd(run_id).verdict().decision(), v1::DECISION_PROMOTE);
}

}  // namespace
}  // namespace smokemesh::testing
