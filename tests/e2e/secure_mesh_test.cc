// A mesh of the built programs with the certificates that `smokemesh certs` makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SecureMeshTest : public MeshTest {
 protected:
  void SetUp() override {
    const Finished made =
        Run({"certs", "init", "--dir", certs(), "--coordinator", "127.0.0.1", "--agent", "a-1",
             "--agent", "b-1", "--runner", "ci", "--viewer", "ann"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }

  std::string certs() const { return (dir().path() / "certs").string(); }
  std::string File(const std::string& name) const { return certs() + "/" + name; }

  // `--tls-…` of who has the pair `stem`.
  std::vector<std::string> FlagsOf(const std::string& stem) const {
    return {"--tls-cert",        File(stem + ".crt"), "--tls-key",
            File(stem + ".key"), "--tls-ca",          File("ca.crt")};
  }
  std::map<std::string, std::string> EnvironmentOf(const std::string& stem) const {
    return {{"SMOKEMESH_TLS_CERT", File(stem + ".crt")},
            {"SMOKEMESH_TLS_KEY", File(stem + ".key")},
            {"SMOKEMESH_TLS_CA", File("ca.crt")}};
  }
  static std::vector<std::string> Join(std::vector<std::string> a,
                                       const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  void StartMesh(const std::vector<std::string>& flags = {}) {
    StartCoordinator(Join(Join(FlagsOf("coordinator"), {"--log-level", "debug"}), flags));
    StartAgent("a", {}, "a-1", FlagsOf("agent-a-1"));
    StartAgent("b", {}, "b-1", FlagsOf("agent-b-1"));
  }

  std::string Plan() {
    return dir()
        .Write("plan.yaml", R"(name: secured
connections: {web: {http: ")" + gate_.url() +
                                R"("}}
timeout: 60s
checks:
  - {name: on_a, tags: [smoke], on: {service: a}, http: {steps: [{request: {url: /ok}}]}}
  - {name: on_b, tags: [smoke], on: {service: b}, http: {steps: [{request: {url: /ok}}]}}
)")
        .string();
  }

  GateServer gate_;
};

TEST_F(SecureMeshTest, ARunPromotesOverMutualTls) {
  StartMesh();
  const Finished run = Run(
      Join({"run", Plan(), "--coordinator", address(), "--output", "json"}, FlagsOf("runner-ci")));
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("PROMOTE"), HasSubstr("\"requested_by\": \"ci\"")));
  // Who may only read does that, with what the environment says.
  const auto ann = EnvironmentOf("viewer-ann");
  EXPECT_THAT(Run({"agents", "--coordinator", address()}, ann).out,
              AllOf(HasSubstr("a-1"), HasSubstr("b-1")));
  EXPECT_EQ(Run({"verdict", "latest", "--coordinator", address()}, ann).exit_code, 0);
  const Finished denied = Run({"run", Plan(), "--coordinator", address()}, ann);
  EXPECT_EQ(denied.exit_code, 2);
  EXPECT_THAT(denied.err, HasSubstr("viewer ann may not call"));
}

