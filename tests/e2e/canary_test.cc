// Secrets of a mesh with everything on: certificates, tokens, agents that keep results on disk.
// What is killed is killed the hard way. Nothing that anybody can see or find afterwards holds a
// secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/local_postgres.h"
#include "tests/testing/process_memory.h"

namespace smokemesh::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What plans use on the agents.
constexpr char kDatabase[] = "canary-database-41c7";
constexpr char kHeader[] = "canary-header-5f0c";
constexpr char kBody[] = "canary-body-7a11";
constexpr char kUser[] = "canary-user-33d0";

class CanaryTest : public MeshTest {
 protected:
  void SetUp() override {
    auto postgres = LocalPostgres::Start();
    ASSERT_TRUE(postgres.ok()) << postgres.status();
    postgres_ = *std::move(postgres);
    ASSERT_TRUE(
        postgres_->Exec("CREATE ROLE plain LOGIN PASSWORD '" + std::string(kDatabase) + "'").ok());
    const Finished made = Run(
        {"certs", "init", "--dir", certs(), "--coordinator", "127.0.0.1", "--agent", "canary-1"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const Finished token = Run({"token", "create", "--name", "ci", "--role", "runner", "--file",
                                (dir().path() / "tokens").string()});
    ASSERT_EQ(token.exit_code, 0) << token.err;
    token_ = std::string(absl::StripAsciiWhitespace(token.out));
    ASSERT_THAT(token_, HasSubstr("smt_"));
  }

  std::string certs() const { return (dir().path() / "certs").string(); }
  std::vector<std::string> TlsOf(const std::string& stem) const {
    return {"--tls-cert", certs() + "/" + stem + ".crt",
            "--tls-key",  certs() + "/" + stem + ".key",
            "--tls-ca",   certs() + "/ca.crt"};
  }

  void Serve() {
    std::vector<std::string> flags = TlsOf("coordinator");
    flags.insert(flags.end(), {"--tokens", (dir().path() / "tokens").string(), "--log-level",
                               "debug", "--agent-grace", "30s"});
    StartCoordinator(flags);
  }
  void StartCanary() {
    std::vector<std::string> flags = TlsOf("agent-canary-1");
    flags.insert(flags.end(), {"--state", (dir().path() / "state").string()});
    StartAgent("canary",
               {{"CANARY_HEADER", kHeader},
                {"CANARY_BODY", kBody},
                {"CANARY_URL", "http://user:" + std::string(kUser) + "@" + gate_.url().substr(7)},
                {"CANARY_DSN", postgres_->Url("plain", kDatabase)},
                {"WRONG_DSN", postgres_->Url("nobody", kDatabase)}},
               "", flags);
  }

  // Every check fails and says what it can about it.
  std::string Plan() {
    return dir()
        .Write("canary.yaml", R"(name: canary
timeout: 60s
connections:
  db: {postgres: "${CANARY_DSN}"}
  closed_db: {postgres: "${WRONG_DSN}"}
  web: {http: "${CANARY_URL}"}
policy: {rollback: [{rule: all, select: smoke, not_passed_ratio_at_least: 1.0}]}
checks:
  - {name: login, tags: [smoke], on: {service: canary}, postgres: {connection: closed_db, steps: [{sql: SELECT 1}]}}
  - name: statement
    tags: [smoke]
    on: {service: canary}
    postgres: {connection: db, steps: [{sql: "SELECT $1::int", params: ["${CANARY_HEADER}"]}]}
  - name: echo
    tags: [smoke]
    on: {service: canary}
    timeout: 50s
    http:
      steps:
        - {request: {url: /gate}}
        - request:
            method: POST
            url: /echo
            headers: {authorization: "Bearer ${CANARY_HEADER}"}
            json: {password: "${CANARY_BODY}"}
          capture: {answer: {query: body}}
        - {request: {method: POST, url: "/echo?token=${CANARY_BODY}", body: "{{answer}}"}, expect: ["body == nothing of it"]}
)")
        .string();
  }

  std::vector<std::string> Secrets() const {
    return {kDatabase, kHeader, kBody, kUser, token_, token_.substr(4)};
  }

  // All that the programs have left in files: store, spool, reports. Not the operator's own.
  std::string Files() {
    std::string all;
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir().path())) {
      const bool own = entry.path().string().rfind(certs(), 0) == 0;
      if (!entry.is_regular_file() || own) continue;
      all += ReadFile(entry.path());
      ++files;
    }
    EXPECT_GE(files, 3);
    return all;
  }

