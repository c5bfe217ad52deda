#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "tests/unit/coordinator/report/golden.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;

struct Golden {
  std::string name;  // its number is the exit code of the run's verdict
  std::string text;
};

// `rollback.1.txt`: the exit code comes from the verdict, so a changed mapping shows here too.
std::string FileName(const std::string& run, v1::Decision decision, const std::string& ending) {
  return run + "." + std::to_string(ExitCode(decision)) + "." + ending;
}

// Every sample run in each of these.
const std::vector<std::pair<std::string, std::function<std::string(const v1::Run&)>>>& Formats() {
  static const auto* const kFormats =
      new std::vector<std::pair<std::string, std::function<std::string(const v1::Run&)>>>{
          {"txt", [](const v1::Run& run) { return TextReport(run, {}); }},
          {"junit.xml", JunitReport},
          {"json", JsonReport},
          {"tap", TapReport},
          {"md", [](const v1::Run& run) { return MarkdownReport(run, 900'000); }},
          {"github", [](const v1::Run& run) { return GithubReport(run, "TOKEN-OF-THE-TEST"); }},
      };
  return *kFormats;
}

std::vector<Golden> AllGolden() {
  std::vector<Golden> all;
  for (const auto& [name, run] : AllSampleRuns()) {
    for (const auto& [ending, report] : Formats()) {
      all.push_back({FileName(name, DecisionOf(run), ending), report(run)});
    }
  }
  const v1::Run run = RolledBackRun();
  all.push_back({"rollback.1.color.txt", TextReport(run, {.color = true, .width = 80})});
  all.push_back({"rollback.1.ascii.txt", TextReport(run, {.unicode = false, .width = 60})});
  all.push_back({"rollback.1.verbose.txt", TextReport(run, {.width = 80, .verbose = true})});
  all.push_back({"rollback.1.small.md", MarkdownReport(run, 2'000)});
  all.push_back({"rollback.1.outputs", GithubOutputs(run, "DELIMITER")});
  all.push_back({"rollback.1.html", HtmlReport(run)});
  return all;
}

// The first line that differs, as it was and as it is; empty when all is the same.
std::string FirstDifference(const std::string& want, const std::string& have) {
  if (want == have) return "";
  std::istringstream wanted(want);
  std::istringstream given(have);
  for (int number = 1;; ++number) {
    std::string a;
    std::string b;
    const bool more_a = static_cast<bool>(std::getline(wanted, a));
    const bool more_b = static_cast<bool>(std::getline(given, b));
    if (!more_a && !more_b) return "ends differ";
    if (a != b || more_a != more_b) {
      return "line " + std::to_string(number) + "\n- " + a.substr(0, 300) + "\n+ " +
             b.substr(0, 300);
    }
  }
}

TEST(ReportGolden, EveryReportIsAsItsGoldenFileSays) {
  const fs::path folder = SMOKEMESH_GOLDEN_DIR;
  for (const Golden& golden : AllGolden()) {
    if (rewrite_golden) {
      std::ofstream(folder / golden.name, std::ios::binary) << golden.text;
      continue;
    }
    std::ifstream file(folder / golden.name, std::ios::binary);
    ASSERT_TRUE(file.is_open()) << golden.name
                                << " is missing: run this test with --rewrite_golden";
    std::stringstream want;
    want << file.rdbuf();
    EXPECT_EQ(FirstDifference(want.str(), golden.text), "")
        << golden.name << " differs; if that is wanted, run this test with --rewrite_golden";
  }
}

TEST(ReportGolden, NoGoldenFileIsLeftOverFromAReportThatIsNotWritten) {
  std::set<std::string> expected;
  for (const Golden& golden : AllGolden()) expected.insert(golden.name);
  for (const fs::directory_entry& entry : fs::directory_iterator(SMOKEMESH_GOLDEN_DIR)) {
    EXPECT_EQ(expected.count(entry.path().filename().string()), 1u) << entry.path();
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
