#include "agent/checks/redis_client/redis_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

TEST(RedisErrorHint, SaysWhatToLookAt) {
  for (const auto& [error, hint] : {
           std::pair("READONLY You can't write against a read only replica.", "primary"),
           {"OOM command not allowed when used memory > 'maxmemory'.", "INFO memory"},
           {"MISCONF Redis is configured to save RDB snapshots, but …", "its disk"},
           {"LOADING Redis is loading the dataset in memory", "still loading"},
           {"NOAUTH Authentication required.", "has no user and password"},
           {"WRONGPASS invalid username-password pair or user is disabled.", "switched off"},
           {"NOPERM this user has no permissions to access one of the channels used as arguments",
            "channel patterns"},
           {"NOPERM No permissions to access a channel", "channel patterns"},
           {"NOPERM this user has no permissions to access one of the keys used as arguments",
            "key patterns"},
           {"NOPERM this user has no permissions to run the 'subscribe' command", "commands (`+"},
           {"NOPERM User bob has no permissions to run the 'lrange' command", "commands (`+"},
           {"ERR max number of clients reached", "maxclients"},
           {"ERR DB index is out of range", "number at the end"},
       }) {
    EXPECT_THAT(RedisErrorHint(error), HasSubstr(hint)) << error;
    EXPECT_EQ(ExplainRedisError(error), std::string(error) + "; " + RedisErrorHint(error));
  }
}

TEST(RedisErrorHint, HasNothingToAddToOthers) {
  EXPECT_EQ(RedisErrorHint("ERR syntax error"), "");
  EXPECT_EQ(ExplainRedisError("ERR syntax error"), "ERR syntax error");
}

}  // namespace
}  // namespace smokemesh::agent
