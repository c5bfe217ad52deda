// Replicas with certificates: who calls a follower is known to the leader, and nobody else can say
// whom they call for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SecureReplicasTest : public MeshTest {
 protected:
  void SetUp() override {
    auto started = LocalPostgres::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    postgres_ = *std::move(started);
    const Finished made =
        Run({"certs", "init", "--dir", certs(), "--coordinator", "127.0.0.1", "--replica", "one",
             "--replica", "two", "--agent", "a-1", "--runner", "ci", "--viewer", "ann"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }

  std::string certs() const { return (dir().path() / "certs").string(); }

  std::vector<std::string> FlagsOf(const std::string& stem) const {
    return {"--tls-cert", certs() + "/" + stem + ".crt",
            "--tls-key",  certs() + "/" + stem + ".key",
            "--tls-ca",   certs() + "/ca.crt"};
  }
  static std::vector<std::string> Join(std::vector<std::string> a,
                                       const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  // Returns its address once it listens, or once it leads.
  std::string StartReplica(const std::string& stem, bool leads) {
    ProcessOptions options;
    options.argv =
        Join({Binary("smokemesh"), "serve", "--listen", "127.0.0.1:0", "--log-level", "info"},
             FlagsOf(stem));
    options.environment = {{"SMOKEMESH_STORE", postgres_->Url()}};
    auto started = Process::Start(options);
    EXPECT_TRUE(started.ok()) << started.status();
    if (!started.ok()) return "";
    replicas_.push_back(*std::move(started));
    Process& replica = *replicas_.back();
    EXPECT_TRUE(replica.WaitForOutput("listening on ", Soon())) << replica.Stderr();
    if (leads) {
      EXPECT_TRUE(replica.WaitForOutput("this replica leads", Soon())) << replica.Stderr();
    }
    const std::vector<std::string> words =
        absl::StrSplit(replica.Stdout(), absl::ByAnyChar(" \n"), absl::SkipEmpty());
    return words.empty() ? "" : words.back();
  }

  std::unique_ptr<LocalPostgres> postgres_;
  GateServer gate_;
  std::vector<std::unique_ptr<Process>> replicas_;
  std::unique_ptr<Process> agent_;
};

TEST_F(SecureReplicasTest, AFollowerPassesOnWhoCalls) {
  StartReplica("replica-one", /*leads=*/true);
  const std::string follower = StartReplica("replica-two", /*leads=*/false);
  ProcessOptions options;
  options.argv = Join({Binary("smokemesh-agent"), "--coordinator", follower, "--service", "a"},
                      FlagsOf("agent-a-1"));
  auto started = Process::Start(options);
  ASSERT_TRUE(started.ok()) << started.status();
  agent_ = *std::move(started);
  ASSERT_TRUE(agent_->WaitForOutput("connected to ", Soon())) << agent_->Stderr();

  const std::string plan = dir().Write("plan.yaml", R"(name: secured
connections: {web: {http: ")" + gate_.url() + R"("}}
timeout: 60s
checks:
  - {name: on_a, tags: [smoke], on: {service: a}, http: {steps: [{request: {url: /ok}}]}}
)");
  const Finished run =
      Run(Join({"run", plan, "--coordinator", follower, "--output", "json"}, FlagsOf("runner-ci")));
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("PROMOTE"), HasSubstr("\"requested_by\": \"ci\"")));
  const Finished denied =
      Run(Join({"run", plan, "--coordinator", follower}, FlagsOf("viewer-ann")));
  EXPECT_EQ(denied.exit_code, 2);
  EXPECT_THAT(denied.err, HasSubstr("viewer ann may not call"));
}

TEST_F(SecureReplicasTest, ACoordinatorsOwnCertificateIsNotEnough) {
  const Finished issued = Run({"certs", "issue", "--dir", certs(), "--coordinator", "127.0.0.1"});
  ASSERT_EQ(issued.exit_code, 0) << issued.err;
  const Finished refused = Run(Join({"serve", "--listen", "127.0.0.1:0"}, FlagsOf("coordinator")),
                               {{"SMOKEMESH_STORE", postgres_->Url()}});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("need the role replica"));
}

}  // namespace
}  // namespace smokemesh::testing
