#include "shared/redactor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace smokemesh::shared {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Redactor, HidesEveryOccurrence) {
  Redactor redactor;
  redactor.Add("hunter2");
  EXPECT_EQ(redactor.Redact("hunter2, hunter2hunter2!"), "***, ******!");
  EXPECT_EQ(redactor.Redact("nothing here"), "nothing here");
  EXPECT_EQ(redactor.Redact(""), "");
}

TEST(Redactor, HidesEncodedForms) {
  Redactor redactor;
  redactor.Add("p@ss w\"rd/\n\\x");
  for (const char* form :
       {"p@ss w\"rd/\n\\x", "p%40ss%20w%22rd%2F%0A%5Cx", "p%40ss%20w%22rd%2f%0a%5cx",
        "p%40ss+w%22rd%2F%0A%5Cx", "p@ss w\\\"rd/\\n\\\\x", "cEBzcyB3InJkLwpceA=="}) {
    EXPECT_EQ(redactor.Redact(std::string("<") + form + ">"), "<***>") << form;
  }
}

TEST(Redactor, HidesTheLongestFirst) {
  Redactor redactor;
  redactor.Add("secret");
  redactor.Add("secret-and-more");
  EXPECT_EQ(redactor.Redact("secret-and-more secret"), "*** ***");
}

TEST(Redactor, TakesLinearTime) {
  Redactor redactor;
  redactor.Add("abcd");
  std::string text;
  for (int i = 0; i < 500'000; ++i) text += "abcd";  // quadratic, this would take minutes
  EXPECT_EQ(redactor.Redact(text).size(), 1'500'000u);
}

TEST(Redactor, LeavesShortValues) {
  Redactor redactor;
  redactor.Add("");
  redactor.Add("abc");
  EXPECT_EQ(redactor.Redact("abcabc"), "abcabc");
}

TEST(WithoutCredentials, HidesPasswordsAndQueryValues) {
  const std::pair<const char*, const char*> cases[] = {
      {"postgresql://u:pw@h:5432/db?sslmode=require", "postgresql://u:***@h:5432/db?sslmode=***"},
      {"redis://:pw@h:6379/0", "redis://:***@h:6379/0"},
      {"http://u@h/x", "http://u@h/x"},
      {"http://h/@x:y", "http://h/@x:y"},
      {"http://h:80/a@b", "http://h:80/a@b"},
      {"http://[::1]:80/a@b", "http://[::1]:80/a@b"},
      {"http://h/?a=1=2&b&c=3#f=4", "http://h/?a=***&b&c=***#f=***"},
      // Passwords that should have been encoded and were not.
      {"postgresql://u:p/w@h/db", "postgresql://u:***@h/db"},
      {"postgresql://u:p@w@h/db", "postgresql://u:***@h/db"},
      {"postgresql://u:p#w?x@h/db", "postgresql://u:***@h/db"},
      {"host=h password=pw user=u", "host=h password=*** user=u"},
      {"host=h password = 'p \\' w' user=u", "host=h password=*** user=u"},
      {"password=pw", "password=***"},
      {"no url at all", "no url at all"},
      {"", ""},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(WithoutCredentials(text), expected) << text;
}

TEST(CredentialsOf, FindsWhatMustStaySecret) {
  EXPECT_THAT(CredentialsOf("postgresql://u:p%40w@h/db?sslmode=require&password=other"),
              ::testing::AllOf(Contains("p%40w"), Contains("p@w"), Contains("other"),
                               Not(Contains("require")), Not(Contains("u"))));
  EXPECT_THAT(CredentialsOf("https://h/x?api_key=k%2Bv#f"), ::testing::ElementsAre("k%2Bv", "k+v"));
  EXPECT_THAT(CredentialsOf("https://token-as-user@h/x"), Contains("token-as-user"));
  EXPECT_THAT(CredentialsOf("postgresql://postgres@h/x"), IsEmpty());
  EXPECT_THAT(CredentialsOf("postgresql://u:p/w@h/db"), Contains("p/w"));
  EXPECT_THAT(CredentialsOf("host=h password='p \\' w'"), ::testing::ElementsAre("p ' w"));
  EXPECT_THAT(CredentialsOf("redis://h:6379/0"), IsEmpty());
  EXPECT_THAT(CredentialsOf("plain text"), IsEmpty());
  EXPECT_THAT(CredentialsOf(""), IsEmpty());
  EXPECT_THAT(CredentialsOf("://"), IsEmpty());
  EXPECT_THAT(CredentialsOf("a://"), IsEmpty());
}

TEST(IsUrl, KnowsAScheme) {
  for (const char* text : {"http://h", "postgresql+asyncpg://h", "a://"}) EXPECT_TRUE(IsUrl(text));
  for (const char* text : {"", "://", "1a://h", "a b://h", "/path?u=http://h", "http:/h", "h"}) {
    EXPECT_FALSE(IsUrl(text)) << text;
  }
}

}  // namespace
}  // namespace smokemesh::shared
