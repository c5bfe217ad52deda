#include "coordinator/cli/report_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class ReportFiles : public testing::Test {
 protected:
  ReportFiles() {
    std::string path = (fs::temp_directory_path() / "smokemesh-report-XXXXXX").string();
    folder_ = mkdtemp(path.data());
  }
  ~ReportFiles() override { fs::remove_all(folder_); }

  std::set<std::string> Files(const fs::path& folder) {
    std::set<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  fs::path folder_;
};

TEST_F(ReportFiles, AreSixInAFolderThatIsMade) {
  const fs::path folder = folder_ / "a" / "b";
  ASSERT_TRUE(PrepareReportFolder(folder).ok());
  EXPECT_TRUE(Files(folder).empty()) << "nothing is left of the probe";
  ASSERT_TRUE(WriteReports(v1::Run(), folder).ok());
  EXPECT_THAT(Files(folder), ElementsAre("junit.xml", "report.html", "report.json", "report.md",
                                         "report.tap", "report.txt"));
}

TEST_F(ReportFiles, ReplaceOlderOnes) {
  std::ofstream(folder_ / "report.txt") << "old";
  ASSERT_TRUE(WriteReports(v1::Run(), folder_).ok());
  std::ifstream file(folder_ / "report.txt");
  std::string first;
  std::getline(file, first);
  EXPECT_NE(first, "old");
}

TEST_F(ReportFiles, CannotGoWhereAFileIs) {
  std::ofstream(folder_ / "file") << "x";
  const absl::Status status = PrepareReportFolder(folder_ / "file");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr((folder_ / "file").string()));
}

TEST_F(ReportFiles, ThatCannotBeWrittenAreAnErrorAndTheOthersAreThere) {
  fs::create_directory(folder_ / "junit.xml");
  const absl::Status status = WriteReports(v1::Run(), folder_);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("junit.xml"));
  EXPECT_THAT(Files(folder_), ElementsAre("junit.xml", "report.html", "report.json", "report.md",
                                          "report.tap", "report.txt"));
}

}  // namespace
}  // namespace smokemesh::coordinator
