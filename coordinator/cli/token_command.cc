#include "coordinator/cli/token_command.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/access/token_file.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/terminal.h"
#include "shared/credentials/file_content.h"
#include "shared/credentials/identity.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

// The file as it is, with its tokens checked; empty when it is not there.
absl::StatusOr<shared::FileContent> Before(const std::string& path, std::vector<Token>* tokens) {
  absl::StatusOr<std::vector<Token>> read = ReadTokenFile(path);
  if (absl::IsNotFound(read.status())) return shared::FileContent{.text = "", .mode = 0600};
  RETURN_IF_ERROR(read.status());
  *tokens = *std::move(read);
  return shared::ReadSmallFile(path, kMaxTokenFile);
}

// Puts a file in the place of another, or of none: a coordinator never reads half of it.
absl::Status Replace(const std::string& path, const shared::FileContent& content) {
  const std::string fresh = absl::StrCat(path, ".new");
  RETURN_IF_ERROR(shared::WriteNewFile(fresh, content.text, content.mode & 0777));
  if (rename(fresh.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const int error = errno;
  unlink(fresh.c_str());
  return absl::UnknownError(absl::StrCat(shared::EscapeControl(path), ": ", strerror(error)));
}

absl::StatusOr<std::string> Create(const TokenArguments& arguments) {
  if (!shared::IsIdentityName(arguments.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--name \"", shared::EscapeControl(arguments.name),
                     "\" is not 1 to 128 letters, digits, \".\", \"_\" and \"-\""));
  }
  std::vector<Token> tokens;
  ASSIGN_OR_RETURN(shared::FileContent content, Before(arguments.file, &tokens));
  for (const Token& token : tokens) {
    if (token.name != arguments.name) continue;
    return absl::AlreadyExistsError(
        absl::StrCat(shared::EscapeControl(arguments.file), ": has a token of ", token.name,
                     " already: remove its line, or choose another name"));
  }
  const std::string secret = NewTokenSecret();
  Token token;
  token.name = arguments.name;
  token.role = *ParseRole(arguments.role);
  token.sha256 = Sha256(secret);
  if (arguments.days > 0) {
    token.expiry = std::chrono::system_clock::now() + std::chrono::hours(24) * arguments.days;
  }
  std::string& text = content.text;
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += FormatToken(token);
  RETURN_IF_ERROR(ParseTokens(text, arguments.file).status());
  RETURN_IF_ERROR(Replace(arguments.file, content));
  return secret;
}

}  // namespace

int CreateToken(const TokenArguments& arguments) {
  const absl::StatusOr<std::string> secret = Create(arguments);
  if (!secret.ok()) {
    Complain(std::string(secret.status().message()));
    return kExitUsage;
  }
  Terminal out;
  out.descriptor = STDOUT_FILENO;
  Write(out, absl::StrCat(*secret, "\n"));
  if (isatty(STDERR_FILENO)) Complain("this is shown once: only its SHA-256 is kept");
  return 0;
}

}  // namespace smokemesh::coordinator
