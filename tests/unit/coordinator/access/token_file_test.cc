#include "coordinator/access/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <set>
#include <string>

#include "tests/testing/temp_dir.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// echo -n secret | sha256sum
constexpr char kSecret[] = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
constexpr char kOther[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

std::string Problem(const std::string& text) {
  return std::string(ParseTokens(text, "tokens").status().message());
}

TEST(TokenFileTest, ReadsTokens) {
  const auto tokens = ParseTokens(std::string("# people\n\nci runner ") + kSecret +
                                      " 2027-02-20T12:00:00Z\r\n\tann   admin\t" + kOther,
                                  "tokens");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  ASSERT_EQ(tokens->size(), 2U);
  EXPECT_EQ((*tokens)[0].name, "ci");
  EXPECT_EQ((*tokens)[0].role, Role::kRunner);
  EXPECT_EQ((*tokens)[0].expiry, std::chrono::system_clock::from_time_t(1'803'124'800));
  EXPECT_EQ((*tokens)[1].name, "ann");
  EXPECT_EQ((*tokens)[1].role, Role::kAdmin);
  EXPECT_FALSE((*tokens)[1].expiry.has_value());
  EXPECT_TRUE(ParseTokens("", "tokens")->empty());
}

TEST(TokenFileTest, FindsTheTokenOfASecret) {
  const auto tokens =
      ParseTokens(std::string("a viewer ") + kOther + "\nci runner " + kSecret, "tokens");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  const Token* found = FindToken(*tokens, "secret");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "ci");
  for (const char* wrong : {"", "Secret", "secret ", "secre", kSecret}) {
    EXPECT_EQ(FindToken(*tokens, wrong), nullptr) << wrong;
  }
}

TEST(TokenFileTest, SaysWhatIsWrongWithWhichLine) {
  const std::string hash = kSecret;
  EXPECT_THAT(Problem("ci runner"), HasSubstr("tokens:1: has 2 words: expected NAME ROLE SHA256"));
  EXPECT_THAT(Problem("\nci runner " + hash + " x y"), HasSubstr("tokens:2: has 5 words"));
  EXPECT_THAT(Problem("c/i runner " + hash), HasSubstr("tokens:1: has a name that is not"));
  EXPECT_THAT(Problem("ci root " + hash), HasSubstr("gives ci the role \"root\""));
  EXPECT_THAT(Problem("ci agent " + hash), HasSubstr("gives ci the role \"agent\""));
  EXPECT_THAT(Problem("ci replica " + hash), HasSubstr("gives ci the role \"replica\""));
  EXPECT_THAT(Problem("ci runner " + hash.substr(1)), HasSubstr("has no SHA-256"));
  EXPECT_THAT(Problem("ci runner X" + hash.substr(1)), HasSubstr("has no SHA-256"));
  for (const char* end : {"2027-02-20", "never", "2027-02-20T12:00:00", "2027-02-30T12:00:00Z",
                          "infinite-future-----Z", "2027-02-20T12:00:00+01:00"}) {
    EXPECT_THAT(Problem("ci runner " + hash + " " + end), HasSubstr("has no end such as")) << end;
  }
  EXPECT_THAT(Problem("ci runner " + hash + "\nci viewer " + kOther), HasSubstr("a second time"));
  EXPECT_THAT(Problem("ci runner " + hash + "\ncd viewer " + hash),
              HasSubstr("the secret of another line"));
}

TEST(TokenFileTest, IsBounded) {
  EXPECT_THAT(Problem(std::string(kMaxTokenFile + 1, '#')), HasSubstr("is longer than"));
  std::string lines;
  for (size_t i = 0; i <= kMaxTokens; ++i) {
    const std::string number = std::to_string(1'000'000 + i);
    lines += "t" + number + " viewer " + number + std::string(kSecret).substr(number.size()) + "\n";
  }
  EXPECT_THAT(Problem(lines), HasSubstr("at most 1000 tokens"));
  std::string nonsense;
  for (int i = 0; i < 1000; ++i) nonsense += "x\n";
  EXPECT_LT(Problem(nonsense).size(), 4000U);
}

// Who pastes the secret itself must not find it in a log.
TEST(TokenFileTest, ProblemsShowNoHashAndNoSecret) {
  EXPECT_THAT(Problem("ci runner smt_Canary-Secret"), Not(HasSubstr("Canary")));
  EXPECT_THAT(Problem("ci runner " + std::string(kSecret).substr(1)), Not(HasSubstr("bb80d5")));
}

TEST(TokenFileTest, RefusesAFileThatOthersMayWrite) {
  const testing::TempDir dir;
  const std::string path = dir.Write("tokens", std::string("ci runner ") + kSecret + "\n");
  EXPECT_TRUE(ReadTokenFile(path).ok());
  ASSERT_EQ(chmod(path.c_str(), 0664), 0);
  EXPECT_THAT(std::string(ReadTokenFile(path).status().message()), HasSubstr("chmod go-w"));
  EXPECT_TRUE(absl::IsNotFound(ReadTokenFile(dir.path() / "none").status()));
}

TEST(TokenFileTest, SecretsAreNewAndLinesAreRead) {
  std::set<std::string> secrets;
  for (int i = 0; i < 100; ++i) secrets.insert(NewTokenSecret());
  EXPECT_EQ(secrets.size(), 100U);
  const std::string secret = *secrets.begin();
  EXPECT_THAT(secret, MatchesRegex("smt_[-_A-Za-z0-9]+"));
  EXPECT_EQ(secret.size(), 47U);
  Token token{"ci", Role::kRunner, Sha256(secret),
              std::chrono::system_clock::from_time_t(1'803'124'800)};
  const auto read = ParseTokens(FormatToken(token), "tokens");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(FindToken(*read, secret)->expiry, token.expiry);
  EXPECT_THAT(FormatToken(token), Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace smokemesh::coordinator