TEST_F(SecureMeshTest, ARunFindsItsCoordinatorAgain) {
  StartMesh();
  const std::string plan = dir()
                               .Write("held.yaml", R"(name: held
connections: {web: {http: ")" + gate_.url() + R"("}}
timeout: 60s
checks:
  - {name: on_a, tags: [smoke], on: {service: a}, http: {steps: [{request: {url: /gate}}]}}
)")
                               .string();
  const std::string port = address().substr(address().rfind(':') + 1);
  TcpProxy way(std::stoi(port));
  const auto run =
      Begin(Join({"run", plan, "--coordinator", "127.0.0.1:" + std::to_string(way.port())},
                 FlagsOf("runner-ci")));
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  KillCoordinator();
  ASSERT_TRUE(run->WaitForOutput("lost the coordinator", Soon()));
  // It has tried in vain before there is one again.
  const int before = way.accepted();
  const shared::SteadyTime deadline = Soon();
  while (way.accepted() < before + 3 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_GE(way.accepted(), before + 3);
  StartCoordinator(FlagsOf("coordinator"));
  EXPECT_TRUE(run->WaitForOutput("is back", Soon(std::chrono::seconds(20))))
      << run->Stdout() << run->Stderr();
  gate_.Open();
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
}

TEST_F(SecureMeshTest, StrangersDoNotGetIn) {
  StartMesh();
  const Finished other = Run({"certs", "init", "--dir", (dir().path() / "other").string(),
                              "--coordinator", "127.0.0.1", "--admin", "eve"});
  ASSERT_EQ(other.exit_code, 0) << other.err;
  const std::string eve = (dir().path() / "other/admin-eve").string();
  const std::vector<std::string> ask = {"agents", "--coordinator", address()};
  const Finished plain = Run(ask);
  EXPECT_EQ(plain.exit_code, 3) << "plaintext";
  EXPECT_THAT(plain.err, HasSubstr("if it wants TLS, give --tls-ca"));
  EXPECT_EQ(Run(Join(ask, {"--tls-ca", File("ca.crt")})).exit_code, 3) << "no certificate";
  const auto as_eve = [&](const std::string& ca) {
    return Run(Join(ask, {"--tls-ca", ca, "--tls-cert", eve + ".crt", "--tls-key", eve + ".key"}));
  };
  const std::string others = (dir().path() / "other/ca.crt").string();
  const std::string both = dir().Write("both.crt", ReadFile(File("ca.crt")) + ReadFile(others));
  EXPECT_EQ(as_eve(both).exit_code, 3) << "the coordinator does not know her authority";
  const Finished unknown = as_eve(others);
  EXPECT_EQ(unknown.exit_code, 3) << "she does not know the coordinator's";
  EXPECT_THAT(unknown.err, HasSubstr("does not lead to an authority in the file of --tls-ca"));
  EXPECT_THAT(unknown.err, StartsWith("smokemesh: ")) << "gRPC's own log is not shown";
  const std::string port = address().substr(address().rfind(':') + 1);
  EXPECT_THAT(Run(Join({"agents", "--coordinator", "localhost:" + port}, FlagsOf("runner-ci"))).err,
              HasSubstr("give --tls-server-name"));
  const Finished unvouched = as_eve(File("ca.crt"));
  EXPECT_EQ(unvouched.exit_code, 2);
  EXPECT_THAT(unvouched.err, HasSubstr("does not lead to an authority in"));
  EXPECT_EQ(Run(Join(ask, FlagsOf("agent-a-1"))).exit_code, 2) << "an agent reads nothing";
  EXPECT_EQ(Run(Join(ask, FlagsOf("viewer-ann"))).exit_code, 0);
}

TEST_F(SecureMeshTest, TokensStandForPeopleAndPipelines) {
  const std::string tokens = (dir().path() / "tokens").string();
  const Finished made = Run({"token", "create", "--name", "pipe", "--role", "runner", "--file",
                             tokens, "--expires", "1d"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string secret = made.out.substr(0, made.out.find('\n'));
  ASSERT_THAT(secret, ::testing::StartsWith("smt_"));
  EXPECT_THAT(ReadFile(tokens), AllOf(HasSubstr("pipe runner "), Not(HasSubstr(secret))));
  EXPECT_EQ(
      Run({"token", "create", "--name", "pipe", "--role", "admin", "--file", tokens}).exit_code, 2);
  StartMesh({"--tokens", tokens});
  const std::vector<std::string> run = {"run",      Plan(),         "--coordinator", address(),
                                        "--tls-ca", File("ca.crt"), "--log-level",   "debug",
                                        "--output", "json"};
  const Finished good = Run(run, {{"SMOKEMESH_TOKEN", secret}});
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("\"requested_by\": \"pipe\""));
  const Finished file =
      Run(Join(run, {"--token-file", dir().Write("secret", secret + "\n").string()}));
  EXPECT_EQ(file.exit_code, 0) << file.out << file.err;
  const Finished wrong = Run(run, {{"SMOKEMESH_TOKEN", "smt_Canary-wrong"}});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("the token is not known"));
  EXPECT_EQ(Run(run).exit_code, 2) << "neither token nor certificate";
  const Finished plain = Run(
      {"agents", "--coordinator", address(), "--token-file", (dir().path() / "secret").string()});
  EXPECT_EQ(plain.exit_code, 2);
  EXPECT_THAT(plain.err, HasSubstr("over TLS only"));
  for (const std::string& text : {CoordinatorLog(), AgentLog("a"), good.out, good.err, file.err,
                                  wrong.out, wrong.err, plain.err}) {
    EXPECT_THAT(text, AllOf(Not(HasSubstr(secret)), Not(HasSubstr("Canary"))));
  }
}

TEST_F(SecureMeshTest, AnAgentGoesByTheNameInItsCertificate) {
  ProcessOptions options;
  options.argv = Join(
      {Binary("smokemesh-agent"), "--coordinator", "127.0.0.1:1", "--service", "a", "--id", "b-1"},
      FlagsOf("agent-a-1"));
  auto agent = Process::Start(options);
  ASSERT_TRUE(agent.ok()) << agent.status();
  const Finished refused = Wait(agent->get());
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("a-1"), HasSubstr("b-1")));
  options.argv = Join({Binary("smokemesh-agent"), "--coordinator", "127.0.0.1:1", "--service", "a"},
                      FlagsOf("runner-ci"));
  agent = Process::Start(options);
  ASSERT_TRUE(agent.ok()) << agent.status();
  const Finished no_agent = Wait(agent->get());
  EXPECT_EQ(no_agent.exit_code, 2);
  EXPECT_THAT(no_agent.err, HasSubstr("an agent's has the role agent"));
}

