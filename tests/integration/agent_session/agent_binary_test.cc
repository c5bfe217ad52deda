// The built smokemesh-agent against a scripted coordinator: command line, signals, exit codes.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/version.h"
#include "tests/integration/agent_session/scripted_coordinator.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::Process;
using testing::ScriptedCoordinator;

// A server that accepts connections into its queue and never says anything.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, generic, length), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    EXPECT_EQ(::getsockname(socket_, generic, &length), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

class AgentBinaryTest : public ::testing::Test {
 protected:
  void Start(std::vector<std::string> flags, std::map<std::string, std::string> environment = {}) {
    testing::ProcessOptions options;
    options.argv = std::move(flags);
    options.argv.insert(options.argv.begin(), AGENT_BINARY);
    options.environment = std::move(environment);
    options.clean_environment = true;
    auto process = Process::Start(options);
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
  }

  void StartAt(int port, std::vector<std::string> more = {}) {
    std::vector<std::string> flags = {"--coordinator", "127.0.0.1:" + std::to_string(port),
                                      "--service", "gateway"};
    flags.insert(flags.end(), more.begin(), more.end());
    Start(std::move(flags));
  }

  std::optional<int> Wait() { return process_->WaitUntil(steady_clock::now() + seconds(30)); }

  // An assignment of an HTTP check to `port`.
  static v1::Assignment HttpAssignment(int port, int timeout_seconds) {
    v1::Assignment assignment;
    assignment.set_task_id("run-1/silent/agent/1");
    assignment.set_run_id("run-1");
    assignment.set_attempt(1);
    v1::Check& check = *assignment.mutable_check();
    check.set_name("silent");
    check.mutable_timeout()->set_seconds(timeout_seconds);
    v1::HttpStep* step = check.mutable_http()->add_steps();
    step->mutable_request()->set_method("GET");
    step->mutable_request()->set_url("http://127.0.0.1:" + std::to_string(port) + "/");
    step->add_expect("status == 200");
    return assignment;
  }

  std::unique_ptr<Process> process_;
};

TEST_F(AgentBinaryTest, ReadsItsOwnVariablesFromAFileToo) {
  ScriptedCoordinator coordinator;
  const testing::TempDir folder;
  const std::string file = folder.Write(
      "agent.env", "SMOKEMESH_COORDINATOR=127.0.0.1:" + std::to_string(coordinator.port()) + "\n");
  Start({"--service", "gateway", "--env-file", file});
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  EXPECT_EQ(hello.service(), "gateway");
}

TEST_F(AgentBinaryTest, DoesNotStartWithAFileOfVariablesThatItCannotRead) {
  const testing::TempDir folder;
  const std::string file = folder.Write("agent.env", "A=1\nTOKEN=hunter2 hunter2\n");
  StartAt(1, {"--env-file", file});
  EXPECT_EQ(Wait(), 2);
  EXPECT_EQ(process_->Stderr(), "smokemesh-agent: --env-file: " + file +
                                    ":2: TOKEN: a value with blanks must be in quotes\n");
  StartAt(1, {"--env-file", file + ".none"});
  EXPECT_EQ(Wait(), 2);
  EXPECT_THAT(process_->Stderr(), HasSubstr("cannot read " + file + ".none"));
}

TEST_F(AgentBinaryTest, TellsTheCoordinatorWhoItIs) {
  ScriptedCoordinator coordinator;
  StartAt(coordinator.port(),
          {"--id", "gw-1", "--label", "zone=b", "--label", "tier=web", "--max-parallel", "3"});
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  EXPECT_EQ(hello.agent_id(), "gw-1");
  EXPECT_EQ(hello.service(), "gateway");
  EXPECT_EQ(hello.incarnation().size(), 36u);
  EXPECT_EQ(hello.labels().at("zone"), "b");
  EXPECT_EQ(hello.labels().at("tier"), "web");
  EXPECT_EQ(hello.max_parallel(), 3);
  EXPECT_EQ(hello.build_version(), std::string(shared::BuildVersion()));
  EXPECT_FALSE(hello.stands_for_all());
  for (const char* kind : {"http", "postgres", "redis"}) {
    EXPECT_THAT(hello.capabilities(), Contains(kind));
  }
  stream->Welcome();
  EXPECT_TRUE(process_->WaitForOutput(
      "connected to 127.0.0.1:" + std::to_string(coordinator.port()) + " as gw-1",
      steady_clock::now() + seconds(20)))
      << process_->Stderr();
}

