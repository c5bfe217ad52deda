// The built smokemesh-agent with --state: results that outlive it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/integration/agent_session/scripted_coordinator.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Process;
using testing::ScriptedCoordinator;

constexpr char kTask[] = "run-1/refused/gateway-1/1";

class AgentSpoolTest : public ::testing::Test {
 protected:
  ~AgentSpoolTest() override {
    // What is not acknowledged would hold it up.
    if (process_ != nullptr) process_->Signal(SIGKILL);
  }

  void Start(int port, std::vector<std::string> more = {},
             std::map<std::string, std::string> environment = {}) {
    testing::ProcessOptions options;
    options.argv = {AGENT_BINARY, "--coordinator", "127.0.0.1:" + std::to_string(port),
                    "--service",  "gateway",       "--id",
                    "gateway-1"};
    options.argv.insert(options.argv.end(), more.begin(), more.end());
    options.environment = std::move(environment);
    options.clean_environment = true;
    auto process = Process::Start(options);
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
  }
  void StartWithState(int port) { Start(port, {"--state", state_}); }

  // A check that ends at once: nothing listens on port 1. Its attempts can be counted by nobody but
  // the agent, which says what it runs.
  static v1::Assignment Refused() {
    v1::Assignment assignment;
    assignment.set_task_id(kTask);
    assignment.set_run_id("run-1");
    assignment.set_attempt(1);
    v1::Check& check = *assignment.mutable_check();
    check.set_name("refused");
    check.mutable_timeout()->set_seconds(10);
    check.mutable_http()->add_steps()->mutable_request()->set_url("http://127.0.0.1:1/");
    return assignment;
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    std::error_code none_yet;
    for (const auto& entry : fs::directory_iterator(fs::path(state_) / "results", none_yet)) {
      if (entry.path().extension() == ".result") files.push_back(entry.path());
    }
    return files;
  }

