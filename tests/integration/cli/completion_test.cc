// What the shells themselves make of the scripts of `smokemesh completion`, and man(1) of the pages
// of `smokemesh man`.

#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "tests/integration/cli/cli_fixture.h"

namespace smokemesh::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

using Words = std::vector<std::string>;

// In a folder with `plan.yaml`, `two words.yaml` and the folder `reports`.
class CompletionTest : public CliFixture {
 protected:
  CompletionTest() {
    folder_.Write("plan.yaml", "");
    folder_.Write("two words.yaml", "");
    std::filesystem::create_directory(folder_.path() / "reports");
  }

  // Skips the test where the shell is not installed: ./dev test brings it.
  bool Installed(const std::string& program) {
    ProcessOptions options;
    options.argv = {"sh", "-c", "command -v " + program};
    return RunToEnd(options).ok();
  }

  // The script of a shell, as a file.
  std::string Script(const std::string& shell) {
    const Ended ended = Run({"completion", shell});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return folder_.Write("completion." + shell, ended.out);
  }

  // What a script of a shell prints.
  std::string Output(const std::string& shell, const std::string& text) {
    const std::string file = folder_.Write("test." + shell, text);
    ProcessOptions options;
    options.argv = {shell, file};
    if (shell == "zsh") options.argv.insert(options.argv.begin() + 1, "-f");
    options.working_directory = folder_.path();
    options.environment = {{"HOME", folder_.path()}, {"TERM", "xterm"}};
    const absl::StatusOr<std::string> output = RunToEnd(options);
    EXPECT_TRUE(output.ok()) << output.status();
    return output.value_or("");
  }

  static Words Lines(const std::string& text) {
    Words lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  // groff prints bold letters over themselves.
  static std::string WithoutBold(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c != '\b') {
        out += c;
      } else if (!out.empty()) {
        out.pop_back();
      }
    }
    return out;
  }

  // What bash offers for the last of these words, as it splits a line.
  Words Bash(const Words& words) {
    std::string line = "COMP_WORDS=(";
    for (const std::string& word : words) line += " '" + word + "'";
    return Lines(Output("bash", "source '" + Script("bash") + "'\n" + line +
                                    ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_smokemesh\n"
                                    "printf '%s\\n' \"${COMPREPLY[@]}\"\n"));
  }

  // What fish offers for a line, without the descriptions.
  Words Fish(const std::string& line) {
    return Lines(Output("fish", "source '" + Script("fish") + "'\ncomplete -C '" + line +
                                    "' | string replace -r '\\t.*' ''\ntrue\n"));
  }

  // What an interactive zsh shows when the tabulator follows a line; waits until it has shown
  // `until`.
  std::string Zsh(const std::string& line, const std::string& until) {
    return Output("zsh",
                  "zmodload zsh/zpty\nzpty z zsh -f -i\n"
                  "zpty -w z 'PS1=; autoload -U compinit; compinit -u -D; "
                  "zstyle \":completion:*\" list-colors \"\"'\n"
                  "zpty -w z 'source " +
                      Script("zsh") +
                      "; echo REA''DY'\nzpty -r -m z out '*READY*'\n"
                      "zpty -n -w z '" +
                      line + "'$'\\t'\nzpty -r -m z out '*" + until +
                      "*'\nprint -r -- \"$out\"\nzpty -d z\n");
  }
};

