#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/integration/coordinator/scripted_agent.h"
#include "tests/integration/security/secure_coordinator.h"

namespace smokemesh::testing {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::Not;

class AccessTest : public SecureCoordinatorTest {
 protected:
  void SetUp() override { Start(); }

  grpc::Status ListWith(const shared::KeyPair& pair) { return List(Channel(pair)); }

  // With a handshake that goes well, and what the coordinator then says.
  grpc::Status ListAsOdd(const std::vector<std::string>& names,
                         ThrowawayCa::Kind kind = ThrowawayCa::Kind::kLeaf) {
    return ListWith(PairOf(odd_.Issue("odd", names, 1, kind)));
  }
};

TEST_F(AccessTest, WhoHasAGoodCertificateIsServed) {
  EXPECT_TRUE(List(ChannelOf("viewer", "ann")).ok());
  // The odd authority is trusted: what follows is refused for what it says of itself only.
  EXPECT_TRUE(ListAsOdd({"URI:spiffe://smokemesh/viewer/ann"}).ok());
}

TEST_F(AccessTest, TheHandshakeRefusesStrangers) {
  const MeshCerts foreign;
  const auto now = std::chrono::system_clock::now();
  shared::CertificateRequest ended = certs_.Request("admin", "a");
  ended.not_before = now - hours(2);
  ended.not_after = now - hours(1);
  shared::CertificateRequest early = certs_.Request("admin", "a");
  early.not_before = now + hours(1);
  early.not_after = now + hours(2);
  shared::CertificateRequest server = certs_.Request("admin", "a");
  server.server = true;
  server.client = false;
  const struct {
    const char* what;
    shared::KeyPair pair;
  } cases[] = {{"no certificate", {}},
               {"another authority's", foreign.Issue(foreign.Request("admin", "a"))},
               {"ended", certs_.Issue(ended)},
               {"not good yet", certs_.Issue(early)},
               {"a server's", certs_.Issue(server)},
               {"the authority's own", certs_.authority().pair()}};
  for (const auto& one : cases) {
    const grpc::Status status = ListWith(one.pair);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
        << one.what << ": " << status.error_message();
  }
}

TEST_F(AccessTest, ACertificateStandsForExactlyOne) {
  const struct {
    const char* text;
    grpc::Status status;
  } cases[] = {
      {"has 2 URI names",
       ListAsOdd({"URI:spiffe://smokemesh/viewer/a", "URI:spiffe://smokemesh/admin/a"})},
      {"has no URI names", ListAsOdd({"DNS:localhost"})},
      {"is that of an authority",
       ListAsOdd({"URI:spiffe://smokemesh/admin/a"}, ThrowawayCa::Kind::kAuthority)},
      {"may sign certificates",
       ListAsOdd({"URI:spiffe://smokemesh/admin/a"}, ThrowawayCa::Kind::kSigner)},
      {"is of another trust domain than smokemesh", ListAsOdd({"URI:spiffe://elsewhere/admin/a"})},
      {"has no role of a caller", ListAsOdd({"URI:spiffe://smokemesh/coordinator/a"})},
      {"expected spiffe://", ListAsOdd({"URI:spiffe://smokemesh/admin/a/b"})}};
  for (const auto& one : cases) {
    EXPECT_EQ(one.status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << one.text;
    EXPECT_THAT(one.status.error_message(), HasSubstr(one.text));
  }
}

// What a client sends behind its own certificate nobody has checked.
TEST_F(AccessTest, ACertificateBehindOnesOwnSaysNothing) {
  const MeshCerts foreign;
  shared::KeyPair agent = certs_.Issue(certs_.Request("agent", "a"));
  const shared::KeyPair forged = foreign.Issue(foreign.Request("admin", "root"));
  EXPECT_EQ(ListWith({agent.cert + forged.cert, agent.key}).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  const shared::KeyPair true_admin = certs_.Issue(certs_.Request("admin", "root"));
  EXPECT_EQ(ListWith({agent.cert + true_admin.cert, agent.key}).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(ListWith({true_admin.cert + agent.cert, true_admin.key}).ok());
}

TEST_F(AccessTest, RolesDoWhatTheyAreForAndNothingElse) {
  v1::Run run;
  EXPECT_TRUE(Create(ChannelOf("runner", "ci"), &run).ok());
  EXPECT_TRUE(Create(ChannelOf("admin", "ann"), &run).ok());
  for (const char* role : {"viewer", "agent", "replica"}) {
    const grpc::Status status = Create(ChannelOf(role, "x"), &run);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << role;
    EXPECT_THAT(status.error_message(),
                HasSubstr(std::string(role) +
                          " x may not call /smokemesh.v1.RunService/CreateRun: that is for "
                          "runner, admin"));
  }
  for (const char* role : {"agent", "replica"}) {
    EXPECT_EQ(List(ChannelOf(role, "x")).error_code(), grpc::StatusCode::PERMISSION_DENIED) << role;
  }
  for (const char* role : {"agent", "runner", "viewer", "admin", "replica"}) {
    EXPECT_TRUE(Health(ChannelOf(role, "x")).ok()) << role;
  }
}

TEST_F(AccessTest, NobodyMayCallWhatIsNotInTheTable) {
  const grpc::Status status = Call(ChannelOf("admin", "a"), "/smokemesh.v1.RunService/DropRuns");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("nobody may"));
}

TEST_F(AccessTest, ARunIsRequestedByWhomTheCertificateNames) {
  v1::Run run;
  ASSERT_TRUE(Create(ChannelOf("runner", "ci"), &run).ok());
  EXPECT_EQ(run.options().requested_by(), "ci");
}

TEST_F(AccessTest, AnAgentIsWhoItsCertificateSays) {
  ScriptedAgent agent(ChannelOf("agent", "billing-1"));
  EXPECT_TRUE(agent.Join(MakeHello("billing-1", "billing")));
}

TEST_F(AccessTest, AgentACannotBeAgentB) {
  ScriptedAgent agent(ChannelOf("agent", "billing-1"));
  EXPECT_FALSE(agent.Join(MakeHello("gateway-1", "gateway")));
  const grpc::Status status = agent.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("billing-1"));
  EXPECT_THAT(status.error_message(), HasSubstr("gateway-1"));
}

TEST_F(AccessTest, OnlyAgentsOpenAgentStreams) {
  for (const char* role : {"runner", "viewer", "admin", "replica"}) {
    ScriptedAgent agent(ChannelOf(role, "x"));
    EXPECT_FALSE(agent.Join(MakeHello("x", "x"))) << role;
    EXPECT_EQ(agent.ReadToTheEnd().error_code(), grpc::StatusCode::PERMISSION_DENIED) << role;
  }
}

// An agent that came in stays in nobody's way: the in-process channel of the same coordinator has
// no certificate and needs none.
TEST_F(AccessTest, InProcessEverybodyIsAdmin) {
  v1::Run run;
  EXPECT_TRUE(Create(coordinator_->InProcessChannel(), &run).ok());
  EXPECT_EQ(run.options().requested_by(), "whoever the caller says");
}

TEST_F(AccessTest, PlaintextIsNotUnderstood) {
  const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(coordinator_->port()),
                                           grpc::InsecureChannelCredentials());
  EXPECT_EQ(List(channel).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AccessTest, DenialsAreLoggedWithoutSecrets) {
  const shared::KeyPair pair = certs_.Issue(certs_.Request("viewer", "ann"));
  ::testing::internal::CaptureStderr();
  v1::Run run;
  EXPECT_FALSE(Create(Channel(pair), &run).ok());
  EXPECT_FALSE(List(Channel(pair), Bearer("smt_Canary-Secret")).ok());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("refused: viewer ann may not call"));
  EXPECT_THAT(log, HasSubstr("refused: this coordinator takes no tokens"));
  EXPECT_THAT(log, Not(HasSubstr("Canary")));
  EXPECT_THAT(log, Not(HasSubstr("PRIVATE KEY")));
}

TEST_F(AccessTest, AFloodOfDenialsIsNoFloodOfLogLines) {
  const auto channel = ChannelOf("agent", "a");
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 200; ++i) EXPECT_FALSE(List(channel).ok());
  const std::string log = ::testing::internal::GetCapturedStderr();
  size_t lines = 0;
  for (size_t at = log.find("refused:"); at != std::string::npos;
       at = log.find("refused:", at + 1)) {
    ++lines;
  }
  EXPECT_GE(lines, 20U);
  EXPECT_LT(lines, 60U);
}

TEST(OpenServerSecurityTest, SaysWhatIsWrong) {
  const MeshCerts certs;
  coordinator::AccessOptions options;
  options.files = certs.Client("admin", "a");
  EXPECT_THAT(std::string(coordinator::OpenServerSecurity(options).status().message()),
              HasSubstr("is not for servers"));
  options.files = certs.Server();
  options.replica = true;
  EXPECT_THAT(std::string(coordinator::OpenServerSecurity(options).status().message()),
              HasSubstr("need the role replica"));
  options.files = certs.Server("replica", "a");
  const auto security = coordinator::OpenServerSecurity(options);
  ASSERT_TRUE(security.ok()) << security.status();
  EXPECT_NE(security->to_replicas, nullptr);
  options.tokens = certs.dir().path() / "none";
  EXPECT_THAT(std::string(coordinator::OpenServerSecurity(options).status().message()),
              HasSubstr("No such file"));
}

}  // namespace
}  // namespace smokemesh::testing
