#include "coordinator/cli/report_files.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/github_step.h"
#include "coordinator/report/reporter.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const fs::path& path, const std::string& why) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot write ", shared::EscapeControl(path.string()), ": ", why));
}

// Writes beside the file first: a reader never sees a half of it.
absl::Status WriteFile(const fs::path& path, const std::string& text) {
  const fs::path temporary = path.string() + absl::StrCat(".", getpid(), ".tmp");
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file << text;
    file.flush();
    if (!file.good()) {
      const std::string why = std::strerror(errno);
      std::error_code ignored;
      fs::remove(temporary, ignored);
      return Failed(path, why);
    }
  }
  std::error_code error;
  fs::rename(temporary, path, error);
  if (!error) return absl::OkStatus();
  std::error_code ignored;
  fs::remove(temporary, ignored);
  return Failed(path, error.message());
}

}  // namespace

absl::Status PrepareReportFolder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot make the folder ", shared::EscapeControl(folder), ": ", error.message()));
  }
  const fs::path probe = fs::path(folder) / absl::StrCat(".probe.", getpid());
  const absl::Status status = WriteFile(probe, "");
  if (!status.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot write into the folder ", shared::EscapeControl(folder), ": ", status.message()));
  }
  fs::remove(probe, error);
  return absl::OkStatus();
}

absl::Status WriteReports(const v1::Run& run, const std::string& folder) {
  const fs::path path = folder;
  absl::Status status;
  status.Update(WriteFile(path / "report.html", HtmlReport(run)));
  status.Update(WriteFile(path / "junit.xml", JunitReport(run)));
  status.Update(WriteFile(path / "report.json", JsonReport(run)));
  status.Update(WriteFile(path / "report.txt", TextReport(run, {})));
  status.Update(WriteFile(path / "report.tap", TapReport(run)));
  status.Update(WriteFile(path / "report.md", MarkdownReport(run, kMaxGithubSummary)));
  return status;
}

}  // namespace smokemesh::coordinator
