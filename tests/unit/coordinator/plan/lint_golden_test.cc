#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;

const fs::path& Folder() {
  static const auto& folder = *new fs::path(fs::path(SMOKEMESH_SOURCE_DIR) / "tests/golden/lint");
  return folder;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> Cases() {
  std::vector<std::string> cases;
  for (const auto& entry : fs::directory_iterator(Folder())) {
    if (entry.path().extension() == ".yaml") cases.push_back(entry.path().stem().string());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

class LintGoldenTest : public testing::TestWithParam<std::string> {};

// `<case>.2.txt` is what a bad plan says, `<case>.0.txt` is the empty text of a good one: the
// number is the exit code of `smokemesh lint`. Set SMOKEMESH_UPDATE_GOLDEN=1 to write the files
// anew.
TEST_P(LintGoldenTest, SaysWhatIsExpected) {
  const std::string file = GetParam() + ".yaml";
  const std::string problems = Lint(ReadFile(Folder() / file), file);
  const fs::path expected = Folder() / (GetParam() + (problems.empty() ? ".0.txt" : ".2.txt"));
  if (std::getenv("SMOKEMESH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(expected, std::ios::binary) << problems;
  }
  ASSERT_TRUE(fs::exists(expected)) << expected << " is missing; the plan says:\n" << problems;
  EXPECT_EQ(problems, ReadFile(expected));
}

INSTANTIATE_TEST_SUITE_P(All, LintGoldenTest, testing::ValuesIn(Cases()),
                         [](const auto& instance) { return instance.param; });

TEST(LintGoldenFilesTest, EveryExpectationHasItsPlan) {
  size_t expectations = 0;
  for (const auto& entry : fs::directory_iterator(Folder())) {
    if (entry.path().extension() != ".txt") continue;
    ++expectations;
    const std::string name = entry.path().stem().stem().string();
    EXPECT_TRUE(fs::exists(Folder() / (name + ".yaml"))) << entry.path();
  }
  EXPECT_EQ(expectations, Cases().size());
}

}  // namespace
}  // namespace smokemesh::coordinator
