#include "shared/credentials/client_security.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "shared/command_line/parser.h"
#include "shared/logging.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::shared {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ClientSecurityTest : public ::testing::Test {
 protected:
  ClientSecurity Read(const std::vector<std::string>& arguments) {
    Program program;
    program.main.name = "x";
    program.main.options = ClientSecurityOptions("Security", true);
    const ParsedLine line = ParseLine(program, arguments);
    EXPECT_EQ(line.problem, "");
    return ReadClientSecurity(
        line.values,
        [this](const char* name) {
          const auto found = environment_.find(name);
          return found == environment_.end() ? std::string() : found->second;
        },
        true);
  }
  std::string Problem(const std::vector<std::string>& arguments, bool loopback) {
    return std::string(CheckClientSecurity(Read(arguments), "mesh:1", loopback).message());
  }

  std::map<std::string, std::string> environment_;
  testing::TempDir dir_;
};

TEST_F(ClientSecurityTest, PlaintextStaysOnThisMachine) {
  EXPECT_EQ(Problem({}, true), "");
  EXPECT_THAT(Problem({}, false), HasSubstr("the way there would be plaintext"));
  EXPECT_EQ(Problem({"--insecure"}, false), "");
  EXPECT_EQ(Problem({"--tls-ca", "ca"}, false), "");
}

TEST_F(ClientSecurityTest, RefusesHalves) {
  EXPECT_THAT(Problem({"--tls-ca", "a", "--tls-cert", "c"}, true), HasSubstr("go together"));
  EXPECT_THAT(Problem({"--tls-ca", "a", "--tls-key", "k"}, true), HasSubstr("go together"));
  EXPECT_THAT(Problem({"--tls-cert", "c", "--tls-key", "k"}, true),
              HasSubstr("TLS needs --tls-ca"));
  EXPECT_THAT(Problem({"--tls-server-name", "n"}, true), HasSubstr("TLS needs --tls-ca"));
  EXPECT_THAT(Problem({"--tls-ca", "a", "--insecure"}, false), HasSubstr("means plaintext"));
  EXPECT_THAT(Problem({"--token-file", "t"}, true), HasSubstr("over TLS only"));
  EXPECT_THAT(Problem({"--token-file", "t", "--insecure"}, false), HasSubstr("over TLS only"));
}

TEST_F(ClientSecurityTest, TheEnvironmentSaysWhatOptionsDoNot) {
  environment_ = {{"SMOKEMESH_TLS_CA", "ca"},
                  {"SMOKEMESH_TLS_CERT", "cert"},
                  {"SMOKEMESH_TLS_KEY", "key"},
                  {"SMOKEMESH_TLS_SERVER_NAME", "name"},
                  {"SMOKEMESH_TOKEN", "secret-token"}};
  ClientSecurity security = Read({"--tls-ca", "other"});
  EXPECT_EQ(security.tls.ca, "other");
  EXPECT_EQ(security.tls.cert, "cert");
  EXPECT_EQ(security.tls.key, "key");
  EXPECT_EQ(security.server_name, "name");
  EXPECT_EQ(security.token, "secret-token");
  security = Read({"--insecure"});
  EXPECT_FALSE(security.encrypted()) << "who says --insecure means it";
  EXPECT_EQ(security.token, "");
}

TEST_F(ClientSecurityTest, ATokenGoesOverTlsOnly) {
  environment_ = {{"SMOKEMESH_TOKEN", "secret-token"}, {"SMOKEMESH_TOKEN_FILE", "/nowhere"}};
  EXPECT_EQ(TokenOf(Read({})).value(), "");
  ClientSecurity security;
  security.token = "secret-token";
  EXPECT_EQ(TokenOf(security).value(), "") << "however it came there";
}

TEST_F(ClientSecurityTest, ReadsATokenAndHidesItFromTheLog) {
  const std::string file = dir_.Write("token", "smt_Very-Secret_1\n");
  EXPECT_EQ(TokenOf(Read({"--tls-ca", "ca", "--token-file", file})).value(), "smt_Very-Secret_1");
  EXPECT_THAT(LogRedactor().Redact("x smt_Very-Secret_1 y"), Not(HasSubstr("Very-Secret")));
}

TEST_F(ClientSecurityTest, NothingOfAWrongTokenIsShown) {
  for (const char* text : {"two words-secret", "line-secret\nline", "secret\x01"}) {
    const std::string file = dir_.Write("token", text);
    const auto token = TokenOf(Read({"--tls-ca", "ca", "--token-file", file}));
    ASSERT_FALSE(token.ok()) << text;
    EXPECT_THAT(std::string(token.status().message()), Not(HasSubstr("secret")));
  }
  EXPECT_THAT(
      std::string(TokenOf(Read({"--tls-ca", "ca", "--token-file", dir_.Write("empty", "\n")}))
                      .status()
                      .message()),
      HasSubstr("holds no token"));
  EXPECT_FALSE(TokenOf(Read({"--tls-ca", "ca", "--token-file", "/dev/zero"})).ok());
}

TEST(SecurityHint, SaysWhichOptionToLookAt) {
  EXPECT_THAT(
      SecurityHint("x: Tls handshake failed: 0A000086:SSL routines::certificate verify failed"),
      HasSubstr("--tls-ca"));
  EXPECT_THAT(SecurityHint("Connection refused"), "");
}

}  // namespace
}  // namespace smokemesh::shared
