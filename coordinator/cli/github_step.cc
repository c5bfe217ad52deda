#include "coordinator/cli/github_step.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "coordinator/cli/env_names.h"
#include "coordinator/report/reporter.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"
#include "shared/text.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

// The agent hides nothing shorter either: such values stand in too many places by chance.
constexpr size_t kShortestSecret = 4;
// With less room, a summary would say nothing.
constexpr size_t kLeastSummary = 1024;

std::vector<std::string> SecretsOf(const std::string& value) {
  std::vector<std::string> secrets = shared::CredentialsOf(value);
  if (!shared::IsUrl(value)) secrets.push_back(value);
  return secrets;
}

absl::Status Failed(const char* what, const std::string& file) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot ", what, " ", shared::EscapeControl(file), ": ", std::strerror(errno)));
}

// A file of the runner, open for appending. Several steps of one job may share it.
class AppendedFile {
 public:
  explicit AppendedFile(std::string path)
      : path_(std::move(path)),
        fd_(open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) {}
  ~AppendedFile() {
    if (fd_ >= 0) close(fd_);
  }
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;

  // Looks at what is there. First call.
  absl::Status Look() {
    struct stat facts {};
    if (fd_ < 0 || fstat(fd_, &facts) != 0) return Failed("write", path_);
    if (!S_ISREG(facts.st_mode)) return absl::OkStatus();  // nothing to look at
    size_ = static_cast<size_t>(facts.st_size);
    char last = '\n';
    if (size_ > 0 && pread(fd_, &last, 1, facts.st_size - 1) < 0) return Failed("read", path_);
    open_line_ = last != '\n';
    return absl::OkStatus();
  }

  size_t size() const { return size_; }

  // Begins on a line of its own.
  absl::Status Append(const std::string& text) {
    const std::string all = absl::StrCat(open_line_ ? "\n" : "", text);
    std::string_view left = all;
    while (!left.empty()) {
      const ssize_t written = write(fd_, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed("write", path_);
      left.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const int fd_;
  size_t size_ = 0;
  bool open_line_ = false;
};

}  // namespace

GithubStep ReadGithubStep(const Environment& environment) {
  GithubStep step;
  step.runner = environment("GITHUB_ACTIONS") == "true";
  step.summary_file = environment("GITHUB_STEP_SUMMARY");
  step.output_file = environment("GITHUB_OUTPUT");
  return step;
}

std::string GithubMasks(const v1::Plan& plan, const Environment& environment) {
  if (!ReadGithubStep(environment).runner) return "";
  std::set<std::string> secrets;
  for (const std::string& name : EnvironmentNames(plan)) {
    if (std::find(plan.public_env().begin(), plan.public_env().end(), name) !=
        plan.public_env().end()) {
      continue;
    }
    // The runner hides line by line, and so do its masks.
    for (const std::string& secret : SecretsOf(environment(name.c_str()))) {
      for (const absl::string_view line : absl::StrSplit(secret, absl::ByAnyChar("\r\n"))) {
        if (line.size() < kShortestSecret || line.find_first_not_of(" \t") == line.npos) continue;
        secrets.emplace(line.data(), line.size());
      }
    }
  }
  std::string commands;
  for (const std::string& secret : secrets) {
    absl::StrAppend(&commands, "::add-mask::", absl::StrReplaceAll(secret, {{"%", "%25"}}), "\n");
  }
  return commands;
}

absl::Status AppendGithubSummary(const v1::Run& run, const std::string& path) {
  AppendedFile file(path);
  RETURN_IF_ERROR(file.Look());
  if (file.size() + kLeastSummary > kMaxGithubSummary) {
    return absl::FailedPreconditionError(
        absl::StrCat(shared::EscapeControl(path), " has ", file.size() >> 10,
                     " KiB already: earlier commands of this step have used up what it may hold"));
  }
  return file.Append(MarkdownReport(run, kMaxGithubSummary - file.size() - 1));
}

absl::Status AppendGithubOutputs(const v1::Run& run, const std::string& path) {
  AppendedFile file(path);
  RETURN_IF_ERROR(file.Look());
  return file.Append(GithubOutputs(run, "smokemesh-" + shared::RandomUuid()));
}

}  // namespace smokemesh::coordinator
