// The stack itself: faults by name, leftovers, the command line around it.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/integration/platform/stack_fixture.h"
#include "tests/testing/process.h"
#include "tests/testing/stack/faults.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

std::string Program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "smokemesh-stack";
}

// Exit code and both outputs.
struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

Ended RunStack(const std::vector<std::string>& arguments) {
  ProcessOptions options;
  options.argv = {Program()};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  auto process = Process::Start(options);
  if (!process.ok()) return {};
  const auto code = (*process)->WaitUntil(steady_clock::now() + seconds(60));
  return {code.value_or(-1), (*process)->Stdout(), (*process)->Stderr()};
}

TEST(Faults, HaveUniqueNamesAndSayWhatAndWhere) {
  std::set<std::string> names;
  for (const Fault& fault : Faults()) {
    EXPECT_TRUE(names.insert(fault.name).second) << fault.name;
    EXPECT_FALSE(fault.description.empty()) << fault.name;
    EXPECT_FALSE(fault.place.empty()) << fault.name;
  }
  EXPECT_EQ(FindFault("nonsense"), nullptr);
  EXPECT_EQ(UnknownFault("redis_stoped"),
            "unknown fault \"redis_stoped\" (did you mean \"redis_stopped\"?)");
}

TEST(StackProgram, AnUnknownFaultIsAUsageErrorWithASuggestion) {
  const Ended ended = RunStack({"--break", "gateway_stoped", "--", "true"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("did you mean \"gateway_stopped\"?"), std::string::npos) << ended.err;
}

TEST(StackProgram, ListsItsFaults) {
  const Ended ended = RunStack({"--list-faults"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_NE(ended.out.find("check_constraint_dropped"), std::string::npos);
  EXPECT_EQ(RunStack({"--nonsense"}).code, 2);
  EXPECT_EQ(RunStack({}).code, 2) << "no command";
}

TEST(StackProgram, ExitsWithTheCommandsCodeAndBreaksWhatItIsTold) {
  const Ended ended =
      RunStack({"--break", "gateway_stopped", "--leftovers", "--", "sh", "-c",
                "test -n \"$SMOKE_TEST_DATABASE_URL\" && echo up at $IDENTITY_URL; exit 7"});
  EXPECT_EQ(ended.code, 7) << ended.err;
  EXPECT_NE(ended.out.find("up at http://127.0.0.1:"), std::string::npos);
  EXPECT_NE(ended.err.find("broken on purpose: gateway_stopped"), std::string::npos);
  EXPECT_NE(ended.err.find("nothing left behind"), std::string::npos) << ended.err;
}

TEST(StackProgram, HandsASignalOnAndStopsWhatItStarted) {
  const TempDir dir;
  const std::string mark = dir.path() / "url";
  ProcessOptions options;
  options.argv = {Program(), "--", "sh", "-c",
                  "trap 'exit 9' TERM; echo $GATEWAY_URL > " + mark + ".tmp && mv " + mark +
                      ".tmp " + mark + "; while :; do sleep 0.05; done"};
  auto process = Process::Start(options);
  ASSERT_TRUE(process.ok());
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(mark); }));
  std::ifstream file(mark);
  std::string url;
  std::getline(file, url);
  EXPECT_EQ(ApiClient(url).Get("/health").status, 200);
  (*process)->Signal(SIGTERM);
  EXPECT_EQ((*process)->WaitUntil(steady_clock::now() + seconds(20)), 9);
  EXPECT_EQ(ApiClient(url).Get("/health").status, 0);
}

TEST(StackProgram, NothingOutlivesItWhenItIsKilled) {
  const TempDir dir;
  const std::string mark = dir.path() / "url";
  ProcessOptions options;
  options.argv = {
      Program(), "--", "sh", "-c",
      "echo $GATEWAY_URL > " + mark + ".tmp && mv " + mark + ".tmp " + mark + "; exec sleep 60"};
  auto process = Process::Start(options);
  ASSERT_TRUE(process.ok());
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(mark); }));
  std::ifstream file(mark);
  std::string url;
  std::getline(file, url);
  (*process)->Signal(SIGKILL);
  EXPECT_TRUE(Eventually([&] { return ApiClient(url).Get("/health").status == 0; }));
}

class Stack : public OwnStackTest {};

TEST_F(Stack, FindsWhatWasLeftBehind) {
  EXPECT_EQ(*stack().Leftovers(), std::vector<std::string>());
  const User user = gateway().NewUser();
  ASSERT_TRUE(stack().Sql("CREATE SCHEMA smoke_x; CREATE TABLE public.smoke_t (a int)").ok());
  ASSERT_TRUE(stack().redis().Command({"SET", "smoke:k", "v"}).ok());
  EXPECT_EQ(*stack().Leftovers(),
            (std::vector<std::string>{"relation smoke_t", "schema smoke_x", "1 rows in atlas.users",
                                      "1 rows in atlas.login_audit_log", "redis key smoke:k"}));
}

TEST_F(Stack, ChecksRoleMayMakeScratchSchemasAndNothingElse) {
  EXPECT_TRUE(stack().Sql("SET ROLE aura_smoke; CREATE SCHEMA smoke_y; DROP SCHEMA smoke_y").ok());
  EXPECT_FALSE(stack().Sql("SET ROLE aura_smoke; CREATE TABLE atlas.t (a int)").ok());
  EXPECT_FALSE(stack().Sql("SET ROLE aura_smoke; DROP TABLE atlas.users").ok());
}

TEST_F(Stack, KeepsLogsWithoutSecrets) {
  const User user = gateway().NewUser();
  Break("redis_stopped");
  gateway().NewEngagement(user);
  const TempDir dir;
  const std::string logs = dir.path() / "logs";
  ASSERT_TRUE(stack().KeepLogs(logs).ok());
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(logs)) {
    std::ifstream file(entry.path());
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_NE(all.find("event engagement.created lost"), std::string::npos) << all;
  for (const std::string& secret : stack().Secrets()) {
    EXPECT_EQ(all.find(secret), std::string::npos);
  }
  EXPECT_EQ(all.find(ApiClient::kPassword), std::string::npos);
  EXPECT_EQ(all.find(user.token), std::string::npos);
}

}  // namespace
}  // namespace smokemesh::testing