  // Waits until as many results are on disk.
  bool WaitForFiles(size_t count) const {
    const auto deadline = steady_clock::now() + seconds(20);
    while (Files().size() != count) {
      if (steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }

  // Assigns the check, lets it end, and never acknowledges its result.
  void RunWithoutAck(ScriptedCoordinator* coordinator) {
    auto [stream, hello] = coordinator->AcceptHello();
    ASSERT_NE(stream, nullptr) << process_->Stderr();
    stream->Welcome();
    stream->Assign(Refused());
    std::optional<v1::ConnectRequest> message = stream->Read();
    ASSERT_TRUE(message.has_value() && message->assignment_ack().accepted());
    message = stream->Read();
    ASSERT_TRUE(message.has_value() && message->has_results());
    ASSERT_TRUE(WaitForFiles(1)) << process_->Stderr();
  }

  std::optional<int> Wait() { return process_->WaitUntil(steady_clock::now() + seconds(30)); }

  testing::TempDir temp_;
  const std::string state_ = (temp_.path() / "state").string();
  std::unique_ptr<Process> process_;
};

TEST_F(AgentSpoolTest, AResultOutlivesAKillWhileTheCoordinatorIsAwayAndIsNotMadeTwice) {
  auto coordinator = std::make_unique<ScriptedCoordinator>();
  const int port = coordinator->port();
  StartWithState(port);
  RunWithoutAck(coordinator.get());
  coordinator.reset();  // it never acknowledged
  process_->Signal(SIGKILL);
  ASSERT_EQ(Wait(), 128 + SIGKILL);
  ASSERT_EQ(Files().size(), 1u);

  StartWithState(port);
  ASSERT_TRUE(process_->WaitForOutput("1 results of an earlier start are kept",
                                      steady_clock::now() + seconds(20)))
      << process_->Stderr();
  ScriptedCoordinator back(port);
  ASSERT_TRUE(back.ok());
  auto [stream, hello] = back.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  EXPECT_THAT(hello.tasks_in_hand(), ElementsAre(kTask));
  EXPECT_THAT(hello.features(), Contains("spool"));
  stream->Welcome();
  std::optional<v1::ConnectRequest> message = stream->Read();
  ASSERT_TRUE(message.has_value() && message->has_results());
  EXPECT_EQ(message->results().sequence(), 1u);
  const v1::TaskResult result = message->results().results(0);
  EXPECT_EQ(result.task_id(), kTask);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.agent_id(), "gateway-1");
  // A coordinator that is not sure assigns it once more: the agent has it, and makes no second one.
  stream->Assign(Refused());
  message = stream->Read();
  ASSERT_TRUE(message.has_value() && message->assignment_ack().accepted());
  stream->Ack(1);
  ASSERT_TRUE(WaitForFiles(0));
  process_->Signal(SIGTERM);
  EXPECT_EQ(Wait(), 0) << process_->Stderr();
  while ((message = stream->Read()).has_value()) EXPECT_FALSE(message->has_results());
}

TEST_F(AgentSpoolTest, ADrainThatCannotDeliverKeepsAndSaysHowMany) {
  ScriptedCoordinator coordinator;
  Start(coordinator.port(), {"--state", state_, "--drain-timeout", "100ms"});
  RunWithoutAck(&coordinator);
  process_->Signal(SIGTERM);
  EXPECT_EQ(Wait(), 0) << process_->Stderr();
  EXPECT_THAT(
      process_->Stderr(),
      HasSubstr("1 result was not acknowledged by the coordinator in time; kept in " + state_));
  EXPECT_THAT(process_->Stderr(), Not(HasSubstr("everything is delivered")));
  EXPECT_EQ(Files().size(), 1u);
}

TEST_F(AgentSpoolTest, TheFolderMayComeFromSystemd) {
  ScriptedCoordinator coordinator;
  Start(coordinator.port(), {}, {{"STATE_DIRECTORY", state_ + ":/nowhere"}});
  RunWithoutAck(&coordinator);
  EXPECT_EQ(Files().size(), 1u);
}

TEST_F(AgentSpoolTest, WithoutAFolderTheLogSaysSo) {
  ScriptedCoordinator coordinator;
  Start(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  EXPECT_THAT(hello.features(), Not(Contains("spool")));
  EXPECT_THAT(hello.features(), Contains("flow"));
  EXPECT_THAT(hello.features(), Contains("clean_up"));
  EXPECT_TRUE(
      process_->WaitForOutput("results are in memory only", steady_clock::now() + seconds(20)));
}

TEST_F(AgentSpoolTest, ASecondAgentWithTheSameFolderIsRefused) {
  ScriptedCoordinator coordinator;
  StartWithState(coordinator.port());
  ASSERT_NE(coordinator.AcceptHello().first, nullptr) << process_->Stderr();
  const std::unique_ptr<Process> first = std::move(process_);
  StartWithState(coordinator.port());
  EXPECT_EQ(Wait(), 1);
  EXPECT_THAT(process_->Stderr(),
              HasSubstr("another agent (process " + std::to_string(first->pid()) +
                        ") keeps its results in " + state_));
}

TEST_F(AgentSpoolTest, DamageIsSaidAndStopsNothing) {
  {
    ScriptedCoordinator coordinator;
    StartWithState(coordinator.port());
    RunWithoutAck(&coordinator);
    process_->Signal(SIGKILL);
    Wait();
  }
  const fs::path file = Files().at(0);
  fs::resize_file(file, fs::file_size(file) - 1);
  std::ofstream(file.parent_path() / "foreign.result") << "not one of ours";
  ScriptedCoordinator coordinator;
  StartWithState(coordinator.port());
  auto [stream, hello] = coordinator.AcceptHello();
  ASSERT_NE(stream, nullptr) << process_->Stderr();
  EXPECT_THAT(hello.tasks_in_hand(), IsEmpty());
  EXPECT_THAT(process_->Stderr(),
              HasSubstr("a kept result cannot be used and is set aside: " + file.string()));
  EXPECT_THAT(process_->Stderr(), HasSubstr("foreign.result: it does not begin as a result does"));
  EXPECT_TRUE(fs::exists(file.string() + ".bad"));
}

TEST_F(AgentSpoolTest, SaysWhatStandsBesideIt) {
  for (const bool by_flag : {true, false}) {
    ScriptedCoordinator coordinator;
    if (by_flag) {
      Start(coordinator.port(), {"--deployment", "sha256:1"}, {{"SMOKEMESH_DEPLOYMENT", "other"}});
    } else {
      Start(coordinator.port(), {}, {{"SMOKEMESH_DEPLOYMENT", "sha256:1"}});
    }
    auto [stream, hello] = coordinator.AcceptHello();
    ASSERT_NE(stream, nullptr) << process_->Stderr();
    EXPECT_EQ(hello.deployment(), "sha256:1");
  }
  Start(1, {"--deployment", std::string(300, 'x')});
  EXPECT_EQ(Wait(), 2);
  EXPECT_THAT(process_->Stderr(), HasSubstr("the deployment must be printable text"));
}

}  // namespace
}  // namespace smokemesh
