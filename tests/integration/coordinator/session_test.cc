#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/session/agent_session_service.h"
#include "tests/integration/coordinator/coordinator_fixture.h"
#include "tests/integration/coordinator/scripted_agent.h"

// How a stream of an agent begins and ends.

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

class SessionTest : public CoordinatorTest {
 protected:
  void SetUp() override { Start(); }

  v1::ListAgentsResponse Agents() {
    grpc::ClientContext context;
    v1::ListAgentsResponse response;
    const grpc::Status status = stub_->ListAgents(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

TEST_F(SessionTest, WelcomesAnAgentAndListsIt) {
  ScriptedAgent agent(NewChannel());
  v1::Hello hello = MakeHello("api-1", "api");
  (*hello.mutable_labels())["zone"] = "a";
  ASSERT_TRUE(agent.SendHello(hello));
  const auto answer = agent.Next();
  ASSERT_TRUE(answer.has_value() && answer->has_welcome());
  EXPECT_FALSE(answer->welcome().session_id().empty());
  EXPECT_EQ(answer->welcome().heartbeat_interval().seconds(), 5);
  const v1::ListAgentsResponse agents = Agents();
  ASSERT_EQ(agents.agents_size(), 1);
  EXPECT_EQ(agents.agents(0).agent_id(), "api-1");
  EXPECT_EQ(agents.agents(0).service(), "api");
  EXPECT_EQ(agents.agents(0).labels().at("zone"), "a");
  EXPECT_EQ(agents.agents(0).state(), v1::AgentInfo::STATE_CONNECTED);
}

TEST_F(SessionTest, RefusesAStreamThatDoesNotBeginWithHello) {
  ScriptedAgent agent(NewChannel());
  v1::ConnectRequest message;
  message.mutable_heartbeat();
  ASSERT_TRUE(agent.Send(message));
  const grpc::Status status = agent.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("first message must be Hello"));
  EXPECT_EQ(Agents().agents_size(), 0);
}

TEST_F(SessionTest, RefusesBytesThatAreNoMessage) {
  grpc::GenericStub stub(NewChannel());
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto stream =
      stub.PrepareCall(&context, "/smokemesh.v1.AgentSessionService/Connect", &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  stream->StartCall(nullptr);
  ASSERT_TRUE(wait());
  grpc::Slice slice("\xff\xff\xff garbage");
  stream->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  ASSERT_TRUE(wait());
  grpc::Status status;
  stream->Finish(&status, nullptr);
  ASSERT_TRUE(wait());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("ConnectRequest"));
}

TEST_F(SessionTest, RefusesASecondHello) {
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
  ASSERT_TRUE(agent.SendHello(MakeHello("api-1", "api")));
  const grpc::Status status = agent.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("second Hello"));
}

TEST_F(SessionTest, RefusesAMessageAboveTheLimitAndKeepsServingOthers) {
  ScriptedAgent other(NewChannel());
  ASSERT_TRUE(other.Join(MakeHello("api-2", "api")));
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
  v1::ConnectRequest message;
  message.mutable_drain_notice()->set_reason(std::string(257 * 1024, 'x'));
  ASSERT_TRUE(agent.Send(message));
  const grpc::Status status = agent.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("262144"));

  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  EXPECT_TRUE(other.NextAssignment().has_value());
}

TEST_F(SessionTest, RefusesAnAgentIdThatCannotBePrinted) {
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.SendHello(MakeHello("two words", "api")));
  const grpc::Status status = agent.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("hello.agent_id"));
}

TEST_F(SessionTest, OnlyAnAgentInTheProcessMayStandForAll) {
  v1::Hello hello = MakeHello("one-shot", "");
  hello.set_stands_for_all(true);
  {
    ScriptedAgent outside(NewChannel());
    ASSERT_TRUE(outside.SendHello(hello));
    EXPECT_EQ(outside.ReadToTheEnd().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  }
  ScriptedAgent inside(coordinator_->InProcessChannel());
  ASSERT_TRUE(inside.Join(hello));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "anything")));
  EXPECT_TRUE(inside.NextAssignment().has_value());
}

