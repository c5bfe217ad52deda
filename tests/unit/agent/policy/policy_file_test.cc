#include "agent/policy/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace smokemesh::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Problems(const std::string& yaml) {
  const ParsedPolicy parsed = ParsePolicy(yaml, "policy.yaml");
  EXPECT_EQ(parsed.policy == nullptr, !parsed.problems.empty());
  return shared::FormatProblems(parsed.problems);
}

TEST(ParsePolicy, ReadsAWholePolicy) {
  EXPECT_EQ(Problems(R"(kinds: [http, postgres, redis, event_bus]
targets:
  - {host: api.example.com, ports: [80, 443], kinds: [http]}
  - {host: "*.db.example.com"}
  - {host: 10.0.0.0/8}
  - {host: "fd00::/8"}
  - {host: 169.254.169.254, ports: [80], kinds: [http], allow_metadata_address: true}
  - {host: /var/run/postgresql}
variables: [DATABASE_URL, SMOKE_*]
postgres: {roles: [app, smoke], allow_superuser: false}
redis: {more_commands: [FLUSHDB, CONFIG SET, JSON.GET]}
)"),
            "");
}

struct Wrong {
  const char* yaml;
  const char* place;
  const char* says;
};

class WrongPolicy : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongPolicy, IsRefusedWithItsPlace) {
  EXPECT_THAT(Problems(GetParam().yaml),
              AllOf(HasSubstr(std::string("policy.yaml:") + GetParam().place + ": "),
                    HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongPolicy,
    ::testing::Values(
        Wrong{"kinds: [http]\n  \nkind: [x]\n", "3:1", "unknown field \"kind\""},
        Wrong{"targets:\n  - hosts: a\n", "2:5", "unknown field \"hosts\""},
        Wrong{"targets:\n  - host: a\n    prot: [1]\n", "3:5", "unknown field \"prot\""},
        Wrong{"kinds: [htp]\n", "1:9", "is not a kind of step (did you mean \"http\"?)"},
        Wrong{"kinds: [grpc]\n", "1:9", "known: event_bus, http, postgres, redis"},
        Wrong{"kinds: []\n", "1:1", "is empty, which would allow all"},
        Wrong{"targets: []\n", "1:1", "is empty, which would allow all"},
        Wrong{"variables: []\n", "1:1", "is empty, which would allow all"},
        Wrong{"postgres: {roles: []}\n", "1:12", "is empty, which would allow all"},
        Wrong{"redis: {commands: []}\n", "1:9", "is empty, which would allow all"},
        Wrong{"targets: [{ports: [80]}]\n", "1:11", "the target has no `host`"},
        Wrong{"targets: [{host: a, ports: [0]}]\n", "1:29", "0 is not a port"},
        Wrong{"targets: [{host: a, ports: [70000]}]\n", "1:29", "70000 is not a port"},
        Wrong{"targets: [{host: a, ports: [http]}]\n", "1:29", "must be a whole number"},
        Wrong{"targets: [{host: a, ports: [\"80\"]}]\n", "1:29", "must be a whole number"},
        Wrong{"targets: [{host: a, ports: []}]\n", "1:21", "is empty, which would allow all"},
        Wrong{"targets: [{host: 10.0.0.1/8}]\n", "1:18", "is not a network"},
        Wrong{"targets: [{host: 10.0.0.0/40}]\n", "1:18", "is not a network"},
        Wrong{"targets: [{host: 10.0.0}]\n", "1:18", "is neither a name"},
        Wrong{"targets: [{host: \"http://a/\"}]\n", "1:18", "is a URL"},
        Wrong{"targets: [{host: \"a:80\"}]\n", "1:18", "ports go into `ports`"},
        Wrong{"targets: [{host: \"[::1]\"}]\n", "1:18", "have no brackets"},
        Wrong{"targets: [{host: \"*\"}]\n", "1:18", "remove `targets`"},
        Wrong{"targets: [{host: \"a.*.b\"}]\n", "1:18", "is neither a name"},
        Wrong{"targets: [{host: \"a b\"}]\n", "1:18", "is neither a name"},
        Wrong{"targets: [{host: 169.254.0.0/16}]\n", "1:18", "allow_metadata_address: true"},
        Wrong{"variables: [\"A-B\"]\n", "1:13", "neither the name of a variable"},
        Wrong{"variables: [\"*A\"]\n", "1:13", "neither the name of a variable"},
        Wrong{"redis: {commands: [\"GET KEY VALUE\"]}\n", "1:20", "is not a Redis command"},
        Wrong{"redis: {more_commands: [MONITOR]}\n", "1:25", "cannot be allowed"},
        Wrong{"redis: {more_commands: [client reply]}\n", "1:25", "cannot be allowed"},
        Wrong{"redis: {commands: [GET], more_commands: [SET]}\n", "1:26", "put all of them into"},
        Wrong{"kinds: &a [http]\n", "1:8", "anchor"}, Wrong{"- a\n", "1:1", "must be a map"},
        Wrong{"kinds: [http]\nkinds: [http]\n", "2:1", "twice"}));

TEST(ParsePolicy, ListsEveryProblem) {
  const ParsedPolicy parsed =
      ParsePolicy("kinds: [x]\ntargets: [{host: a/b}]\nvariables: [\"-\"]\n", "p");
  EXPECT_EQ(parsed.problems.size(), 3u);
}

TEST(ParsePolicy, RefusesAnEmptyFile) { EXPECT_THAT(Problems(""), HasSubstr("policy.yaml")); }

TEST(ReadPolicyFile, TellsWhatIsWrong) {
  const auto missing = ReadPolicyFile("/nowhere/policy.yaml");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(missing.status().message()),
              HasSubstr("cannot read the policy /nowhere/policy.yaml: No such file"));
  const std::string path = ::testing::TempDir() + "agent_policy.yaml";
  std::ofstream(path) << "kinds: [http]\n";
  EXPECT_TRUE(ReadPolicyFile(path).ok());
  std::ofstream(path) << std::string(2 << 20, '#');
  EXPECT_THAT(std::string(ReadPolicyFile(path).status().message()),
              HasSubstr("at most 1048576 are read"));
}

}  // namespace
}  // namespace smokemesh::agent
