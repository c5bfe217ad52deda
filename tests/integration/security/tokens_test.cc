#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "coordinator/access/token_file.h"
#include "tests/integration/coordinator/scripted_agent.h"
#include "tests/integration/security/secure_coordinator.h"

namespace smokemesh::testing {
namespace {

using coordinator::FormatToken;
using coordinator::NewTokenSecret;
using coordinator::Role;
using coordinator::Sha256;
using coordinator::Token;
using ::testing::HasSubstr;
using ::testing::Not;

class TokensTest : public SecureCoordinatorTest {
 protected:
  void SetUp() override {
    WriteTokens(Line("ci", Role::kRunner, runner_) + Line("ann", Role::kViewer, viewer_) +
                Line("old", Role::kAdmin, ended_, std::chrono::seconds(-1)));
    Start();
  }

  static std::string Line(const std::string& name, Role role, const std::string& secret,
                          std::optional<std::chrono::seconds> left = std::nullopt) {
    Token token;
    token.name = name;
    token.role = role;
    token.sha256 = Sha256(secret);
    if (left) token.expiry = std::chrono::system_clock::now() + *left;
    return FormatToken(token);
  }

  // Without a certificate.
  std::shared_ptr<grpc::Channel> Nobody() const { return Channel({}); }

  // Waits until a call with this token ends so; fails the test after 20 s.
  void AwaitCode(const std::string& secret, grpc::StatusCode code) {
    const auto channel = Nobody();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    grpc::Status status;
    do {
      status = List(channel, Bearer(secret));
    } while (status.error_code() != code && std::chrono::steady_clock::now() < deadline);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
  }

  const std::string runner_ = NewTokenSecret();
  const std::string viewer_ = NewTokenSecret();
  const std::string ended_ = NewTokenSecret();
};

TEST_F(TokensTest, ATokenStandsForItsOwner) {
  v1::Run run;
  ASSERT_TRUE(Create(Nobody(), &run, Bearer(runner_)).ok());
  EXPECT_EQ(run.options().requested_by(), "ci");
  EXPECT_TRUE(List(Nobody(), Bearer(viewer_)).ok());
  const grpc::Status status = Create(Nobody(), &run, Bearer(viewer_));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("viewer ann (token) may not call"));
}

TEST_F(TokensTest, RefusesEverythingElse) {
  const struct {
    const char* text;
    Metadata metadata;
  } cases[] = {{"no certificate and no token", {}},
               {"the token is not known", Bearer("smt_wrong")},
               {"the token is not known", Bearer(runner_ + "x")},
               {"the token is not known",
                Bearer(absl::BytesToHexString(Sha256(runner_)))},  // what the file holds
               {"the token old has ended at", Bearer(ended_)},
               {"is not `Bearer TOKEN`", {{"authorization", "Basic " + runner_}}},
               {"is not `Bearer TOKEN`", {{"authorization", runner_}}},
               {"is not `Bearer TOKEN`", {{"authorization", "Bearer "}}},
               {"is given twice",
                {{"authorization", "Bearer " + runner_}, {"authorization", "Bearer " + viewer_}}}};
  for (const auto& one : cases) {
    const grpc::Status status = List(Nobody(), one.metadata);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << one.text;
    EXPECT_THAT(status.error_message(), HasSubstr(one.text));
    EXPECT_THAT(status.error_message(), Not(HasSubstr(runner_)));
  }
}

TEST_F(TokensTest, ATokenThatIsSentDecidesAlone) {
  const auto admin = ChannelOf("admin", "root");
  EXPECT_TRUE(List(admin).ok());
  EXPECT_EQ(List(admin, Bearer("smt_wrong")).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  v1::Run run;
  EXPECT_EQ(Create(admin, &run, Bearer(viewer_)).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  ASSERT_TRUE(Create(admin, &run, Bearer(runner_)).ok());
  EXPECT_EQ(run.options().requested_by(), "ci");
}

// Calls of one connection may have different callers: nothing of one sticks to the next.
TEST_F(TokensTest, CallsOfOneConnectionHaveTheirOwnCallers) {
  const auto channel = Nobody();
  v1::Run run;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Create(channel, &run, Bearer(runner_)).ok());
    EXPECT_EQ(Create(channel, &run, Bearer(viewer_)).error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(List(channel).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(TokensTest, AgentsStillComeWithTheirCertificates) {
  ScriptedAgent agent(ChannelOf("agent", "billing-1"));
  EXPECT_TRUE(agent.Join(MakeHello("billing-1", "billing")));
  ScriptedAgent nobody(Nobody());
  EXPECT_FALSE(nobody.Join(MakeHello("billing-2", "billing")));
  EXPECT_EQ(nobody.ReadToTheEnd().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(TokensTest, ACertificateThatIsShownMustStillBeGood) {
  const MeshCerts foreign;
  const auto channel = Channel(foreign.Issue(foreign.Request("admin", "a")));
  EXPECT_EQ(List(channel, Bearer(runner_)).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TokensTest, AFileThatIsNotRightChangesNothing) {
  Stop();
  const std::string secret = NewTokenSecret();
  WriteTokens("ci runner nonsense\n");
  EXPECT_THAT(std::string(coordinator::OpenServerSecurity(access_).status().message()),
              HasSubstr("has no SHA-256"));
  WriteTokens(Line("ci", Role::kRunner, secret));
  Start();
  EXPECT_TRUE(List(Nobody(), Bearer(secret)).ok());
  // Two tokens that come and go around a bad file show that it was looked at.
  WriteTokens("ci runner nonsense\n" + Line("b", Role::kViewer, viewer_));
  EXPECT_TRUE(List(Nobody(), Bearer(secret)).ok());
  EXPECT_EQ(List(Nobody(), Bearer(viewer_)).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  WriteTokens(Line("ci", Role::kRunner, secret) + Line("b", Role::kViewer, viewer_));
  AwaitCode(viewer_, grpc::StatusCode::OK);
  EXPECT_TRUE(List(Nobody(), Bearer(secret)).ok());
}

TEST_F(TokensTest, TheFileIsReadAgain) {
  const std::string fresh = NewTokenSecret();
  WriteTokens(Line("ci", Role::kRunner, runner_) + Line("new", Role::kViewer, fresh));
  AwaitCode(fresh, grpc::StatusCode::OK);
  AwaitCode(viewer_, grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(List(Nobody(), Bearer(runner_)).ok());
  ::testing::internal::CaptureStderr();
  std::filesystem::remove(access_.tokens);
  AwaitCode(fresh, grpc::StatusCode::UNAUTHENTICATED);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("no token is valid any more"));
  EXPECT_THAT(log, Not(HasSubstr(fresh)));
}

}  // namespace
}  // namespace smokemesh::testing
