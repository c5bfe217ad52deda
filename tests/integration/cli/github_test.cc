// `smokemesh run --github`, as a step of GitHub Actions sees it.

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/integration/cli/cli_fixture.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Github : public CliFixture {
 protected:
  std::string SecretPlan() {
    return Plan(
        "public_env: [PLACE]\nchecks:\n"
        "  - name: one\n    tags: [smoke, critical]\n    http: {steps: [{request: {url: /a, "
        "headers: {authorization: \"Bearer ${TOKEN}\", x-place: \"${PLACE}\"}}}]}\n");
  }
  Variables Step() {
    return {{"GITHUB_ACTIONS", "true"},
            {"GITHUB_STEP_SUMMARY", folder_.path() / "summary"},
            {"GITHUB_OUTPUT", folder_.path() / "outputs"},
            {"TOKEN", "hunter2-token"},
            {"PLACE", "somewhere"}};
  }
};

TEST_F(Github, MasksComeFirstThenTheReportThenTheFiles) {
  gate_.Answer("/a", {500}, "::error::injected by a target\n");
  folder_.Write("summary", "# Before\n");
  folder_.Write("outputs", "before=1\n");
  const Ended run = Run({"run", SecretPlan(), "--github"}, Step());
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.out, StartsWith("::add-mask::hunter2-token\n"));
  EXPECT_THAT(run.out, Not(HasSubstr("somewhere")));
  EXPECT_THAT(run.out, AllOf(HasSubstr("\n::stop-commands::"), HasSubstr("\n::error ")));
  EXPECT_THAT(run.out, Not(HasSubstr("\n::error::injected")));
  EXPECT_THAT(Read("summary"),
              AllOf(StartsWith("# Before\n"), HasSubstr("ROLLBACK"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(Read("outputs"), AllOf(StartsWith("before=1\n"), HasSubstr("ROLLBACK")));
  EXPECT_EQ(run.err, "");
}

TEST_F(Github, AnotherDocumentOnStandardOutputStaysWhole) {
  const Ended run = Run({"run", SecretPlan(), "--github", "--output", "json"}, Step());
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_FALSE(nlohmann::json::parse(run.out, nullptr, false).is_discarded()) << run.out;
  EXPECT_THAT(run.err,
              AllOf(StartsWith("::add-mask::hunter2-token\n"), HasSubstr("::stop-commands::")));
}

TEST_F(Github, OutsideOfGithubItSaysSoAndShowsNoSecret) {
  const Ended run =
      Run({"run", SecretPlan(), "--github"}, {{"TOKEN", "hunter2-token"}, {"PLACE", "x"}});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, AllOf(HasSubstr("GITHUB_STEP_SUMMARY is not set"),
                             HasSubstr("GITHUB_OUTPUT is not set")));
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("hunter2")));
}

TEST_F(Github, FilesThatCannotBeWrittenChangeNothing) {
  Variables step = Step();
  step["GITHUB_STEP_SUMMARY"] = folder_.path();
  step["GITHUB_OUTPUT"] = folder_.path() / "no" / "outputs";
  const Ended run = Run({"run", SecretPlan(), "--github"}, step);
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, AllOf(HasSubstr("--github: cannot write " + folder_.path().string() + ": "),
                             HasSubstr("no/outputs: ")));
}

TEST_F(Github, AFullSummaryIsNotMadeFuller) {
  const std::string before(900 << 10, 'x');
  folder_.Write("summary", before);
  const Ended run = Run({"run", SecretPlan(), "--github"}, Step());
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, HasSubstr("900 KiB already"));
  EXPECT_EQ(Read("summary"), before);
}

}  // namespace
}  // namespace smokemesh::testing
