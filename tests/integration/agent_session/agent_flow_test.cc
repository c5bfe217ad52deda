// Ready and Go of the built smokemesh-agent over a real socket.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/integration/agent_session/scripted_coordinator.h"
#include "tests/testing/process.h"

namespace smokemesh {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Process;
using testing::ScriptedCoordinator;
using Stream = testing::ScriptedCoordinator::Stream;

constexpr char kTask[] = "run-1/f/gateway-1/1";

class AgentFlowTest : public ::testing::Test {
 protected:
  ~AgentFlowTest() override {
    // What is not acknowledged would hold it up.
    if (process_ != nullptr) process_->Signal(SIGKILL);
  }

  void StartAgent(std::vector<std::string> more = {}) {
    testing::ProcessOptions options;
    options.argv = {
        AGENT_BINARY, "--coordinator", "127.0.0.1:" + std::to_string(coordinator_->port()),
        "--service",  "gateway",       "--id",
        "gateway-1"};
    options.argv.insert(options.argv.end(), more.begin(), more.end());
    options.clean_environment = true;
    auto process = Process::Start(options);
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
    Accept();
  }

  void Accept() {
    std::tie(stream_, hello_) = coordinator_->AcceptHello();
    ASSERT_NE(stream_, nullptr) << process_->Stderr();
    stream_->Welcome();
  }

  // A flow that asks nobody: its step fails at once, since nothing listens on port 1.
  static v1::Assignment Flow(int timeout_seconds, const std::string& task = kTask) {
    v1::Assignment assignment;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(
          run_id: "run-1"
          attempt: 1
          roles: "caller"
          check {
            name: "f"
            flow {
              roles {
                name: "caller"
                steps { http { request { url: "http://127.0.0.1:1/" } } }
              }
            }
          }
        )pb",
        &assignment));
    assignment.set_task_id(task);
    assignment.mutable_check()->mutable_timeout()->set_seconds(timeout_seconds);
    return assignment;
  }

  void Assign(const v1::Assignment& assignment) {
    stream_->Assign(assignment);
    const std::optional<v1::ConnectRequest> message = stream_->Read();
    ASSERT_TRUE(message.has_value() && message->has_assignment_ack());
    ASSERT_TRUE(message->assignment_ack().accepted()) << message->assignment_ack().reason();
  }

  void ExpectReady(const std::string& task = kTask) {
    const std::optional<v1::ConnectRequest> message = stream_->Read();
    ASSERT_TRUE(message.has_value());
    ASSERT_TRUE(message->has_ready()) << message->ShortDebugString();
    EXPECT_EQ(message->ready().task_id(), task);
  }

  void Go() {
    v1::ConnectResponse message;
    message.mutable_go()->set_task_id(kTask);
    stream_->Write(message);
  }

  v1::TaskResult ReadResult() {
    const std::optional<v1::ConnectRequest> message = stream_->Read();
    if (!message.has_value() || !message->has_results()) {
      ADD_FAILURE() << "no result: " << (message.has_value() ? message->ShortDebugString() : "");
      return {};
    }
    return message->results().results(0);
  }

  std::unique_ptr<ScriptedCoordinator> coordinator_ = std::make_unique<ScriptedCoordinator>();
  std::unique_ptr<Process> process_;
  std::shared_ptr<Stream> stream_;
  v1::Hello hello_;
};

TEST_F(AgentFlowTest, SaysReadyOnceWaitsForGoAndReportsItsRoles) {
  StartAgent();
  EXPECT_THAT(hello_.capabilities(), Contains("flow"));
  Assign(Flow(20));
  ExpectReady();
  Go();
  Go();  // twice does not matter
  const v1::TaskResult result = ReadResult();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(result.message(), HasSubstr("role caller: step 1"));
  ASSERT_EQ(result.roles_size(), 1);
  EXPECT_EQ(result.roles(0).role(), "caller");
  EXPECT_TRUE(result.roles(0).has_prepared_after());
  EXPECT_EQ(result.steps(0).role(), "caller");
}

TEST_F(AgentFlowTest, SaysReadyAgainAfterEveryLostStreamUntilGo) {
  StartAgent();
  Assign(Flow(60));
  ExpectReady();
  for (int i = 0; i < 2; ++i) {
    stream_->Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"));
    Accept();
    EXPECT_THAT(hello_.tasks_in_hand(), ElementsAre(kTask));
    ExpectReady();
  }
  Go();
  EXPECT_EQ(ReadResult().outcome(), v1::OUTCOME_FAILED);
}

TEST_F(AgentFlowTest, GoThatANewStreamBringsCounts) {
  StartAgent();
  Assign(Flow(60));
  ExpectReady();
  stream_->Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"));
  Accept();
  Go();
  std::optional<v1::ConnectRequest> message = stream_->Read();
  if (message.has_value() && message->has_ready()) message = stream_->Read();
  ASSERT_TRUE(message.has_value());
  EXPECT_TRUE(message->has_results());
}

TEST_F(AgentFlowTest, ACancellationAtTheBarrierIsAbortedWithItsReason) {
  StartAgent();
  Assign(Flow(60));
  ExpectReady();
  v1::ConnectResponse message;
  message.mutable_cancellation()->set_run_id("run-1");
  message.mutable_cancellation()->set_task_id(kTask);
  message.mutable_cancellation()->set_reason("agent billing-1 is lost");
  stream_->Write(message);
  const v1::TaskResult result = ReadResult();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.message(), "cancelled: agent billing-1 is lost");
}

TEST_F(AgentFlowTest, WithoutGoTheDeadlineMakesItFail) {
  StartAgent();
  const auto begin = steady_clock::now();
  Assign(Flow(1));
  ExpectReady();
  const v1::TaskResult result = ReadResult();
  EXPECT_LT(steady_clock::now() - begin, seconds(10));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(result.message(), HasSubstr("not released"));
  EXPECT_FALSE(result.roles(0).has_latency());
}

TEST_F(AgentFlowTest, AFlowThatWaitsDoesNotKeepOtherChecksFromRunning) {
  StartAgent({"--max-parallel", "1"});
  Assign(Flow(60));
  ExpectReady();
  v1::Assignment plain = Flow(20, "run-1/g/gateway-1/1");
  plain.mutable_check()->set_name("g");
  plain.mutable_check()->mutable_http()->add_steps()->mutable_request()->set_url(
      "http://127.0.0.1:1/");
  plain.clear_roles();
  Assign(plain);
  EXPECT_EQ(ReadResult().check(), "g");
  Go();
  EXPECT_EQ(ReadResult().check(), "f");
}

}  // namespace
}  // namespace smokemesh
