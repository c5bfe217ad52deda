// report-samples DIR: writes NAME.EXIT_CODE.html and NAME.EXIT_CODE.junit.xml of every sample run
// into DIR, and those of runs of 47 and of 500 checks.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace {

using namespace smokemesh::coordinator;

bool Write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: report-samples DIR\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  auto runs = AllSampleRuns();
  for (const int checks : {47, 500}) {
    runs.emplace_back("large" + std::to_string(checks), LargeRun(checks));
  }
  for (const auto& [name, run] : runs) {
    const std::string stem = name + "." + std::to_string(ExitCode(DecisionOf(run)));
    if (!Write(folder / (stem + ".html"), HtmlReport(run)) ||
        !Write(folder / (stem + ".junit.xml"), JunitReport(run))) {
      std::fprintf(stderr, "report-samples: cannot write into %s\n", argv[1]);
      return 1;
    }
  }
  return 0;
}
