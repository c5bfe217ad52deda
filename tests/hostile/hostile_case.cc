#include "tests/hostile/hostile_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/checks/builtin_checks.h"
#include "agent/policy/policy_file.h"
#include "shared/yaml/yaml_message.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/plan.pb.h"
#include "tests/testing/stopwatch.h"

namespace smokemesh::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

// The address sanitizer makes all slower, and keeps what was freed.
#ifdef __SANITIZE_ADDRESS__
constexpr int kSlowness = 4;
#else
constexpr int kSlowness = 1;
#endif
constexpr milliseconds kMostLate{250};
constexpr milliseconds kCleanUpTime{300};
// The greatest answer is 1 MiB of HTTP or 4 MiB of messages; what a flood brings until the next
// look at it comes on top.
constexpr long kMostMemoryKb = (96 << 10) * kSlowness;

// The greatest memory of this process since the last call with `reset`, in KiB.
long PeakMemoryKb(bool reset) {
  if (reset) std::ofstream("/proc/self/clear_refs") << "5";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
  }
  return 0;
}

int64_t Milliseconds(shared::Duration duration) {
  return std::chrono::duration_cast<milliseconds>(duration).count();
}

v1::Plan ReadPlan(const std::string& yaml) {
  v1::Plan plan;
  std::vector<shared::Problem> problems;
  const auto root = shared::ReadStrictYaml(yaml, "plan.yaml", "plan", "a check", &problems);
  if (root.has_value()) {
    shared::Positions positions;
    std::vector<std::string> unread;
    shared::YamlReading reading{positions, problems, unread};
    shared::ReadYamlMessage(*root, "plan.yaml", "", "the plan", &plan, &reading);
  }
  EXPECT_TRUE(problems.empty()) << shared::FormatProblems(problems) << yaml;
  return plan;
}

v1::Assignment MakeAssignment(const v1::Plan& plan) {
  v1::Assignment assignment;
  assignment.set_run_id("hostile");
  assignment.set_attempt(1);
  if (plan.checks_size() > 0) *assignment.mutable_check() = plan.checks(0);
  assignment.set_task_id("hostile/" + assignment.check().name() + "/agent/1");
  *assignment.mutable_connections() = plan.connections();
  *assignment.mutable_variables() = plan.variables();
  return assignment;
}

std::string TextOf(const v1::TaskResult& result) {
  std::string text = absl::StrCat(result.message(), "\n", result.cleanup_error());
  for (const v1::Failure& failure : result.failures()) {
    absl::StrAppend(&text, "\n", failure.expected(), "\n", failure.actual(), "\n", failure.hint(),
                    "\n", failure.target());
  }
  for (const v1::StepResult& step : result.steps()) {
    absl::StrAppend(&text, "\n", step.name(), "\n", step.observed());
  }
  return text;
}

// A port of this machine that takes no connection and refuses none: its queue is full.
class BlackHole {
 public:
  BlackHole() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, generic, size), 0);
    EXPECT_EQ(listen(listener_, 0), 0);
    EXPECT_EQ(getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    for (int& filler : fillers_) {
      filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      EXPECT_TRUE(connect(filler, generic, size) == 0 || errno == EINPROGRESS);
    }
  }
  ~BlackHole() {
    for (const int filler : fillers_) close(filler);
    close(listener_);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

  int port() const { return port_; }

 private:
  const int listener_;
  std::array<int, 4> fillers_{};
  int port_ = 0;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const HostileCase& row) { return out << row.name; }

void RunHostileCase(const HostileCase& row) {
  RawServer trap([](RawConnection& connection) { connection.Reset(); }, "127.0.0.2");
  std::optional<RawServer> server;
  std::optional<ClosedPort> closed;
  std::optional<BlackHole> hole;
  if (row.connection.find("{hole}") != std::string::npos) hole.emplace();
  if (row.serve != nullptr) {
    server.emplace(row.serve);
  } else {
    closed.emplace();
  }
  const int port = server.has_value() ? server->port() : closed->port();
  const auto fill = [&](const std::string& text) {
    return absl::StrReplaceAll(text,
                               {{"{target}", absl::StrCat("127.0.0.1:", port)},
                                {"{hole}", absl::StrCat("127.0.0.1:", hole ? hole->port() : 0)},
                                {"{port}", absl::StrCat(port)},
                                {"{trap}", absl::StrCat("127.0.0.2:", trap.port())},
                                {"{trap_port}", absl::StrCat(trap.port())}});
  };
  std::shared_ptr<const agent::Policy> policy = agent::Policy::Default();
  if (!row.policy.empty()) {
    agent::ParsedPolicy parsed = agent::ParsePolicy(fill(row.policy), "policy.yaml");
    EXPECT_TRUE(parsed.problems.empty()) << shared::FormatProblems(parsed.problems);
    if (parsed.policy != nullptr) policy = parsed.policy;
  }
  const v1::Plan plan =
      ReadPlan(fill(absl::StrCat("name: hostile\nconnections:\n  target: {", row.connection, "}\n",
                                 row.variables.empty() ? "" : "variables: " + row.variables + "\n",
                                 "checks:\n  - name: c\n    ", row.steps, "\n")));
  const std::unique_ptr<agent::CheckFactory> factory = agent::BuiltinChecks(policy);
  auto check = factory->Create(MakeAssignment(plan));
  EXPECT_TRUE(check.ok()) << check.status();
  if (!check.ok()) return;

  shared::Cancellation cancellation;
  const long memory = PeakMemoryKb(true);
  const auto timeout = row.timeout * kSlowness;
  ::testing::internal::CaptureStderr();
  const Stopwatch running;
  const v1::TaskResult result = (*check)->Run({steady_clock::now() + timeout, &cancellation});
  EXPECT_LE(Milliseconds(running.Elapsed()), Milliseconds(timeout + kMostLate));
  const Stopwatch cleaning;
  const absl::Status cleaned =
      (*check)->CleanUp({steady_clock::now() + kCleanUpTime, &cancellation});
  EXPECT_LE(Milliseconds(cleaning.Elapsed()), Milliseconds(kCleanUpTime + kMostLate));
  EXPECT_LE(PeakMemoryKb(false) - memory, kMostMemoryKb);
  // Drivers must not write there what the server says.
  EXPECT_EQ(::testing::internal::GetCapturedStderr().substr(0, 1000), "");

  const std::string text = TextOf(result);
  EXPECT_EQ(v1::Outcome_Name(result.outcome()), v1::Outcome_Name(row.outcome)) << text;
  EXPECT_THAT(text, HasSubstr(row.says));
  EXPECT_LE(result.ByteSizeLong(), 64u << 10);
  // Line ends are those between the fields.
  for (const char c : text) {
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << text;
  }
  EXPECT_EQ(text.find("canary"), std::string::npos) << text;
  EXPECT_EQ(trap.connections(), 0);
  bool says_forbidden = false;
  for (const v1::Failure& failure : result.failures()) {
    says_forbidden = says_forbidden || failure.reach() == v1::REACH_FORBIDDEN;
  }
  EXPECT_EQ(says_forbidden, row.forbidden) << text;
  const int most = row.forbidden && row.most_connections < 0 ? 0 : row.most_connections;
  EXPECT_TRUE(!server.has_value() || most < 0 || server->connections() <= most);
}

std::vector<HostileCase> Catalogue() {
  std::vector<HostileCase> all;
  for (const auto& part : {HttpCases(), RedisCases(), PostgresCases(), PolicyCases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace smokemesh::testing
