#include "coordinator/cli/env_files.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/cli/env_names.h"
#include "shared/env_file.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr char kFile[] = ".env";
constexpr size_t kMaxListed = 20;

// The NAMEs of the files `.env.NAME` in a folder, sorted.
std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (file.starts_with(".env.") && file.size() > 5) names.push_back(file.substr(5));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status NotThere(const fs::path& file, const std::string& folder, const std::string& name) {
  const std::vector<std::string> names = NamesIn(folder);
  std::vector<std::string> files;
  for (const std::string& known : names) {
    if (files.size() == kMaxListed) {
      files.emplace_back("…");
      break;
    }
    files.push_back(shared::EscapeControl(absl::StrCat(".env.", known)));
  }
  std::error_code error;
  const fs::path whole = fs::absolute(file, error);
  return absl::InvalidArgumentError(absl::StrCat(
      "--env ", shared::EscapeControl(name), ": there is no ",
      shared::EscapeControl((error ? file : whole).string()), shared::DidYouMean(name, names),
      files.empty() ? ", and no other .env.NAME beside it"
                    : absl::StrCat("; there are: ", absl::StrJoin(files, ", "))));
}

absl::StatusOr<std::vector<shared::EnvVariable>> ReadNamed(const std::string& folder,
                                                           const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("--env \"", shared::EscapeControl(name),
                     "\": name the environment, such as staging for .env.staging, and no path"));
  }
  const fs::path file = (fs::path(folder) / absl::StrCat(kFile, ".", name)).lexically_normal();
  absl::StatusOr<std::vector<shared::EnvVariable>> variables = shared::ReadEnvFile(file.string());
  if (absl::IsNotFound(variables.status())) return NotThere(file, folder, name);
  return variables;
}

// Nothing when there is no such file. A folder of this name belongs to somebody else: Python keeps
// its virtual environments in one.
absl::StatusOr<std::vector<shared::EnvVariable>> ReadGeneral(const std::string& folder) {
  const fs::path file = (fs::path(folder) / kFile).lexically_normal();
  std::error_code error;
  if (fs::is_directory(file, error)) return std::vector<shared::EnvVariable>();
  absl::StatusOr<std::vector<shared::EnvVariable>> variables = shared::ReadEnvFile(file.string());
  if (absl::IsNotFound(variables.status())) return std::vector<shared::EnvVariable>();
  return variables;
}

void Set(const std::vector<shared::EnvVariable>& variables, const std::string& file,
         EnvFiles* files) {
  for (std::string& name : shared::SetMissing(variables)) files->set.emplace(std::move(name), file);
}

}  // namespace

absl::StatusOr<EnvFiles> LoadEnvFiles(const std::string& folder, const std::string& name) {
  EnvFiles files;
  if (!name.empty()) {
    ASSIGN_OR_RETURN(const auto variables, ReadNamed(folder, name));
    Set(variables, absl::StrCat(kFile, ".", name), &files);
  }
  // Read when those of the first one are set: it may refer to them.
  ASSIGN_OR_RETURN(const auto variables, ReadGeneral(folder));
  Set(variables, kFile, &files);
  return files;
}

std::string NotSent(const v1::Plan& plan, const EnvFiles& files) {
  std::vector<std::string> names;
  std::vector<std::string> from;
  for (const std::string& name : EnvironmentNames(plan)) {
    const auto found = files.set.find(name);
    if (found == files.set.end()) continue;
    if (names.size() < kMaxListed) names.push_back(absl::StrCat("${", name, "}"));
    if (std::find(from.begin(), from.end(), found->second) == from.end()) {
      from.push_back(found->second);
    }
  }
  if (names.empty()) return "";
  if (names.size() == kMaxListed) names.emplace_back("…");
  return absl::StrCat(
      "with --coordinator the agents resolve ", absl::StrJoin(names, ", "),
      " from their own environment: ", shared::EscapeControl(absl::StrJoin(from, " and ")),
      from.size() == 1 ? " is" : " are", " not sent");
}

}  // namespace smokemesh::coordinator