TEST_F(AgentBinaryTest, ASignalWithNothingToDoLeavesInOrderWithExitCodeZero) {
  for (const int signal : {SIGTERM, SIGINT}) {
    ScriptedCoordinator coordinator;
    StartAt(coordinator.port());
    auto [stream, hello] = coordinator.AcceptHello();
    ASSERT_NE(stream, nullptr) << process_->Stderr();
    stream->Welcome();
    ASSERT_TRUE(process_->WaitForOutput("connected to", steady_clock::now() + seconds(20)));
    process_->Signal(signal);
    EXPECT_EQ(Wait(), 0) << process_->Stderr();
    EXPECT_TRUE(stream->WaitOrderlyEnd());
  }
}

TEST_F(AgentBinaryTest, WithoutACoordinatorASignalEndsItSoon) {
  int port = 0;
  {
    ScriptedCoordinator probe;
    port = probe.port();
  }
  StartAt(port);
  ASSERT_TRUE(process_->WaitForOutput("cannot connect to", steady_clock::now() + seconds(20)));
  process_->Signal(SIGTERM);
  EXPECT_EQ(Wait(), 0) << process_->Stderr();
}

TEST_F(AgentBinaryTest, AHangingTargetIsReportedInTimeAndTheAgentStaysWell) {
  ScriptedCoordinator coordinator;
  SilentServer target;
  StartAt(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  stream->Welcome();
  const auto begin = steady_clock::now();
  stream->Assign(HttpAssignment(target.port(), 1));
  std::optional<v1::ConnectRequest> message = stream->Read();
  ASSERT_TRUE(message.has_value() && message->has_assignment_ack());
  ASSERT_TRUE(message->assignment_ack().accepted()) << message->assignment_ack().reason();
  message = stream->Read();
  ASSERT_TRUE(message.has_value() && message->has_results());
  EXPECT_EQ(message->results().results(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(2000));
  stream->Ack(1);
  process_->Signal(SIGTERM);
  EXPECT_EQ(Wait(), 0) << process_->Stderr();
}

TEST_F(AgentBinaryTest, ADrainCancelsWhatOutlastsItsTimeAndStillReports) {
  ScriptedCoordinator coordinator;
  SilentServer target;
  StartAt(coordinator.port(), {"--drain-timeout", "100ms"});
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  stream->Welcome();
  stream->Assign(HttpAssignment(target.port(), 60));
  std::optional<v1::ConnectRequest> message = stream->Read();
  ASSERT_TRUE(message.has_value() && message->has_assignment_ack());
  process_->Signal(SIGTERM);
  message = stream->Read();
  ASSERT_TRUE(message.has_value() && message->has_drain_notice());
  message = stream->Read();
  ASSERT_TRUE(message.has_value() && message->has_results());
  EXPECT_EQ(message->results().results(0).outcome(), v1::OUTCOME_ABORTED);
  stream->Ack(1);
  EXPECT_EQ(Wait(), 0) << process_->Stderr();
}

TEST_F(AgentBinaryTest, ResultsThatAreNeverAcknowledgedMakeTheExitCodeOne) {
  ScriptedCoordinator coordinator;
  SilentServer target;
  StartAt(coordinator.port(), {"--drain-timeout", "100ms"});
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  stream->Welcome();
  stream->Assign(HttpAssignment(target.port(), 60));
  ASSERT_TRUE(stream->Read().has_value());
  process_->Signal(SIGTERM);
  EXPECT_EQ(Wait(), 1);
  EXPECT_THAT(process_->Stderr(), HasSubstr("not acknowledged by the coordinator"));
}

TEST_F(AgentBinaryTest, ASecondSignalEndsItAtOnce) {
  ScriptedCoordinator coordinator;
  SilentServer target;
  StartAt(coordinator.port(), {"--drain-timeout", "60s"});
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  stream->Welcome();
  stream->Assign(HttpAssignment(target.port(), 60));
  ASSERT_TRUE(stream->Read().has_value());
  process_->Signal(SIGTERM);
  ASSERT_TRUE(process_->WaitForOutput("draining", steady_clock::now() + seconds(20)));
  const auto begin = steady_clock::now();
  process_->Signal(SIGTERM);
  EXPECT_EQ(Wait(), 1);
  EXPECT_LT(steady_clock::now() - begin, seconds(5));
}

TEST_F(AgentBinaryTest, PlaintextToAnotherMachineNeedsToBeAskedFor) {
  Start({"--coordinator", "192.0.2.1:7443", "--service", "gateway"});
  EXPECT_EQ(Wait(), 2);
  EXPECT_THAT(process_->Stderr(), HasSubstr("Give --insecure if that is accepted"));
}

TEST_F(AgentBinaryTest, WrongOptionsOfTheAgentAreUsageErrors) {
  Start({"--coordinator", "127.0.0.1:7443", "--service", "gateway", "--max-parallel", "5000"});
  EXPECT_EQ(Wait(), 2);
  EXPECT_THAT(process_->Stderr(), HasSubstr("1 to 1024 checks at once, not 5000"));
}

}  // namespace
}  // namespace smokemesh