TEST_F(SecureMeshTest, KeysAreForTheirOwnersAndNothingIsOverwritten) {
  std::map<std::string, std::string> before;
  for (const auto& entry : std::filesystem::directory_iterator(certs())) {
    struct stat info = {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, entry.path().extension() == ".key" ? 0600U : 0644U)
        << entry.path();
    before[entry.path()] = ReadFile(entry.path());
  }
  EXPECT_EQ(before.size(), 12U);  // ca, coordinator, two agents, runner, viewer
  const Finished again = Run({"certs", "init", "--dir", certs(), "--agent", "c-1"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("is not overwritten; nothing was written"));
  const Finished same =
      Run({"certs", "issue", "--dir", certs(), "--agent", "c-1", "--agent", "a-1"});
  EXPECT_EQ(same.exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(File("agent-c-1.crt")));
  for (const auto& [path, text] : before) EXPECT_EQ(ReadFile(path), text) << path;
  const Finished more = Run({"certs", "issue", "--dir", certs(), "--agent", "c-1", "--days", "7"});
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(more.out, HasSubstr("spiffe://smokemesh/agent/c-1, until "));
  EXPECT_EQ(Run({"certs", "issue", "--dir", certs(), "--agent", "c@host"}).exit_code, 2);
  EXPECT_EQ(
      Run({"certs", "issue", "--dir", (dir().path() / "none").string(), "--agent", "d"}).exit_code,
      2);
}

TEST_F(SecureMeshTest, ShowsWhoseACertificateIs) {
  const Finished agent = Run({"certs", "show", File("agent-a-1.crt")});
  EXPECT_EQ(agent.exit_code, 0) << agent.err;
  EXPECT_THAT(agent.out, AllOf(HasSubstr("stands for  spiffe://smokemesh/agent/a-1\n"),
                               HasSubstr("good for    client\n"), HasSubstr("89 days left")));
  const Finished coordinator = Run({"certs", "show", File("coordinator.crt")});
  EXPECT_THAT(coordinator.out, AllOf(HasSubstr("good for    server\n"), HasSubstr("IP:127.0.0.1")));
  const Finished authority = Run({"certs", "show", File("ca.crt")});
  EXPECT_THAT(authority.out, AllOf(HasSubstr("stands for  nobody: "), HasSubstr("authority\n")));
  const Finished key = Run({"certs", "show", File("ca.key")});
  EXPECT_EQ(key.exit_code, 2);
  EXPECT_THAT(key.err, HasSubstr("holds no certificate"));
  EXPECT_EQ(Run({"certs", "show", File("none.crt")}).exit_code, 2);
}

TEST_F(SecureMeshTest, ACoordinatorDoesNotStartWithWhatIsNotGood) {
  const auto serve = [&](const std::vector<std::string>& flags) {
    return Run(Join({"serve", "--listen", "127.0.0.1:0", "--store", ":memory:"}, flags));
  };
  const Finished mixed = serve({"--tls-cert", File("coordinator.crt"), "--tls-key",
                                File("agent-a-1.key"), "--tls-ca", File("ca.crt")});
  EXPECT_EQ(mixed.exit_code, 2);
  EXPECT_THAT(mixed.err, HasSubstr("is not the key of the certificate"));
  EXPECT_THAT(serve(FlagsOf("agent-a-1")).err, HasSubstr("is not for servers"));
  EXPECT_THAT(serve({"--tls-cert", File("coordinator.crt")}).err, HasSubstr("go together"));
  EXPECT_THAT(serve({"--tokens", File("none")}).err, HasSubstr("over TLS only"));
  EXPECT_THAT(serve(Join(FlagsOf("coordinator"), {"--insecure"})).err,
              HasSubstr("means plaintext"));
  const Finished open = Run({"serve", "--listen", "0.0.0.0:0", "--store", ":memory:"});
  EXPECT_EQ(open.exit_code, 2);
  EXPECT_THAT(open.err, AllOf(HasSubstr("--tls-cert"), HasSubstr("--insecure")));
}

}  // namespace
}  // namespace smokemesh::testing
