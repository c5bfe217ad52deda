#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/coordinator/coordinator_fixture.h"
#include "tests/integration/coordinator/scripted_agent.h"

// How a coordinator starts, stops and comes back.

namespace smokemesh::testing {
namespace {

using coordinator::Coordinator;
using coordinator::CoordinatorOptions;
using ::testing::HasSubstr;

class LifeCycleTest : public CoordinatorTest {};

TEST_F(LifeCycleTest, ARunGoesOnAfterARestart) {
  Start();
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a", "b"}, "api")));
  std::optional<v1::Assignment> open;
  {
    ScriptedAgent agent(NewChannel());
    ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
    const auto first = agent.NextAssignment();
    const auto second = agent.NextAssignment();
    ASSERT_TRUE(first.has_value() && second.has_value());
    ASSERT_TRUE(agent.Accept(*first) && agent.Accept(*second));
    ASSERT_TRUE(agent.SendResults(1, {ResultOf(*first, "api-1")}));
    ASSERT_EQ(agent.NextAck(), 1u);
    open = second;
  }
  Stop();
  Start();
  ScriptedAgent agent(NewChannel());
  v1::Hello hello = MakeHello("api-1", "api");
  hello.add_tasks_in_hand(open->task_id());
  ASSERT_TRUE(agent.Join(hello));
  Watch watch(stub_.get(), run_id);
  v1::WatchRunResponse event;
  ASSERT_TRUE(watch.Next(&event));
  EXPECT_EQ(event.run().state(), v1::Run::STATE_RUNNING);
  ASSERT_TRUE(agent.SendResults(2, {ResultOf(*open, "api-1")}));
  ASSERT_TRUE(agent.NextAck().has_value());
  v1::Run run;
  EXPECT_TRUE(watch.ToTheEnd(&run).ok());
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_PROMOTE) << run.verdict().summary();
  EXPECT_EQ(run.verdict().counts().passed(), 2);
  // And after another one it is still known.
  Stop();
  Start();
  EXPECT_EQ(AwaitEnd(run_id).verdict().decision(), v1::DECISION_PROMOTE);
}

TEST_F(LifeCycleTest, StoppingSaysGoodbyeToAgentsAndWatchers) {
  Start();
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  ASSERT_TRUE(agent.NextAssignment().has_value());
  Watch watch(stub_.get(), run_id);
  v1::WatchRunResponse event;
  ASSERT_TRUE(watch.Next(&event));
  coordinator_->Stop(std::chrono::milliseconds(200));
  std::vector<v1::ConnectResponse> seen;
  EXPECT_EQ(agent.ReadToTheEnd(&seen).error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_FALSE(seen.empty());
  EXPECT_TRUE(seen.back().has_drain_notice());
  v1::Run last;
  EXPECT_EQ(watch.ToTheEnd(&last).error_code(), grpc::StatusCode::UNAVAILABLE);
  // The run is as it was.
  Stop();
  Start();
  v1::Run run;
  ASSERT_TRUE(Get(run_id, &run).ok());
  EXPECT_EQ(run.state(), v1::Run::STATE_RUNNING);
}

TEST_F(LifeCycleTest, AnAgentLostWhileStoppingIsNotMissing) {
  options_.engine.agent_grace = std::chrono::milliseconds(1);
  Start();
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  auto agent = std::make_unique<ScriptedAgent>(NewChannel());
  ASSERT_TRUE(agent->Join(MakeHello("api-1", "api")));
  ASSERT_TRUE(agent->NextAssignment().has_value());
  std::thread leaver([&] {
    // The goodbye, then the agent's own.
    agent->Next();
    agent.reset();
  });
  coordinator_->Stop(std::chrono::seconds(10));
  leaver.join();
  Stop();
  options_.engine.agent_grace = std::chrono::seconds(15);
  Start();
  v1::Run run;
  ASSERT_TRUE(Get(run_id, &run).ok());
  EXPECT_EQ(run.state(), v1::Run::STATE_RUNNING);
}

TEST_F(LifeCycleTest, APortThatIsTakenIsSaidClearly) {
  Start();
  CoordinatorOptions second;
  second.listen = "127.0.0.1:" + std::to_string(coordinator_->port());
  const auto started = Coordinator::Start(second);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.status().message()),
              HasSubstr("cannot listen on " + second.listen + ": the port is taken"));
}

TEST_F(LifeCycleTest, AnAddressThatIsNoneIsSaidClearly) {
  for (const char* listen : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:http!"}) {
    CoordinatorOptions options;
    options.listen = listen;
    const auto started = Coordinator::Start(options);
    EXPECT_TRUE(absl::IsInvalidArgument(started.status())) << listen << started.status();
  }
}

TEST_F(LifeCycleTest, AStoreThatIsInUseIsSaidClearly) {
  Start();
  CoordinatorOptions second = options_;
  const auto started = Coordinator::Start(second);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.status().message()), HasSubstr("is in use by process"));
}

TEST_F(LifeCycleTest, WithoutAnAddressOnlyTheProcessItselfGetsIn) {
  auto started = Coordinator::Start({});
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ((*started)->port(), 0);
  const auto channel = (*started)->InProcessChannel();
  stub_ = v1::RunService::NewStub(channel);
  v1::Hello hello = MakeHello("one-shot", "");
  hello.set_stands_for_all(true);
  ScriptedAgent agent(channel);
  ASSERT_TRUE(agent.Join(hello));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  const auto task = agent.NextAssignment();
  ASSERT_TRUE(task.has_value());
  ASSERT_TRUE(agent.SendResults(1, {ResultOf(*task, "one-shot")}));
  EXPECT_EQ(AwaitEnd(run_id).verdict().decision(), v1::DECISION_PROMOTE);
  (*started)->Stop(std::chrono::milliseconds(10));
  (*started)->Stop(std::chrono::milliseconds(10));  // again: nothing happens
}

TEST_F(LifeCycleTest, TheHealthServiceAnswers) {
  Start();
  // The request is an empty message; the answer's first field is SERVING (1).
  grpc::GenericStub stub(NewChannel());
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::ByteBuffer request;
  grpc::Slice empty;
  request = grpc::ByteBuffer(&empty, 1);
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  ASSERT_TRUE(status.ok()) << status.error_message();
  grpc::Slice bytes;
  ASSERT_TRUE(answer.DumpToSingleSlice(&bytes).ok());
  ASSERT_EQ(bytes.size(), 2u);
  EXPECT_EQ(bytes.begin()[0], 0x08);
  EXPECT_EQ(bytes.begin()[1], 0x01);
}

}  // namespace
}  // namespace smokemesh::testing
