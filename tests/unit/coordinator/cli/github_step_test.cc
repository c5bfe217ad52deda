#include "coordinator/cli/github_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "coordinator/report/reporter.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class GithubStepTest : public ::testing::Test {
 protected:
  GithubStepTest() {
    variables_["GITHUB_ACTIONS"] = "true";
    run_.set_run_id("run-1");
    run_.set_plan_name("p");
  }

  Environment Variables() {
    return [this](const char* name) { return variables_[name]; };
  }

  void Use(const std::string& name) {
    (*plan_.add_checks()->mutable_variables())["v"] = "${" + name + "}";
  }

  std::string Masks() { return GithubMasks(plan_, Variables()); }

  static std::string Read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::map<std::string, std::string> variables_;
  v1::Plan plan_;
  v1::Run run_;
  smokemesh::testing::TempDir folder_;
};

TEST_F(GithubStepTest, IsReadFromTheEnvironment) {
  variables_["GITHUB_STEP_SUMMARY"] = "/s";
  variables_["GITHUB_OUTPUT"] = "/o";
  const GithubStep step = ReadGithubStep(Variables());
  EXPECT_TRUE(step.runner);
  EXPECT_EQ(step.summary_file, "/s");
  EXPECT_EQ(step.output_file, "/o");
  variables_.clear();
  EXPECT_FALSE(ReadGithubStep(Variables()).runner);
}

TEST_F(GithubStepTest, MasksWhatThePlanReadsAndThisProcessHas) {
  Use("TOKEN");
  Use("ELSEWHERE");
  variables_["TOKEN"] = "s3cr3t%3A";
  variables_["UNUSED"] = "unused-secret";
  EXPECT_EQ(Masks(), "::add-mask::s3cr3t%253A\n");
}

TEST_F(GithubStepTest, MasksTheCredentialsOfAUrlAndNotItsHost) {
  Use("DATABASE");
  variables_["DATABASE"] = "postgresql+asyncpg://app:pa%2Fss@db.example:5432/app";
  EXPECT_THAT(Masks(),
              AllOf(HasSubstr("::add-mask::pa%252Fss\n"), HasSubstr("::add-mask::pa/ss\n")));
  EXPECT_THAT(Masks(), Not(HasSubstr("db.example")));
}

TEST_F(GithubStepTest, MasksLineByLine) {
  Use("KEY");
  variables_["KEY"] = "-----BEGIN-----\r\nabcdef\n\n    \nghijkl\n";
  EXPECT_EQ(Masks(), "::add-mask::-----BEGIN-----\n::add-mask::abcdef\n::add-mask::ghijkl\n");
}

TEST_F(GithubStepTest, MasksNeitherPublicNorShortValues) {
  Use("VERSION");
  Use("WAIT");
  plan_.add_public_env("VERSION");
  variables_["VERSION"] = "1.4.2-rc1";
  variables_["WAIT"] = "1";
  EXPECT_EQ(Masks(), "");
}

TEST_F(GithubStepTest, ShowsNoSecretWhereNoRunnerReads) {
  Use("TOKEN");
  variables_["TOKEN"] = "s3cr3t";
  variables_["GITHUB_ACTIONS"] = "";
  EXPECT_EQ(Masks(), "");
}

TEST_F(GithubStepTest, AppendsTheSummaryToWhatIsThere) {
  const auto file = folder_.Write("summary", "# Before");
  ASSERT_TRUE(AppendGithubSummary(run_, file).ok());
  const std::string markdown = MarkdownReport(run_, kMaxGithubSummary);
  EXPECT_EQ(Read(file), "# Before\n" + markdown);
  ASSERT_TRUE(AppendGithubSummary(run_, file).ok());
  EXPECT_THAT(Read(file), AllOf(StartsWith("# Before\n" + markdown), EndsWith(markdown)));
}

TEST_F(GithubStepTest, MakesTheFilesWhenTheyAreNotThere) {
  ASSERT_TRUE(AppendGithubSummary(run_, folder_.path() / "summary").ok());
  EXPECT_EQ(Read(folder_.path() / "summary"), MarkdownReport(run_, kMaxGithubSummary));
  ASSERT_TRUE(AppendGithubOutputs(run_, folder_.path() / "output").ok());
  EXPECT_THAT(Read(folder_.path() / "output"), HasSubstr("run-1"));
}

TEST_F(GithubStepTest, CutsTheSummarySoThatTheWholeFileHasRoom) {
  // Of a thousand failures with long messages a report is cut at whatever it is given.
  for (int i = 0; i < 1000; ++i) {
    v1::CheckRecord& check = *run_.add_checks();
    check.set_name("check_" + std::to_string(i));
    check.set_outcome(v1::OUTCOME_FAILED);
    check.set_reason(std::string(2000, 'x'));
    v1::Task& task = *check.add_tasks();
    task.set_agent_id("a");
    task.set_state(v1::Task::STATE_DONE);
    task.set_outcome(v1::OUTCOME_FAILED);
    v1::Failure& failure = *task.mutable_result()->add_failures();
    failure.set_expected(std::string(2000, 'e'));
    failure.set_actual(std::string(2000, 's'));
  }
  const size_t before = 600 << 10;
  const auto file = folder_.Write("summary", std::string(before, 'b'));
  ASSERT_TRUE(AppendGithubSummary(run_, file).ok());
  EXPECT_LE(Read(file).size(), kMaxGithubSummary);
  EXPECT_GT(Read(file).size(), before);
}

TEST_F(GithubStepTest, SaysSoWhenTheSummaryIsFull) {
  const auto file = folder_.Write("summary", std::string(kMaxGithubSummary, 'b'));
  const absl::Status status = AppendGithubSummary(run_, file);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("900 KiB already"));
  EXPECT_EQ(Read(file).size(), kMaxGithubSummary);
}

TEST_F(GithubStepTest, SaysWhatCannotBeWritten) {
  for (const absl::Status& status : {AppendGithubSummary(run_, folder_.path() / "no" / "summary"),
                                     AppendGithubOutputs(run_, folder_.path())}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()),
                StartsWith("cannot write " + folder_.path().string()));
  }
}

TEST_F(GithubStepTest, AppendsOutputsUnderAnotherDelimiterEachTime) {
  const auto file = folder_.Write("output", "before=1");
  ASSERT_TRUE(AppendGithubOutputs(run_, file).ok());
  const std::string first = Read(file).substr(9);
  EXPECT_THAT(Read(file), StartsWith("before=1\n"));
  std::filesystem::remove(file);
  ASSERT_TRUE(AppendGithubOutputs(run_, file).ok());
  EXPECT_NE(Read(file), first);
}

}  // namespace
}  // namespace smokemesh::coordinator
