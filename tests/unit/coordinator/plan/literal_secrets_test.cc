#include "coordinator/plan/literal_secrets.h"

#include <gtest/gtest.h>

#include <string>

namespace smokemesh::coordinator {
namespace {

TEST(LiteralSecretsTest, FindsPasswordsInAddresses) {
  for (const char* text :
       {"postgresql://user:hunter2@db:5432/app", "redis://:hunter2@bus:6379/0",
        "https://user:hunter2@api", "${DATABASE_URL:-postgresql://user:hunter2@db/app}",
        "postgresql://${DB_USER}:hunter2@${DB_HOST:-db}/app",
        "postgresql://db/app?user=me&password=hunter2", "host=db password=hunter2 user=me",
        "host=db password = 'hunter2'", "PASSWORD=hunter2", "postgresql://u:p@ss@db/app",
        "postgresql://db/app?sslpassword=hunter2"}) {
    EXPECT_TRUE(HasLiteralPassword(text)) << text;
  }
}

TEST(LiteralSecretsTest, AcceptsAddressesWhosePasswordComesFromTheAgent) {
  for (const char* text :
       {"postgresql://user@db:5432/app", "postgresql://user:${DB_PASSWORD}@db/app",
        "${DATABASE_URL}", "redis://:${REDIS_PASSWORD:-}@bus/0", "https://api.example.com/a:b@c",
        "host=db password=${DB_PASSWORD} user=me", "postgresql://db/app?password=${DB_PASSWORD}",
        "redis://{{user}}:{{password}}@bus", "https://api/?next=http://other/",
        "postgresql://user:@db", "postgresql://u:${P:-${Q}}@db/app",
        "${A:-postgresql://u:${P}@${H:-${I:-db}}:5432/app}", "redis://{{user}}:${P:-${Q}}@bus"}) {
    EXPECT_FALSE(HasLiteralPassword(text)) << text;
  }
}

TEST(LiteralSecretsTest, FindsCredentialsInHeaders) {
  EXPECT_TRUE(IsLiteralCredentialHeader("Authorization", "Bearer abc"));
  EXPECT_TRUE(IsLiteralCredentialHeader("cookie", "session=1"));
  EXPECT_TRUE(IsLiteralCredentialHeader("X-API-Key", "abc"));
  EXPECT_FALSE(IsLiteralCredentialHeader("Authorization", "Bearer ${TOKEN}"));
  EXPECT_FALSE(IsLiteralCredentialHeader("Authorization", "Bearer {{token}}"));
  EXPECT_FALSE(IsLiteralCredentialHeader("Authorization", ""));
  EXPECT_FALSE(IsLiteralCredentialHeader("Accept", "text/html"));
}

TEST(LiteralSecretsTest, FindsSecretsOnAllLevelsOfJson) {
  EXPECT_EQ(LiteralSecretInJson(R"({"a":[{"Password":"hunter2"}]})"), "Password");
  EXPECT_EQ(LiteralSecretInJson(R"({"api_key":12345})"), "api_key");
  EXPECT_EQ(LiteralSecretInJson(R"({"password":"{{p}}","token":null,"secret":""})"), std::nullopt);
  EXPECT_EQ(LiteralSecretInJson(R"({"password_hint":"the dog"})"), std::nullopt);
  EXPECT_EQ(LiteralSecretInJson("no json"), std::nullopt);
}

TEST(LiteralSecretsTest, RefusesJsonThatIsTooDeep) {
  EXPECT_TRUE(IsJson(R"({"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})"));
  EXPECT_TRUE(IsJson("[1]"));
  EXPECT_FALSE(IsJson("[1"));
  EXPECT_FALSE(IsJson(std::string(100'000, '[') + std::string(100'000, ']')));
}

}  // namespace
}  // namespace smokemesh::coordinator
