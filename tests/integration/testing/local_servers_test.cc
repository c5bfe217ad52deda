#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/testing/local_postgres.h"
#include "tests/testing/local_redis.h"
#include "tests/testing/process.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

shared::SteadyTime In(shared::Duration duration) {
  return std::chrono::steady_clock::now() + duration;
}

constexpr auto kLong = std::chrono::seconds(20);

TEST(Process, TellsExitCodeAndKeepsBothOutputsApart) {
  ProcessOptions options;
  options.argv = {"sh", "-c", "cat; echo problem >&2; exit 7"};
  options.input = "hello";
  auto process = Process::Start(options);
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ((*process)->WaitUntil(In(kLong)), 7);
  EXPECT_EQ((*process)->Stdout(), "hello");
  EXPECT_EQ((*process)->Stderr(), "problem\n");
}

TEST(Process, SaysThatAProgramDoesNotExist) {
  ProcessOptions options;
  options.argv = {"no-such-program-anywhere"};
  EXPECT_EQ(Process::Start(options).status().code(), absl::StatusCode::kNotFound);
}

TEST(Process, IsKilledWhenItDoesNotWantToStop) {
  ProcessOptions options;
  options.argv = {"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"};
  auto process = Process::Start(options);
  ASSERT_TRUE(process.ok()) << process.status();
  ASSERT_TRUE((*process)->WaitForOutput("ready", In(kLong)));
  EXPECT_EQ((*process)->Stop(std::chrono::milliseconds(50)), 128 + SIGKILL);
}

TEST(LocalPostgres, AnswersStopsAndComesBackWithItsData) {
  auto server = LocalPostgres::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE((*server)->Exec("CREATE TABLE t AS SELECT 42 AS x").ok());
  const int port = (*server)->port();
  (*server)->Stop();
  EXPECT_FALSE((*server)->Exec("SELECT 1").ok());
  ASSERT_TRUE((*server)->StartAgain().ok());
  EXPECT_EQ((*server)->port(), port);
  EXPECT_EQ((*server)->Exec("SELECT x FROM t").value_or("?"), "42");
  (*server)->Kill();
  ASSERT_TRUE((*server)->StartAgain().ok());
  EXPECT_EQ((*server)->Exec("SELECT 1").value_or("?"), "1");
}

TEST(LocalRedis, AnswersStopsAndComesBack) {
  RedisOptions options;
  options.password = "s3cret-canary";
  options.durable = true;
  auto server = LocalRedis::Start(options);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->Command({"SET", "k", "v"}).value_or("?"), "OK");
  (*server)->Kill();
  EXPECT_FALSE((*server)->Command({"PING"}).ok());
  ASSERT_TRUE((*server)->StartAgain().ok());
  EXPECT_EQ((*server)->Command({"GET", "k"}).value_or("?"), "v");
  EXPECT_THAT((*server)->Url(3), HasSubstr(":s3cret-canary@127.0.0.1:"));
}

}  // namespace
}  // namespace smokemesh::testing
