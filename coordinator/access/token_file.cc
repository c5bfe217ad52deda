#include "coordinator/access/token_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "shared/credentials/file_content.h"
#include "shared/credentials/identity.h"
#include "shared/duration.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kHashBytes = 32;
constexpr size_t kMaxProblems = 20;

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string Show(std::string_view text) {
  return absl::StrCat("\"", shared::EscapeControl(shared::Shorten(text, 40)), "\"");
}

// Reads one line's words. What is wrong with them, or nothing.
std::string ParseLine(const std::vector<std::string>& words, Token* token) {
  if (words.size() < 3 || words.size() > 4) {
    return absl::StrCat("has ", words.size(), " words: expected NAME ROLE SHA256 [END]");
  }
  if (!shared::IsIdentityName(words[0])) {
    return "has a name that is not 1 to 128 letters, digits, \".\", \"_\" and \"-\"";
  }
  token->name = words[0];
  const std::optional<Role> role = ParseRole(words[1]);
  if (!role || *role == Role::kAgent || *role == Role::kReplica) {
    return absl::StrCat("gives ", token->name, " the role ", Show(words[1]),
                        ": tokens are for runner, viewer or admin");
  }
  token->role = *role;
  if (words[2].size() != 2 * kHashBytes || !IsHex(words[2])) {
    return absl::StrCat("has no SHA-256 of 64 lower-case hex digits for ", token->name,
                        ": `smokemesh token create` writes such a line");
  }
  token->sha256 = absl::HexStringToBytes(words[2]);
  if (words.size() == 4) {
    absl::Time end;
    std::string error;
    // absl::ParseTime takes more than this one form.
    if (words[3].size() != 20 || words[3].back() != 'Z' ||
        !absl::ParseTime(absl::RFC3339_sec, words[3], &end, &error)) {
      return absl::StrCat("has no end such as 2027-02-20T12:00:00Z for ", token->name);
    }
    token->expiry = absl::ToChronoTime(end);
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<Token>> ParseTokens(std::string_view text, std::string_view file) {
  const std::string name = shared::EscapeControl(file);
  if (text.size() > kMaxTokenFile) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": is longer than ", kMaxTokenFile, " bytes"));
  }
  std::vector<Token> tokens;
  std::set<std::string> names;
  std::set<std::string> hashes;
  std::vector<std::string> problems;
  int number = 0;
  for (const auto line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    ++number;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty() || words[0][0] == '#') continue;
    Token token;
    std::string problem = ParseLine(words, &token);
    if (problem.empty() && !names.insert(token.name).second) {
      problem = absl::StrCat("names ", token.name, " a second time");
    }
    if (problem.empty() && !hashes.insert(token.sha256).second) {
      problem = absl::StrCat("gives ", token.name, " the secret of another line");
    }
    if (problem.empty() && tokens.size() == kMaxTokens) {
      problem = absl::StrCat("is one too many: at most ", kMaxTokens, " tokens");
    }
    if (problem.empty()) {
      tokens.push_back(std::move(token));
      continue;
    }
    problems.push_back(absl::StrCat(name, ":", number, ": ", problem));
    if (problems.size() == kMaxProblems) break;
  }
  if (problems.empty()) return tokens;
  std::string all;
  for (const std::string& problem : problems) {
    absl::StrAppend(&all, all.empty() ? "" : "\n", problem);
  }
  return absl::InvalidArgumentError(all);
}

absl::StatusOr<std::vector<Token>> ReadTokenFile(const std::string& path) {
  ASSIGN_OR_RETURN(const shared::FileContent file, shared::ReadSmallFile(path, kMaxTokenFile));
  if ((file.mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(shared::EscapeControl(path),
                     ": others than its owner may write to it, and so make themselves admin: "
                     "chmod go-w"));
  }
  return ParseTokens(file.text, path);
}

std::string FormatToken(const Token& token) {
  std::string line = absl::StrCat(token.name, " ", std::string(RoleName(token.role)), " ",
                                  absl::BytesToHexString(token.sha256));
  if (token.expiry) absl::StrAppend(&line, " ", shared::FormatWallTime(*token.expiry));
  return line + "\n";
}

std::string NewTokenSecret() {
  unsigned char random[kHashBytes];
  if (RAND_bytes(random, sizeof(random)) != 1) std::abort();
  const std::string secret = absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(random), sizeof(random)));
  OPENSSL_cleanse(random, sizeof(random));
  return absl::StrCat("smt_", secret);
}

std::string Sha256(std::string_view secret) {
  unsigned char digest[kHashBytes];
  unsigned int size = 0;
  if (EVP_Digest(secret.data(), secret.size(), digest, &size, EVP_sha256(), nullptr) != 1 ||
      size != kHashBytes) {
    std::abort();
  }
  return std::string(reinterpret_cast<const char*>(digest), size);
}

const Token* FindToken(const std::vector<Token>& tokens, std::string_view secret) {
  const std::string sha256 = Sha256(secret);
  const Token* found = nullptr;
  for (const Token& token : tokens) {
    if (CRYPTO_memcmp(token.sha256.data(), sha256.data(), kHashBytes) == 0) found = &token;
  }
  return found;
}

}  // namespace smokemesh::coordinator
