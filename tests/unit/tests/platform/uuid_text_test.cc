#include "tests/platform/uuid_text.h"

#include <gtest/gtest.h>

namespace smokemesh::platform {
namespace {

TEST(IsUuid, TakesTheUsualFormOnly) {
  EXPECT_TRUE(IsUuid("abc63b19-77e0-4e9c-8521-9b26b672434a"));
  EXPECT_TRUE(IsUuid("ABC63B19-77E0-4E9C-8521-9B26B672434A"));
  EXPECT_FALSE(IsUuid(""));
  EXPECT_FALSE(IsUuid("abc63b1977e04e9c85219b26b672434a"));
  EXPECT_FALSE(IsUuid("abc63b19-77e0-4e9c-8521-9b26b672434g"));
  EXPECT_FALSE(IsUuid("abc63b19-77e0-4e9c-8521-9b26b672434a "));
}

TEST(ClientUuid, IsPythonsUuid5OfTheLowerCaseName) {
  EXPECT_EQ(ClientUuid("acme"), "38394337-9aff-503a-b737-e711338283d4");
  EXPECT_EQ(ClientUuid("ACME"), ClientUuid("acme"));
  EXPECT_NE(ClientUuid("acme "), ClientUuid("acme"));
}

}  // namespace
}  // namespace smokemesh::platform
