#include "agent/agent_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

class AgentFlagsTest : public ::testing::Test {
 protected:
  AgentFlagsTest() { Unset(); }
  ~AgentFlagsTest() override { Unset(); }

  static void Unset() {
    for (const char* name : {"SMOKEMESH_COORDINATOR", "SMOKEMESH_DEPLOYMENT", "STATE_DIRECTORY"}) {
      ::unsetenv(name);
    }
  }

  static ParsedAgentFlags Parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "smokemesh-agent");
    return ParseAgentFlags(static_cast<int>(arguments.size()), arguments.data());
  }
};

TEST_F(AgentFlagsTest, ReadsEverything) {
  const ParsedAgentFlags parsed =
      Parse({"--coordinator", "10.0.0.5:7443", "--service=gateway", "--id", "gw-1", "--label",
             "zone=b", "--label", "url=a=b", "--max-parallel", "4", "--log-level", "debug",
             "--drain-timeout", "250ms", "--insecure"});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  EXPECT_EQ(parsed.flags.coordinator, "10.0.0.5:7443");
  EXPECT_EQ(parsed.flags.service, "gateway");
  EXPECT_EQ(parsed.flags.id, "gw-1");
  EXPECT_THAT(parsed.flags.labels, ElementsAre(Pair("url", "a=b"), Pair("zone", "b")));
  EXPECT_EQ(parsed.flags.max_parallel, 4);
  EXPECT_EQ(parsed.flags.log_level, "debug");
  EXPECT_EQ(parsed.flags.drain_timeout, milliseconds(250));
  EXPECT_TRUE(parsed.flags.security.insecure);
}

TEST_F(AgentFlagsTest, HasDefaults) {
  const ParsedAgentFlags parsed = Parse({"--coordinator", "127.0.0.1:1", "--service", "gateway"});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  EXPECT_EQ(parsed.flags.id, "");
  EXPECT_EQ(parsed.flags.max_parallel, 16);
  EXPECT_EQ(parsed.flags.log_level, "info");
  EXPECT_EQ(parsed.flags.drain_timeout, std::chrono::seconds(10));
  EXPECT_FALSE(parsed.flags.security.insecure);
}

TEST_F(AgentFlagsTest, DeploymentAndStateMayComeFromTheEnvironmentAndTheFlagsWin) {
  const std::vector<const char*> least = {"--coordinator", "127.0.0.1:1", "--service", "x"};
  EXPECT_EQ(Parse(least).flags.deployment, "");
  EXPECT_EQ(Parse(least).flags.state, "");
  ::setenv("SMOKEMESH_DEPLOYMENT", "v1", 1);
  ::setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b", 1);
  EXPECT_EQ(Parse(least).flags.deployment, "v1");
  EXPECT_EQ(Parse(least).flags.state, "/var/lib/a");
  std::vector<const char*> both = least;
  both.insert(both.end(), {"--deployment", "v2", "--state", "/tmp/c:d"});
  EXPECT_EQ(Parse(both).flags.deployment, "v2");
  EXPECT_EQ(Parse(both).flags.state, "/tmp/c:d");
  // What a unit file says for others must be possible to be unsaid.
  std::vector<const char*> none = least;
  none.push_back("--deployment=");
  EXPECT_EQ(Parse(none).flags.deployment, "");
}

TEST_F(AgentFlagsTest, TheCoordinatorMayComeFromTheEnvironmentAndTheFlagWins) {
  ::setenv("SMOKEMESH_COORDINATOR", "127.0.0.1:1", 1);
  EXPECT_EQ(Parse({"--service", "x"}).flags.coordinator, "127.0.0.1:1");
  EXPECT_EQ(Parse({"--service", "x", "--coordinator", "127.0.0.1:2"}).flags.coordinator,
            "127.0.0.1:2");
}

TEST_F(AgentFlagsTest, TheFileOfVariablesIsKnownAlsoWhenItIsNeededToReadTheRest) {
  EXPECT_EQ(
      Parse({"--service", "x", "--coordinator", "127.0.0.1:1", "--env-file", "a"}).flags.env_file,
      "a");
  const ParsedAgentFlags parsed = Parse({"--service", "x", "--env-file=/run/x.env"});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_EQ(parsed.flags.env_file, "/run/x.env");
  EXPECT_EQ(Parse({"--service", "x"}).flags.env_file, "");
}

