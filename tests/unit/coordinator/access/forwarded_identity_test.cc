#include "coordinator/access/forwarded_identity.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace smokemesh::coordinator {
namespace {

TEST(ForwardedIdentityTest, ComesBackAsItWas) {
  Caller agent;
  agent.proof = Caller::Proof::kCertificate;
  agent.role = Role::kAgent;
  agent.name = "billing-1";
  agent.expiry = std::chrono::system_clock::from_time_t(1'790'000'000);
  agent.peer_certificate = "not sent";
  EXPECT_EQ(EncodeForwarded(agent), "1/certificate/agent/billing-1/1790000000");
  const auto decoded = DecodeForwarded(EncodeForwarded(agent));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->proof, agent.proof);
  EXPECT_EQ(decoded->role, agent.role);
  EXPECT_EQ(decoded->name, agent.name);
  EXPECT_EQ(decoded->expiry, agent.expiry);
  EXPECT_EQ(decoded->peer_certificate, "");
  EXPECT_EQ(decoded->via, "");

  Caller token;
  token.proof = Caller::Proof::kToken;
  token.role = Role::kRunner;
  token.name = "ci";
  EXPECT_EQ(EncodeForwarded(token), "1/token/runner/ci/0");
  EXPECT_FALSE(DecodeForwarded("1/token/runner/ci/0")->expiry.has_value());
}

TEST(ForwardedIdentityTest, NobodyGainsTime) {
  Caller caller;
  caller.proof = Caller::Proof::kToken;
  caller.role = Role::kRunner;
  caller.name = "ci";
  caller.expiry = std::chrono::system_clock::from_time_t(100) + std::chrono::milliseconds(900);
  EXPECT_EQ(EncodeForwarded(caller), "1/token/runner/ci/100");
}

TEST(ForwardedIdentityTest, TakesNothingElse) {
  for (const char* text :
       {"", "1", "1/certificate/agent/a", "2/certificate/agent/a/0", "1/local/admin/a/0",
        "1/certificate/replica/a/0", "1/certificate/root/a/0", "1/certificate/agent//0",
        "1/certificate/agent/a b/0", "1/certificate/agent/a/-1", "1/certificate/agent/a/1x",
        "1/certificate/agent/a/", "1/certificate/agent/a/0/", "1/certificate/agent/a/+5",
        "1/certificate/agent/a/9999999999999", " 1/certificate/agent/a/0"}) {
    EXPECT_FALSE(DecodeForwarded(text).ok()) << text;
  }
  EXPECT_FALSE(DecodeForwarded("1/certificate/agent/" + std::string(300, 'a') + "/0").ok());
}

TEST(ForwardedIdentityTest, ProofsAreNotCopied) {
  for (const char* key : {"authorization", "smokemesh-forwarded-identity", ":path", "grpc-timeout",
                          "te", "content-type", "user-agent", ""}) {
    EXPECT_FALSE(MayForward(key)) << key;
  }
  EXPECT_TRUE(MayForward("traceparent"));
}

}  // namespace
}  // namespace smokemesh::coordinator
