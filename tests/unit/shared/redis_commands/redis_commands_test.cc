#include "shared/redis_commands/redis_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace smokemesh::shared {
namespace {

using ::testing::HasSubstr;
using Command = std::vector<std::string>;

class Harmful : public ::testing::TestWithParam<Command> {};

TEST_P(Harmful, IsRefusedByName) {
  const absl::Status status = CheckRedisCommand(GetParam());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  if (!GetParam().empty()) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(CommandName(GetParam())));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Commands, Harmful,
    ::testing::Values(
        Command{}, Command{"FLUSHALL"}, Command{"flushdb"}, Command{"ShutDown", "NOSAVE"},
        Command{"DEBUG", "SLEEP", "10"}, Command{"CONFIG", "SET", "maxmemory", "1"},
        Command{"CONFIG", "REWRITE"}, Command{"CONFIG", "RESETSTAT"}, Command{"CONFIG"},
        Command{"EVAL", "return 1", "0"}, Command{"EVALSHA", "x", "0"},
        Command{"EVAL_RO", "x", "0"}, Command{"FCALL", "f", "0"}, Command{"SCRIPT", "FLUSH"},
        Command{"FUNCTION", "LOAD", "x"}, Command{"MONITOR"}, Command{"KEYS", "*"},
        Command{"REPLICAOF", "NO", "ONE"}, Command{"SLAVEOF", "NO", "ONE"},
        Command{"ACL", "SETUSER", "x"}, Command{"ACL", "DELUSER"}, Command{"MIGRATE"},
        Command{"MODULE", "LOAD", "x"}, Command{"CLUSTER", "RESET"}, Command{"SAVE"},
        Command{"BGSAVE"}, Command{"BGREWRITEAOF"}, Command{"SWAPDB", "0", "1"},
        Command{"CONFIG", "GET", "*"}, Command{"CONFIG", "GET", "requirepass"},
        Command{"CONFIG", "get", "port", "MasterAuth"}, Command{"ACL", "GETUSER", "default"},
        Command{"FAILOVER"}, Command{"PSYNC"}, Command{"SYNC"}, Command{"CLIENT", "KILL", "x"},
        Command{"CLIENT", "PAUSE", "1"}, Command{"CLIENT", "REPLY", "OFF"}, Command{"HELLO", "3"},
        Command{"SELECT", "1"}, Command{"QUIT"}, Command{"RESET"}, Command{"SUBSCRIBE"}));

TEST(CheckRedisCommand, LetsDataCommandsThroughInAnyCase) {
  for (const Command& command : {Command{"SET", "k", "v"},
                                 Command{"get", "k"},
                                 Command{"Publish", "c", "m"},
                                 Command{"CONFIG", "get", "maxmemory"},
                                 Command{"SCAN", "0"},
                                 Command{"XADD", "s", "*"},
                                 Command{"INFO", "memory"},
                                 Command{"ROLE"},
                                 Command{"TTL", "k"},
                                 Command{"PTTL", "k"},
                                 Command{"EXISTS", "k"},
                                 Command{"TYPE", "k"},
                                 Command{"LRANGE", "l", "0", "-1"},
                                 Command{"LLEN", "l"},
                                 Command{"LREM", "l", "0", "x"},
                                 Command{"HGET", "h", "f"},
                                 Command{"HGETALL", "h"},
                                 Command{"ZRANGE", "z", "0", "-1"},
                                 Command{"XLEN", "s"},
                                 Command{"XRANGE", "s", "-", "+"},
                                 Command{"XREAD", "STREAMS", "s", "0"},
                                 Command{"MEMORY", "USAGE", "k"},
                                 Command{"DBSIZE"},
                                 Command{"LASTSAVE"},
                                 Command{"CLIENT", "GETNAME"},
                                 Command{"CLIENT", "ID"},
                                 Command{"CLIENT", "INFO"},
                                 Command{"ACL", "WHOAMI"},
                                 Command{"PUBSUB", "NUMSUB", "c"},
                                 Command{"PUBSUB", "CHANNELS"},
                                 Command{"WAIT", "0", "1"},
                                 Command{"TIME"},
                                 Command{"ECHO", "x"},
                                 Command{"MULTI"},
                                 Command{"EXEC"},
                                 Command{"SUBSCRIBE", "c"},
                                 Command{"UNSUBSCRIBE"}}) {
    EXPECT_TRUE(CheckRedisCommand(command).ok()) << command[0];
  }
}

TEST(CheckRedisSession, RefusesWhatNoPolicyMayAllow) {
  for (const Command& command :
       {Command{}, Command{"monitor"}, Command{"HELLO", "3"}, Command{"client", "reply", "off"},
        Command{"CLIENT", "TRACKING", "on"}, Command{"SELECT", "2"}, Command{"PSYNC"},
        Command{"SUBSCRIBE"}, Command{"CONFIG", "GET", "requirepass"}}) {
    EXPECT_EQ(CheckRedisSession(command).code(), absl::StatusCode::kInvalidArgument)
        << CommandName(command);
  }
  for (const Command& command :
       {Command{"FLUSHALL"}, Command{"EVAL", "return 1", "0"}, Command{"CLIENT", "KILL"},
        Command{"CONFIG", "SET", "requirepass", "x"}, Command{"JSON.GET", "k"}}) {
    EXPECT_TRUE(CheckRedisSession(command).ok()) << CommandName(command);
  }
}

TEST(AllowedRedisCommands, AreAllowed) {
  const std::vector<std::string> all = AllowedRedisCommands();
  EXPECT_GT(all.size(), 200u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  for (const std::string& command : all) {
    const size_t space = command.find(' ');
    Command words = {command.substr(0, space)};
    if (space != std::string::npos) words.push_back(command.substr(space + 1));
    words.push_back("argument");
    EXPECT_TRUE(CheckRedisCommand(words).ok()) << command;
  }
}

TEST(CheckRedisCommand, SuggestsWhatWasMeant) {
  EXPECT_THAT(std::string(CheckRedisCommand({"PUBLSH", "c", "m"}).message()),
              HasSubstr("did you mean \"PUBLISH\"?"));
  EXPECT_THAT(std::string(CheckRedisCommand({"KEYS", "*"}).message()), HasSubstr("use SCAN"));
  EXPECT_THAT(std::string(CheckRedisCommand({"select", "1"}).message()),
              HasSubstr("comes from the connection's URL"));
}

}  // namespace
}  // namespace smokemesh::shared
