#include "coordinator/cli/plan_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace smokemesh::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PlanFile : public testing::Test {
 protected:
  PlanFile() {
    std::string path = (std::filesystem::temp_directory_path() / "smokemesh-plan-XXXXXX").string();
    folder_ = mkdtemp(path.data());
  }
  ~PlanFile() override { std::filesystem::remove_all(folder_); }

  std::string Written(const std::string& text) {
    const std::string path = folder_ / "plan.yaml";
    std::ofstream(path) << text;
    return path;
  }

  std::filesystem::path folder_;
};

v1::Plan PlanWithTags() {
  v1::Plan plan;
  v1::Check* check = plan.add_checks();
  check->set_name("login");
  check->add_tags("smoke");
  check->add_tags("service");
  check = plan.add_checks();
  check->set_name("transaction_commit");
  check->add_tags("database");
  return plan;
}

TEST_F(PlanFile, ReadsAPlan) {
  const auto plan = ReadPlanFile(
      Written("name: p\nconnections:\n  g: {http: \"http://127.0.0.1:1\"}\nchecks:\n"
              "  - name: c\n    tags: [smoke]\n    http: {steps: [{request: {url: /}}]}\n"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->checks(0).name(), "c");
}

TEST_F(PlanFile, NamesEveryProblemWithItsPlace) {
  const std::string path = Written("name: p\nchekcs: []\nverison: 2\n");
  const auto plan = ReadPlanFile(path);
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(plan.status().message());
  EXPECT_THAT(message, HasSubstr(path + ":2:"));
  EXPECT_THAT(message, HasSubstr(path + ":3:"));
}

TEST_F(PlanFile, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(std::string(ReadPlanFile(folder_ / "none.yaml").status().message()),
              HasSubstr("No such file"));
  EXPECT_THAT(std::string(ReadPlanFile(folder_).status().message()), HasSubstr("is a folder"));
}

TEST_F(PlanFile, ReadsNoEndlessFile) { EXPECT_FALSE(ReadPlanFile("/dev/zero").ok()); }

TEST(CheckSelection, AcceptsWhatMatches) {
  EXPECT_TRUE(CheckSelection(PlanWithTags(), "", "").ok());
  EXPECT_TRUE(CheckSelection(PlanWithTags(), "smoke and service", "LOG").ok());
}

TEST(CheckSelection, NamesTheTagsWhenNothingMatches) {
  EXPECT_EQ(std::string(CheckSelection(PlanWithTags(), "slow", "").message()),
            "no check matches -m \"slow\": tags in this plan: database, service, smoke");
}

TEST(CheckSelection, NamesTheChecksWhenNoNameMatches) {
  EXPECT_EQ(std::string(CheckSelection(PlanWithTags(), "database", "login").message()),
            "no check matches -m \"database\" and -k \"login\": checks with these tags: "
            "transaction_commit");
}

TEST(CheckSelection, SaysWhichExpressionIsWrong) {
  EXPECT_THAT(std::string(CheckSelection(PlanWithTags(), "a and", "").message()),
              HasSubstr("-m \"a and\""));
  EXPECT_THAT(std::string(CheckSelection(PlanWithTags(), "", "(a").message()),
              HasSubstr("-k \"(a\""));
}

TEST(SelectionWarnings, PointAtWordsThatAreNoTag) {
  EXPECT_THAT(SelectionWarnings(PlanWithTags(), "smoke or servcie"),
              ElementsAre("-m: no check has the tag \"servcie\" (did you mean \"service\"?)"));
  EXPECT_THAT(SelectionWarnings(PlanWithTags(), "smoke"), IsEmpty());
}

}  // namespace
}  // namespace smokemesh::coordinator