TEST_F(SessionTest, ANewerSessionOfAnAgentTakesThePlaceOfTheOlder) {
  ScriptedAgent older(NewChannel());
  ASSERT_TRUE(older.Join(MakeHello("api-1", "api")));
  ScriptedAgent newer(NewChannel());
  ASSERT_TRUE(newer.Join(MakeHello("api-1", "api")));
  EXPECT_FALSE(older.ReadToTheEnd().ok());
  EXPECT_EQ(Agents().agents_size(), 1);
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  EXPECT_TRUE(newer.NextAssignment().has_value());
}

// The rest needs a session whose limits are shorter than a coordinator's.

class QuietEvents final : public coordinator::SessionEvents {
 public:
  void OnConnected(std::shared_ptr<coordinator::SessionHandle> session, v1::Hello) override {
    v1::ConnectResponse welcome;
    welcome.mutable_welcome()->set_session_id(session->id());
    session->Send(welcome);
    // More than the peer's window takes, and less than the queue's limit.
    v1::ConnectResponse large;
    large.mutable_assignment()->set_task_id(std::string(1 << 20, 'x'));
    for (int i = 0; i < flood_; ++i) session->Send(large);
    if (close_) session->Close(absl::AbortedError("enough"));
  }
  void OnMessage(std::shared_ptr<coordinator::SessionHandle>, v1::ConnectRequest) override {}
  void OnClosed(std::shared_ptr<coordinator::SessionHandle>, std::string) override {
    closed_.set_value();
  }

  int flood_ = 0;
  bool close_ = false;
  std::promise<void> closed_;
};

class BareSession {
 public:
  explicit BareSession(QuietEvents* events, coordinator::SessionOptions options = {})
      : service_(events, options) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~BareSession() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::shared_ptr<grpc::Channel> channel() const {
    return grpc::CreateChannel("127.0.0.1:" + std::to_string(port_),
                               grpc::InsecureChannelCredentials());
  }

 private:
  coordinator::AgentSessionService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST(BareSessionTest, AnAgentThatSaysNothingIsSentAway) {
  QuietEvents events;
  BareSession server(&events, {.hello_timeout = std::chrono::milliseconds(50)});
  ScriptedAgent agent(server.channel());
  const grpc::Status status = agent.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(status.error_message(), HasSubstr("no Hello within 50ms"));
}

TEST(BareSessionTest, WhatIsQueuedIsSentBeforeTheEnd) {
  QuietEvents events;
  events.flood_ = 10;
  events.close_ = true;
  BareSession server(&events, {.close_timeout = std::chrono::seconds(15)});
  ScriptedAgent agent(server.channel());
  ASSERT_TRUE(agent.SendHello(MakeHello("a", "s")));
  std::vector<v1::ConnectResponse> seen;
  const grpc::Status status = agent.ReadToTheEnd(&seen);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED) << status.error_message();
  EXPECT_EQ(status.error_message(), "enough");
  EXPECT_EQ(seen.size(), 11u);
}

TEST(BareSessionTest, AnAgentThatDoesNotReadCannotHoldUpTheEnd) {
  QuietEvents events;
  events.flood_ = 10;
  events.close_ = true;
  BareSession server(&events, {.close_timeout = std::chrono::milliseconds(50)});
  ScriptedAgent agent(server.channel());
  ASSERT_TRUE(agent.SendHello(MakeHello("a", "s")));
  EXPECT_EQ(events.closed_.get_future().wait_for(std::chrono::seconds(15)),
            std::future_status::ready);
}

TEST(BareSessionTest, AnAgentThatDoesNotReadLosesItsSessionWhenTheQueueIsFull) {
  QuietEvents events;
  events.flood_ = 64;
  BareSession server(&events, {.close_timeout = std::chrono::milliseconds(50)});
  ScriptedAgent agent(server.channel());
  ASSERT_TRUE(agent.SendHello(MakeHello("a", "s")));
  EXPECT_EQ(events.closed_.get_future().wait_for(std::chrono::seconds(15)),
            std::future_status::ready);
}

}  // namespace
}  // namespace smokemesh::testing