TEST_F(CompletionTest, BashOffersCommandsOptionsAndChoices) {
  EXPECT_THAT(Bash({"smokemesh", "ver"}), UnorderedElementsAre("verdict", "verify", "version"));
  EXPECT_THAT(Bash({"smokemesh", ""}), Contains("run"));
  EXPECT_THAT(Bash({"smokemesh", "--v"}), ElementsAre("--version"));
  EXPECT_THAT(Bash({"smokemesh", "run", "--fail"}), ElementsAre("--fail-fast"));
  EXPECT_THAT(Bash({"smokemesh", "lint", "--fail"}), ElementsAre("")) << "of another command";
  const auto formats = UnorderedElementsAre("text", "json", "tap", "github");
  EXPECT_THAT(Bash({"smokemesh", "run", "plan.yaml", "--output", ""}), formats);
  EXPECT_THAT(Bash({"smokemesh", "run", "--output", "="}), formats);
  EXPECT_THAT(Bash({"smokemesh", "run", "--output", "=", "j"}), ElementsAre("json"));
  EXPECT_THAT(Bash({"smokemesh", "verdict", ""}), ElementsAre("latest"));
  EXPECT_THAT(Bash({"smokemesh", "completion", ""}), UnorderedElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(Bash({"smokemesh", "man", "hi"}), ElementsAre("history"));
}

TEST_F(CompletionTest, BashOffersFilesWhereTheyGo) {
  EXPECT_THAT(Bash({"smokemesh", "run", "plan"}), ElementsAre("plan.yaml"));
  EXPECT_THAT(Bash({"smokemesh", "lint", "plan.yaml", "tw"}), ElementsAre("two words.yaml"));
  EXPECT_THAT(Bash({"smokemesh", "run", "--report", ""}), ElementsAre("reports"));
  EXPECT_THAT(Bash({"smokemesh", "replay", "latest", "--policy", "pl"}), ElementsAre("plan.yaml"));
  EXPECT_THAT(Bash({"smokemesh", "run", "-m", ""}), ElementsAre("")) << "an expression is none";
  EXPECT_THAT(Bash({"smokemesh", "run", "--parallel", "plan"}), ElementsAre("plan.yaml"))
      << "--parallel swallows nothing";
}

TEST_F(CompletionTest, FishOffersTheSame) {
  if (!Installed("fish")) FAIL() << "fish is not installed: ./dev test brings it";
  EXPECT_THAT(Fish("smokemesh ver"), UnorderedElementsAre("verdict", "verify", "version"));
  EXPECT_THAT(Fish("smokemesh run --fail"), ElementsAre("--fail-fast"));
  EXPECT_THAT(Fish("smokemesh lint --fail"), IsEmpty());
  EXPECT_THAT(Fish("smokemesh run --output "),
              UnorderedElementsAre("text", "json", "tap", "github"));
  EXPECT_THAT(Fish("smokemesh run --output=j"), ElementsAre("--output=json"));
  EXPECT_THAT(Fish("smokemesh run pla"), ElementsAre("plan.yaml"));
  EXPECT_THAT(Fish("smokemesh run --report "), ElementsAre("reports/"));
  EXPECT_THAT(Fish("smokemesh run -m "), IsEmpty());
  EXPECT_THAT(Fish("smokemesh verdict "), ElementsAre("latest"));
}

TEST_F(CompletionTest, ZshOffersTheSame) {
  if (!Installed("zsh")) FAIL() << "zsh is not installed: ./dev test brings it";
  EXPECT_THAT(Zsh("smokemesh ver", "Show the version"),
              HasSubstr("-- Make a recorded verdict again"));
  EXPECT_THAT(Zsh("smokemesh run --outp", "="), HasSubstr("--output"));
  EXPECT_THAT(Zsh("smokemesh run --output ", "text"), HasSubstr("github"));
  EXPECT_THAT(Zsh("smokemesh run pla", "n.yaml"), Not(IsEmpty()));
}

TEST_F(CompletionTest, TheAgentHasItsOwn) {
  const std::unique_ptr<Process> process =
      Start({"--completion", "bash"}, {}, SMOKEMESH_AGENT_BINARY);
  const std::string script = folder_.Write("agent.bash", End(process.get()).out);
  EXPECT_THAT(Lines(Output("bash", "source '" + script +
                                       "'\nCOMP_WORDS=(smokemesh-agent --log-level w)\n"
                                       "COMP_CWORD=2\n_smokemesh_agent\n"
                                       "printf '%s\\n' \"${COMPREPLY[@]}\"\n")),
              ElementsAre("warn"));
}

TEST_F(CompletionTest, ManualPagesAreReadWithoutAWarning) {
  if (!Installed("groff")) FAIL() << "groff is not installed: ./dev test brings it";
  // Those that the build made: one for each command, one for the program, one for the agent.
  Words pages;
  for (const auto& page : std::filesystem::directory_iterator(SMOKEMESH_MAN_FOLDER)) {
    pages.push_back(page.path());
  }
  EXPECT_THAT(pages, SizeIs(::testing::Gt(10U)));
  EXPECT_THAT(pages, Contains(::testing::EndsWith("/smokemesh-run.1")));
  EXPECT_THAT(pages, Contains(::testing::EndsWith("/smokemesh-agent.1")));
  for (const std::string& page : pages) {
    ProcessOptions options;
    options.argv = {"groff", "-ww", "-man", "-Tutf8", "-P-c", page};
    const auto process = Process::Start(options);
    ASSERT_TRUE(process.ok());
    const Ended read = End(process->get());
    EXPECT_EQ(read.code, 0) << page;
    EXPECT_EQ(read.err, "") << page;
    const std::string text = WithoutBold(read.out);
    EXPECT_THAT(text, StartsWith("SMOKEMESH")) << page;
    EXPECT_THAT(text, HasSubstr("\n       -h, --help\n")) << page;
  }
}

}  // namespace
}  // namespace smokemesh::testing