TEST_F(AgentFlagsTest, HelpAndVersionAreNoErrors) {
  for (const char* flag : {"--help", "-h"}) {
    const ParsedAgentFlags parsed = Parse({flag});
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_THAT(parsed.text, HasSubstr("Examples:"));
    EXPECT_THAT(parsed.text, HasSubstr("--drain-timeout"));
  }
  const ParsedAgentFlags version = Parse({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.text, StartsWith("smokemesh-agent "));
}

TEST_F(AgentFlagsTest, PrintsItsManualPageAndCompletion) {
  const ParsedAgentFlags page = Parse({"--man"});
  EXPECT_EQ(page.exit_code, 0);
  EXPECT_THAT(page.text, StartsWith(".TH \"SMOKEMESH\\-AGENT\" \"1\""));
  const ParsedAgentFlags bash = Parse({"--completion", "bash"});
  EXPECT_EQ(bash.exit_code, 0);
  EXPECT_THAT(bash.text, HasSubstr("complete -F _smokemesh_agent smokemesh-agent"));
  EXPECT_EQ(Parse({"--completion", "tcsh"}).exit_code, 2);
}

TEST_F(AgentFlagsTest, EveryOptionIsInTheDocuments) {
  std::ifstream file(SMOKEMESH_SOURCE_DIR "/docs/cli.md");
  const std::string document(std::istreambuf_iterator<char>(file), {});
  const size_t begin = document.find("\n## smokemesh-agent\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = document.substr(begin, document.find("\n## ", begin + 1) - begin);
  for (const shared::Option& option : AgentProgram().main.options) {
    EXPECT_THAT(section, HasSubstr("--" + option.name));
  }
}

TEST_F(AgentFlagsTest, SuggestsEveryOption) {
  for (const shared::Option& option : AgentProgram().main.options) {
    const std::string wrong = "--" + option.name.substr(0, option.name.size() - 1);
    for (const std::string& form : {wrong, wrong + "=x"}) {
      const ParsedAgentFlags parsed = Parse({form.c_str()});
      EXPECT_EQ(parsed.exit_code, 2);
      EXPECT_THAT(parsed.text, HasSubstr("unknown option \"" + wrong + "\" (did you mean \"--" +
                                         option.name + "\"?)"));
    }
  }
}

TEST_F(AgentFlagsTest, EveryMistakeIsExitCodeTwoAndSaysWhatIsWrong) {
  const struct {
    std::vector<const char*> arguments;
    const char* what;
  } kCases[] = {
      {{}, "--coordinator HOST:PORT is required"},
      {{"--coordinator", "127.0.0.1:1"}, "--service NAME is required"},
      {{"--servce", "x"}, "unknown option \"--servce\" (did you mean \"--service\"?)"},
      {{"--lable=a=b"}, "unknown option \"--lable\" (did you mean \"--label\"?)"},
      {{"--frobnicate"}, "unknown option \"--frobnicate\"\n"},
      {{"gateway"}, "unexpected argument \"gateway\""},
      {{"--coordinator", "127.0.0.1:1", "--service", "x", "--label", "zone"}, "KEY=VALUE"},
      {{"--coordinator", "127.0.0.1:1", "--service", "x", "--label", "=b"}, "KEY=VALUE"},
      {{"--coordinator", "127.0.0.1:1", "--service", "x", "--label", "a=b", "--label", "a=c"},
       "\"a\" is given twice"},
      {{"--coordinator", "127.0.0.1:1", "--service", "x", "--max-parallel", "0"},
       "--max-parallel must be at least 1"},
      {{"--coordinator", "127.0.0.1:1", "--service", "x", "--max-parallel", "many"},
       "--max-parallel"},
      {{"--coordinator", "127.0.0.1:1", "--service", "x", "--drain-timeout", "5"},
       "--drain-timeout: "},
      {{"--coordinator"}, "--coordinator"},
  };
  for (const auto& c : kCases) {
    const ParsedAgentFlags parsed = Parse(c.arguments);
    EXPECT_EQ(parsed.exit_code, 2) << c.what;
    EXPECT_THAT(parsed.text, StartsWith("smokemesh-agent: "));
    EXPECT_THAT(parsed.text, HasSubstr(c.what));
  }
}

}  // namespace
}  // namespace smokemesh::agent
