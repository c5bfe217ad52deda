#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/redis_commands/redis_commands.h"
#include "tests/hostile/hostile_case.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

class Hostile : public ::testing::TestWithParam<HostileCase> {
 protected:
  static void SetUpTestSuite() { setenv("SMOKEMESH_HOSTILE_SECRET", "canary-hostile-5318", 1); }
};

TEST_P(Hostile, EndsInTimeWithTheRightOutcome) { RunHostileCase(GetParam()); }

std::string NameOf(const ::testing::TestParamInfo<HostileCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Http, Hostile, ::testing::ValuesIn(HttpCases()), NameOf);
INSTANTIATE_TEST_SUITE_P(Redis, Hostile, ::testing::ValuesIn(RedisCases()), NameOf);
INSTANTIATE_TEST_SUITE_P(Postgres, Hostile, ::testing::ValuesIn(PostgresCases()), NameOf);
INSTANTIATE_TEST_SUITE_P(Policy, Hostile, ::testing::ValuesIn(PolicyCases()), NameOf);

// Proxies of the environment see nothing of what a check asks.
TEST(HostileEnvironment, ProxiesAreNotUsed) {
  RawServer proxy([](RawConnection& peer) { peer.WaitForEnd(); });
  const std::string url = absl::StrCat("http://127.0.0.1:", proxy.port());
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    setenv(name, url.c_str(), 1);
  }
  for (const HostileCase& row : PolicyCases()) {
    if (row.name == "policy_allowed") RunHostileCase(row);
  }
  EXPECT_EQ(proxy.connections(), 0);
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    unsetenv(name);
  }
}

std::string Document() {
  std::ifstream file(std::string(SMOKEMESH_SOURCE_DIR) + "/docs/agent-policy.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Word(v1::Outcome outcome) {
  return v1::Outcome_Name(outcome).substr(std::string("OUTCOME_").size());
}

TEST(HostileDocument, ListsEveryCase) {
  const std::string document = Document();
  std::string missing;
  std::set<std::string> names;
  for (const HostileCase& row : Catalogue()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    const std::string line =
        absl::StrCat("| `", row.name, "` | ", row.what, " | ", Word(row.outcome), " |\n");
    if (document.find(line) == std::string::npos) missing += line;
  }
  EXPECT_GE(names.size(), 60u);
  EXPECT_EQ(missing, "") << "docs/agent-policy.md needs these lines";
}

TEST(HostileDocument, ListsTheRedisCommands) {
  const std::string list = absl::StrJoin(shared::AllowedRedisCommands(), ", ");
  EXPECT_THAT(Document(), HasSubstr("\n" + list + "\n")) << "docs/agent-policy.md needs this line";
}

}  // namespace
}  // namespace smokemesh::testing
