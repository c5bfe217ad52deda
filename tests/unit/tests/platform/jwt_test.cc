#include "tests/platform/jwt.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace smokemesh::platform {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

constexpr char kSecret[] = "secret";
constexpr char kUser[] = "abc63b19-77e0-4e9c-8521-9b26b672434a";

Claims Good() {
  Claims claims;
  claims.sub = kUser;
  claims.email = "a@example.com";
  claims.iat = 1000;
  claims.exp = 2000;
  return claims;
}

absl::StatusOr<Claims> Verify(const std::string& token, int now = 1500, TokenChecks checks = {}) {
  return VerifyToken(token, kSecret, system_clock::time_point(seconds(now)), checks);
}

// The token with one of its three parts replaced.
std::string With(const std::string& token, int part, const std::string& text) {
  const size_t first = token.find('.');
  const size_t second = token.rfind('.');
  const std::string parts[] = {token.substr(0, first), token.substr(first + 1, second - first - 1),
                               token.substr(second + 1)};
  std::string out;
  for (int i = 0; i < 3; ++i) out += (i == 0 ? "" : ".") + (i == part ? text : parts[i]);
  return out;
}

TEST(Jwt, AgreesWithAnotherImplementation) {
  // The example of jwt.io, which has no `type` and a `sub` that is no UUID.
  const auto claims = VerifyToken(
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
      "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
      "your-256-bit-secret", system_clock::time_point(), {.signature = true, .expiry = false});
  EXPECT_EQ(claims.status().message(), "not an access token") << "the signature is good";
}

TEST(Jwt, AGoodTokenTellsItsClaimsInThePromisedOrder) {
  const std::string token = SignToken(Good(), kSecret);
  const auto claims = Verify(token);
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->sub, kUser);
  EXPECT_EQ(claims->cpa_firm_id, std::nullopt);
  std::string payload;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(
      token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1), &payload));
  EXPECT_EQ(payload, std::string(R"({"sub":")") + kUser +
                         R"(","email":"a@example.com","cpa_firm_id":null,"client_id":null,)"
                         R"("exp":2000,"iat":1000,"type":"access"})");
}

TEST(Jwt, ExpiresAtItsSecond) {
  const std::string token = SignToken(Good(), kSecret);
  EXPECT_TRUE(Verify(token, 1999).ok());
  EXPECT_EQ(Verify(token, 2000).status().message(), "the token has expired");
  EXPECT_TRUE(Verify(token, 2000, {.signature = true, .expiry = false}).ok());
}

TEST(Jwt, RefusesOtherSignaturesAndAlgorithms) {
  const std::string token = SignToken(Good(), kSecret);
  const std::string none = absl::WebSafeBase64Escape(R"({"alg":"none"})");
  EXPECT_FALSE(Verify(SignToken(Good(), "other")).ok());
  EXPECT_FALSE(Verify(With(token, 2, "")).ok());
  EXPECT_FALSE(Verify(With(token, 2, "!")).ok());
  EXPECT_FALSE(Verify(With(With(token, 0, none), 2, "")).ok());
  EXPECT_FALSE(Verify(With(token, 0, none)).ok());
  EXPECT_TRUE(Verify(With(With(token, 0, none), 2, ""), 1500, {.signature = false}).ok());
}

TEST(Jwt, RefusesWhatIsNoToken) {
  for (const char* token : {"", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30"}) {
    EXPECT_EQ(Verify(token).status().code(), absl::StatusCode::kUnauthenticated) << token;
    EXPECT_FALSE(Verify(token, 1500, {.signature = false, .expiry = false}).ok()) << token;
  }
}

TEST(Jwt, RefusesOtherTypesAndSubjects) {
  Claims refresh = Good();
  refresh.type = "refresh";
  EXPECT_FALSE(Verify(SignToken(refresh, kSecret)).ok());
  Claims nobody = Good();
  nobody.sub = "admin";
  EXPECT_FALSE(Verify(SignToken(nobody, kSecret)).ok());
}

}  // namespace
}  // namespace smokemesh::platform
