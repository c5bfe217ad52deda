// `smokemesh lint` says of a file what the golden files hold, and exits with the number in their
// names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/testing/process.h"

namespace smokemesh::testing {
namespace {

namespace fs = std::filesystem;

const char kGolden[] = SMOKEMESH_SOURCE_DIR "/tests/golden/lint";

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Cases() {
  std::vector<std::string> cases;
  for (const auto& entry : fs::directory_iterator(kGolden)) {
    if (entry.path().extension() == ".yaml") cases.push_back(entry.path().stem().string());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

class LintTest : public ::testing::TestWithParam<std::string> {};

TEST_P(LintTest, PrintsTheGoldenProblemsAndExitsWithTheirCode) {
  const std::string file = GetParam() + ".yaml";
  ProcessOptions options;
  options.argv = {SMOKEMESH_BINARY, "lint", file};
  options.working_directory = kGolden;
  options.clean_environment = true;
  const auto process = Process::Start(options);
  ASSERT_TRUE(process.ok()) << process.status();
  const auto code =
      (*process)->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(30));
  ASSERT_TRUE(code.has_value()) << "it does not end";
  const fs::path golden = fs::path(kGolden) / (GetParam() + "." + std::to_string(*code) + ".txt");
  ASSERT_TRUE(fs::exists(golden)) << *code << "\n" << (*process)->Stderr();
  std::string problems = ReadFile(golden);
  if (const auto count = std::count(problems.begin(), problems.end(), '\n'); count > 0) {
    problems += file + ": " + std::to_string(count) + (count == 1 ? " problem\n" : " problems\n");
  }
  EXPECT_EQ((*process)->Stderr(), problems);
  if (*code == 0) {
    EXPECT_THAT((*process)->Stdout(),
                ::testing::MatchesRegex(GetParam() + "\\.yaml: [0-9]+ checks?, no problems\n"));
  } else {
    EXPECT_EQ((*process)->Stdout(), "");
  }
}

INSTANTIATE_TEST_SUITE_P(All, LintTest, ::testing::ValuesIn(Cases()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace smokemesh::testing
