// The agent's real session and executor against a scripted coordinator on a real port.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/executor/executor.h"
#include "agent/session/coordinator_channel.h"
#include "agent/session/coordinator_session.h"
#include "tests/integration/agent_session/scripted_coordinator.h"
#include "tests/testing/fake_checks.h"

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using testing::FakeChecks;
using testing::Gate;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using testing::MakeAssignment;
using testing::ScriptedCoordinator;
using testing::WithOutcome;

class AgentSessionTest : public ::testing::Test {
 protected:
  AgentSessionTest() {
    options_.core.hello.set_agent_id("gateway@host");
    options_.core.hello.set_incarnation("incarnation-1");
    options_.core.hello.set_service("gateway");
    options_.core.backoff = {.first = milliseconds(10), .cap = milliseconds(200)};
  }

  ~AgentSessionTest() override {
    gate_.Open();
    if (session_ != nullptr) session_->Stop();
    executor_.reset();
    session_.reset();
  }

  void StartAgent(int port) {
    const auto address = ParseCoordinatorAddress("127.0.0.1:" + std::to_string(port));
    ASSERT_TRUE(address.ok()) << address.status();
    options_.core.peer = address->target;
    session_ = std::make_unique<CoordinatorSession>(options_, MakePlaintextChannel(*address));
    ExecutorOptions executor;
    executor.agent_id = "gateway@host";
    executor.cancel_slack = milliseconds(200);
    executor.clean_up_time = seconds(1);
    executor_ = std::make_unique<Executor>(
        executor, checks_, [this](v1::TaskResult result) { session_->Report(std::move(result)); });
    session_->Start(executor_.get());
  }

  // A check that ends when the test opens the gate.
  void SetGated(const std::string& check) {
    checks_->Set(check, {.run = [this](const CheckContext&) {
                   gate_.Wait();
                   return WithOutcome(v1::OUTCOME_PASSED);
                 }});
  }

  bool WaitStopped() { return session_->WaitStopped(steady_clock::now() + seconds(20)); }

  static std::vector<std::string> TasksInHand(const v1::Hello& hello) {
    return {hello.tasks_in_hand().begin(), hello.tasks_in_hand().end()};
  }

  CoordinatorSessionOptions options_;
  std::shared_ptr<FakeChecks> checks_ = std::make_shared<FakeChecks>();
  Gate gate_;
  std::unique_ptr<CoordinatorSession> session_;
  std::unique_ptr<Executor> executor_;
};

using Stream = std::shared_ptr<ScriptedCoordinator::Stream>;

// Reads an acknowledgement of an assignment.
v1::AssignmentAck ReadAck(const Stream& stream) {
  const std::optional<v1::ConnectRequest> message = stream->Read();
  EXPECT_TRUE(message.has_value() && message->has_assignment_ack())
      << (message.has_value() ? message->ShortDebugString() : "stream ended");
  return message.has_value() ? message->assignment_ack() : v1::AssignmentAck();
}

v1::Results ReadResults(const Stream& stream) {
  const std::optional<v1::ConnectRequest> message = stream->Read();
  EXPECT_TRUE(message.has_value() && message->has_results())
      << (message.has_value() ? message->ShortDebugString() : "stream ended");
  return message.has_value() ? message->results() : v1::Results();
}