  bool WaitForSpool() const {
    const shared::SteadyTime deadline = Soon();
    while (std::chrono::steady_clock::now() < deadline) {
      std::error_code none_yet;
      for (const auto& entry : fs::directory_iterator(dir().path() / "state/results", none_yet)) {
        if (entry.path().extension() == ".result") return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  void ExpectNoSecretIn(const std::string& text, const std::string& what) {
    for (const std::string& secret : Secrets()) {
      EXPECT_THAT(text, Not(HasSubstr(secret))) << "in " << what;
    }
  }

  GateServer gate_;
  std::unique_ptr<LocalPostgres> postgres_;
  std::string token_;
};

TEST_F(CanaryTest, NoSecretIsInStoreSpoolReportsLogsProcessListOrTheCoordinatorsMemory) {
  Serve();
  StartCanary();
  const std::string reports = (dir().path() / "reports").string();
  const std::unique_ptr<Process> run =
      Begin({"run", Plan(), "--coordinator", address(), "--tls-ca", certs() + "/ca.crt", "--report",
             reports, "--log-level", "debug"},
            {{"SMOKEMESH_TOKEN", token_}});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  for (const pid_t pid : {run->pid(), agent_pid("canary"), coordinator_pid()}) {
    const std::string line = CommandLineOf(pid);
    EXPECT_THAT(line, HasSubstr("smokemesh"));
    ExpectNoSecretIn(line, "a command line");
  }

  // The coordinator goes, the result comes, the agent goes: it lies in the spool.
  KillCoordinator();
  std::string logs = CoordinatorLog();
  gate_.Open();
  ASSERT_TRUE(WaitForSpool()) << AgentLog("canary");
  KillAgent("canary");
  logs += AgentLog("canary");
  ExpectNoSecretIn(Files(), "the spool or the store");

  Serve();
  StartCanary();
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 1) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("***"));
  const std::string files = Files();
  EXPECT_THAT(files, HasSubstr("***"));
  ExpectNoSecretIn(files, "the store or a report");
  ExpectNoSecretIn(logs + AgentLog("canary") + CoordinatorLog(), "a log");
  ExpectNoSecretIn(finished.out + finished.err, "the output of run");

  // What a core of the coordinator would hold. Plans' secrets never get there at all; a token does,
  // while its call lasts.
  const auto found = FindInMemory(coordinator_pid(), {kDatabase, kHeader, kBody, kUser});
  if (absl::IsPermissionDenied(found.status())) GTEST_SKIP() << found.status();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, IsEmpty());
  // The search finds what is there.
  const auto there = FindInMemory(agent_pid("canary"), {kHeader});
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_FALSE(there->empty());
}

TEST_F(CanaryTest, NeitherProgramLeavesItsMemoryInACore) {
  Serve();
  StartCanary();
  for (const pid_t pid : {agent_pid("canary"), coordinator_pid()}) {
    const std::string process = "/proc/" + std::to_string(pid);
    EXPECT_THAT(ReadFile(process + "/limits"),
                ::testing::ContainsRegex("Max core file size +0 +0 "));
    EXPECT_EQ(absl::StripAsciiWhitespace(ReadFile(process + "/coredump_filter")), "00000000");
  }
}

}  // namespace
}  // namespace smokemesh::testing