TEST_F(AgentSessionTest, RunsAnAssignmentFromHelloToAcknowledgement) {
  ScriptedCoordinator coordinator;
  ASSERT_TRUE(coordinator.ok());
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(hello.agent_id(), "gateway@host");
  EXPECT_EQ(hello.incarnation(), "incarnation-1");
  EXPECT_THAT(TasksInHand(hello), IsEmpty());
  stream->Welcome();
  stream->Assign(MakeAssignment("t1", "login", seconds(5)));
  const v1::AssignmentAck ack = ReadAck(stream);
  EXPECT_EQ(ack.task_id(), "t1");
  EXPECT_TRUE(ack.accepted()) << ack.reason();
  const v1::Results results = ReadResults(stream);
  EXPECT_EQ(results.sequence(), 1u);
  ASSERT_EQ(results.results_size(), 1);
  EXPECT_EQ(results.results(0).outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(results.results(0).agent_id(), "gateway@host");
  stream->Ack(1);
  session_->Drain("done");
  EXPECT_TRUE(WaitStopped());
  EXPECT_TRUE(session_->Stop());
}

TEST_F(AgentSessionTest, ReplaysWhatIsNotAcknowledgedAfterTheCoordinatorDied) {
  auto coordinator = std::make_unique<ScriptedCoordinator>();
  ASSERT_TRUE(coordinator->ok());
  const int port = coordinator->port();
  SetGated("slow");
  StartAgent(port);
  {
    auto [stream, hello] = coordinator->AcceptHello();
    ASSERT_NE(stream, nullptr);
    stream->Welcome();
    for (const char* id : {"a", "b"}) {
      stream->Assign(MakeAssignment(id, "quick", seconds(5)));
      EXPECT_TRUE(ReadAck(stream).accepted());
      ReadResults(stream);
    }
    stream->Assign(MakeAssignment("slow", "slow", seconds(20)));
    EXPECT_TRUE(ReadAck(stream).accepted());
    stream->Ack(1);
  }
  coordinator.reset();
  coordinator = std::make_unique<ScriptedCoordinator>(port);
  ASSERT_TRUE(coordinator->ok()) << "the port was taken meanwhile";

  auto [stream, hello] = coordinator->AcceptHello();
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(hello.incarnation(), "incarnation-1");
  // The acknowledgement of "a" may have been lost with the first coordinator.
  EXPECT_THAT(TasksInHand(hello), ::testing::IsSupersetOf({"b", "slow"}));
  stream->Welcome();
  v1::Results replayed = ReadResults(stream);
  if (replayed.sequence() == 1) replayed = ReadResults(stream);
  EXPECT_EQ(replayed.sequence(), 2u);
  EXPECT_EQ(replayed.results(0).task_id(), "b");
  gate_.Open();
  const v1::Results fresh = ReadResults(stream);
  EXPECT_EQ(fresh.sequence(), 3u);
  EXPECT_EQ(fresh.results(0).task_id(), "slow");
  stream->Ack(3);
  session_->Drain("done");
  EXPECT_TRUE(WaitStopped());
  EXPECT_TRUE(session_->Stop());
  for (const char* id : {"a", "b", "slow"}) EXPECT_EQ(checks_->runs(id), 1) << id;
}

TEST_F(AgentSessionTest, ConnectsWhenTheCoordinatorStartsLater) {
  int port = 0;
  {
    ScriptedCoordinator probe;
    port = probe.port();
  }
  StartAgent(port);
  EXPECT_FALSE(session_->connected());
  ScriptedCoordinator coordinator(port);
  ASSERT_TRUE(coordinator.ok()) << "the port was taken meanwhile";
  EXPECT_NE(coordinator.AcceptHello().first, nullptr);
}

TEST_F(AgentSessionTest, ADuplicateAssignmentIsAcknowledgedAndRunOnce) {
  ScriptedCoordinator coordinator;
  SetGated("slow");
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  stream->Welcome();
  stream->Assign(MakeAssignment("t1", "slow", seconds(20)));
  stream->Assign(MakeAssignment("t1", "slow", seconds(20)));
  EXPECT_TRUE(ReadAck(stream).accepted());
  EXPECT_TRUE(ReadAck(stream).accepted());
  gate_.Open();
  EXPECT_EQ(ReadResults(stream).results_size(), 1);
  stream->Ack(1);
  stream->Assign(MakeAssignment("t1", "slow", seconds(20)));
  EXPECT_TRUE(ReadAck(stream).accepted());
  // What comes next is the next task, not t1 again.
  stream->Assign(MakeAssignment("t2", "slow", seconds(20)));
  EXPECT_TRUE(ReadAck(stream).accepted());
  EXPECT_EQ(ReadResults(stream).results(0).task_id(), "t2");
  EXPECT_EQ(checks_->runs("t1"), 1);
}

TEST_F(AgentSessionTest, AnUnknownKindIsRejectedWithTheKnownOnes) {
  ScriptedCoordinator coordinator;
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  stream->Welcome();
  v1::Assignment assignment = MakeAssignment("t1", "db", seconds(5));
  assignment.mutable_check()->mutable_postgres();
  stream->Assign(assignment);
  const v1::AssignmentAck ack = ReadAck(stream);
  EXPECT_FALSE(ack.accepted());
  EXPECT_THAT(ack.reason(), HasSubstr("it knows: http, redis"));
}

TEST_F(AgentSessionTest, ACancelledTaskReportsThatItWasAborted) {
  ScriptedCoordinator coordinator;
  Gate running;
  checks_->Set("long", {.run = [&](const CheckContext& context) {
                 Gate cancelled;
                 const shared::Cancellation::Registration registration(context.cancellation,
                                                                       [&] { cancelled.Open(); });
                 running.Open();
                 cancelled.WaitUntil(context.deadline);
                 return WithOutcome(v1::OUTCOME_ABORTED);
               }});
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  stream->Welcome();
  stream->Assign(MakeAssignment("t1", "long", seconds(20)));
  EXPECT_TRUE(ReadAck(stream).accepted());
  ASSERT_TRUE(running.Wait());
  v1::ConnectResponse message;
  message.mutable_cancellation()->set_run_id("run-1");
  message.mutable_cancellation()->set_reason("the run was cancelled");
  stream->Write(message);
  EXPECT_EQ(ReadResults(stream).results(0).outcome(), v1::OUTCOME_ABORTED);
}

TEST_F(AgentSessionTest, AResultFullOfEvidenceArrivesShortened) {
  ScriptedCoordinator coordinator;
  checks_->Set("wordy", {.run = [](const CheckContext&) {
                 v1::TaskResult result = WithOutcome(v1::OUTCOME_FAILED);
                 result.set_message("the page differs");
                 for (int i = 0; i < 100; ++i) {
                   result.add_failures()->set_actual(std::string(100'000, 'x'));
                 }
                 return result;
               }});
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  stream->Welcome();
  stream->Assign(MakeAssignment("t1", "wordy", seconds(20)));
  EXPECT_TRUE(ReadAck(stream).accepted());
  const v1::Results results = ReadResults(stream);
  EXPECT_LE(results.ByteSizeLong(), 66u * 1024);
  EXPECT_EQ(results.results(0).message(), "the page differs");
  EXPECT_THAT(results.results(0).failures(0).actual(), HasSubstr("bytes more"));
}

TEST_F(AgentSessionTest, AResultThatTheCoordinatorRefusesAsTooLargeComesAgainWithoutEvidence) {
  ScriptedCoordinator coordinator(/*port=*/0, /*max_receive_bytes=*/8 * 1024);
  checks_->Set("wordy", {.run = [](const CheckContext&) {
                 v1::TaskResult result = WithOutcome(v1::OUTCOME_FAILED);
                 for (int i = 0; i < 10; ++i) {
                   result.add_steps()->set_observed(std::string(2000, 'x'));
                 }
                 return result;
               }});
  StartAgent(coordinator.port());
  {
    auto [stream, hello] = coordinator.AcceptHello();
    ASSERT_NE(stream, nullptr);
    stream->Welcome();
    stream->Assign(MakeAssignment("t1", "wordy", seconds(20)));
    EXPECT_TRUE(ReadAck(stream).accepted());
    EXPECT_FALSE(stream->Read().has_value()) << "the limit does not hold";
  }
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  stream->Welcome();
  const v1::Results results = ReadResults(stream);
  EXPECT_EQ(results.sequence(), 1u);
  EXPECT_EQ(results.results(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(results.results(0).message(), HasSubstr("evidence left out"));
}

TEST_F(AgentSessionTest, HeartbeatsGoOutAndSilenceEndsTheStream) {
  ScriptedCoordinator coordinator;
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  const auto begin = steady_clock::now();
  stream->Welcome(milliseconds(200));
  const std::optional<v1::ConnectRequest> first = stream->ReadAny();
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->has_heartbeat());
  // This coordinator says nothing more.
  ASSERT_TRUE(stream->WaitAgentLeft());
  EXPECT_FALSE(stream->WaitOrderlyEnd());
  EXPECT_GE(steady_clock::now() - begin, milliseconds(590));
  EXPECT_NE(coordinator.AcceptHello().first, nullptr) << "the agent did not come back";
}

TEST_F(AgentSessionTest, ACoordinatorThatNeverSaysWelcomeIsLeftAndTriedAgain) {
  options_.core.welcome_timeout = milliseconds(200);
  ScriptedCoordinator coordinator;
  StartAgent(coordinator.port());
  auto [silent, first_hello] = coordinator.AcceptHello();
  ASSERT_NE(silent, nullptr);
  ASSERT_TRUE(silent->WaitAgentLeft());
  EXPECT_FALSE(session_->connected());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
}

TEST_F(AgentSessionTest, AfterAlreadyExistsTheLongestBackoffIsWaited) {
  options_.core.backoff = {.first = milliseconds(1), .cap = milliseconds(700)};
  ScriptedCoordinator coordinator;
  StartAgent(coordinator.port());
  auto [refused, first_hello] = coordinator.AcceptHello();
  ASSERT_NE(refused, nullptr);
  const auto begin = steady_clock::now();
  refused->Finish(grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "gateway@host is connected"));
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(690));
}

TEST_F(AgentSessionTest, ACoordinatorThatDrainsGetsAnOrderlyEndAndTheAgentBack) {
  ScriptedCoordinator coordinator;
  SetGated("slow");
  StartAgent(coordinator.port());
  {
    auto [stream, hello] = coordinator.AcceptHello();
    ASSERT_NE(stream, nullptr);
    stream->Welcome();
    stream->Assign(MakeAssignment("t1", "slow", seconds(20)));
    EXPECT_TRUE(ReadAck(stream).accepted());
    v1::ConnectResponse notice;
    notice.mutable_drain_notice()->set_reason("upgrade");
    stream->Write(notice);
    EXPECT_TRUE(stream->WaitOrderlyEnd());
  }
  gate_.Open();
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  EXPECT_THAT(TasksInHand(hello), ElementsAre("t1"));
  stream->Welcome();
  EXPECT_EQ(ReadResults(stream).results(0).task_id(), "t1");
  EXPECT_EQ(checks_->runs("t1"), 1);
}

TEST_F(AgentSessionTest, ADrainingAgentDeliversBeforeItLeaves) {
  ScriptedCoordinator coordinator;
  SetGated("slow");
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  stream->Welcome();
  stream->Assign(MakeAssignment("t1", "slow", seconds(20)));
  EXPECT_TRUE(ReadAck(stream).accepted());
  session_->Drain("terminated");
  const std::optional<v1::ConnectRequest> notice = stream->Read();
  ASSERT_TRUE(notice.has_value() && notice->has_drain_notice());
  stream->Assign(MakeAssignment("t2", "slow", seconds(20)));
  const v1::AssignmentAck rejected = ReadAck(stream);
  EXPECT_FALSE(rejected.accepted());
  EXPECT_THAT(rejected.reason(), HasSubstr("draining: terminated"));
  gate_.Open();
  EXPECT_EQ(ReadResults(stream).results(0).task_id(), "t1");
  EXPECT_FALSE(session_->WaitStopped(steady_clock::now())) << "left before the acknowledgement";
  stream->Ack(1);
  EXPECT_TRUE(WaitStopped());
  EXPECT_TRUE(stream->WaitOrderlyEnd());
  EXPECT_TRUE(session_->Stop());
}

TEST_F(AgentSessionTest, StopReturnsSoonWithNoCoordinatorInSight) {
  int port = 0;
  {
    ScriptedCoordinator probe;
    port = probe.port();
  }
  StartAgent(port);
  const auto begin = steady_clock::now();
  EXPECT_TRUE(session_->Stop());
  EXPECT_THAT(steady_clock::now() - begin, Lt(seconds(5)));
}

TEST_F(AgentSessionTest, StopSaysWhenResultsWereNotDelivered) {
  ScriptedCoordinator coordinator;
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  stream->Welcome();
  stream->Assign(MakeAssignment("t1", "quick", seconds(5)));
  EXPECT_TRUE(ReadAck(stream).accepted());
  ReadResults(stream);  // and no acknowledgement
  EXPECT_FALSE(session_->Stop());
}

TEST_F(AgentSessionTest, ManyResultsArriveInOrderInNumberedBatches) {
  ScriptedCoordinator coordinator;
  StartAgent(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr);
  stream->Welcome();
  constexpr int kTasks = 200;
  for (int i = 0; i < kTasks; ++i) {
    stream->Assign(MakeAssignment("t" + std::to_string(i), "quick", seconds(20)));
  }
  int accepted = 0;
  int results = 0;
  uint64_t sequence = 0;
  while (results < kTasks) {
    const std::optional<v1::ConnectRequest> message = stream->Read();
    ASSERT_TRUE(message.has_value());
    if (message->has_assignment_ack()) {
      ASSERT_TRUE(message->assignment_ack().accepted()) << message->assignment_ack().reason();
      ++accepted;
    } else {
      ASSERT_EQ(message->results().sequence(), ++sequence);
      ASSERT_LE(message->results().results_size(), 64);
      results += message->results().results_size();
    }
  }
  EXPECT_EQ(accepted, kTasks);
  stream->Ack(sequence);
  session_->Drain("done");
  EXPECT_TRUE(WaitStopped());
}

}  // namespace
}  // namespace smokemesh::agent
