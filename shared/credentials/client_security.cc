#include "shared/credentials/client_security.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/credentials/file_content.h"
#include "shared/logging.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr size_t kMaxToken = 4096;
constexpr char kCa[] = "SMOKEMESH_TLS_CA";
constexpr char kCert[] = "SMOKEMESH_TLS_CERT";
constexpr char kKey[] = "SMOKEMESH_TLS_KEY";
constexpr char kServerName[] = "SMOKEMESH_TLS_SERVER_NAME";
constexpr char kTokenFile[] = "SMOKEMESH_TOKEN_FILE";
constexpr char kToken[] = "SMOKEMESH_TOKEN";

bool IsTokenCharacter(char c) { return c > ' ' && c <= '~'; }

}  // namespace

std::vector<Option> ClientSecurityOptions(const std::string& group, bool tokens) {
  std::vector<Option> options = {
      {.name = "tls-ca",
       .value = "FILE",
       .help = "Talk TLS, and trust a coordinator that these authorities vouch for (also "
               "SMOKEMESH_TLS_CA)",
       .group = group,
       .kind = ValueKind::kFile},
      {.name = "tls-cert",
       .value = "FILE",
       .help = "Certificate to show, with those that lead to its authority (also "
               "SMOKEMESH_TLS_CERT)",
       .group = group,
       .kind = ValueKind::kFile},
      {.name = "tls-key",
       .value = "FILE",
       .help = "Its private key (also SMOKEMESH_TLS_KEY)",
       .group = group,
       .kind = ValueKind::kFile},
      {.name = "tls-server-name",
       .value = "NAME",
       .help = "Name expected in the coordinator's certificate (default: the host that is called; "
               "also SMOKEMESH_TLS_SERVER_NAME)",
       .group = group}};
  if (tokens) {
    options.push_back({.name = "token-file",
                       .value = "FILE",
                       .help = "Prove who calls by the token in this file instead of a certificate "
                               "(also SMOKEMESH_TOKEN_FILE, or the token in SMOKEMESH_TOKEN)",
                       .group = group,
                       .kind = ValueKind::kFile});
  }
  options.push_back({.name = "insecure",
                     .help = "Talk in plaintext to a coordinator on another machine: whoever is on "
                             "the way can read and change what is said",
                     .group = group});
  return options;
}

std::vector<Note> ClientSecurityVariables(bool tokens) {
  std::vector<Note> notes = {{absl::StrCat(kCa, ", ", kCert, ", ", kKey, ", ", kServerName),
                              "What --tls-ca, --tls-cert, --tls-key and --tls-server-name say, "
                              "where these are not given"}};
  if (tokens) {
    notes.push_back(
        {absl::StrCat(kTokenFile, ", ", kToken), "What --token-file says, or the token itself"});
  }
  return notes;
}

ClientSecurity ReadClientSecurity(const Values& values,
                                  const std::function<std::string(const char*)>& environment,
                                  bool tokens) {
  ClientSecurity security;
  security.insecure = values.Has("insecure");
  const bool any_option = values.Has("tls-ca") || values.Has("tls-cert") || values.Has("tls-key");
  const auto read = [&](const char* option, const char* variable) {
    if (values.Has(option)) return values.Get(option);
    // Who says --insecure does not want what is in the environment.
    return security.insecure && !any_option ? std::string() : environment(variable);
  };
  security.tls.ca = read("tls-ca", kCa);
  security.tls.cert = read("tls-cert", kCert);
  security.tls.key = read("tls-key", kKey);
  security.server_name = read("tls-server-name", kServerName);
  if (!tokens) return security;
  security.token_file = values.Get("token-file");
  if (!security.token_file.empty()) return security;
  if (security.encrypted()) {
    security.token_file = environment(kTokenFile);
    security.token = environment(kToken);
  }
  return security;
}

absl::Status CheckClientSecurity(const ClientSecurity& security, std::string_view address,
                                 bool loopback) {
  const TlsFiles& tls = security.tls;
  if (tls.cert.empty() != tls.key.empty()) {
    return absl::InvalidArgumentError(
        "a certificate and its key go together: give --tls-cert and --tls-key");
  }
  if (security.encrypted() && security.insecure) {
    return absl::InvalidArgumentError("--insecure means plaintext: leave it or --tls-ca away");
  }
  if (security.encrypted()) return absl::OkStatus();
  if (!tls.cert.empty() || !security.server_name.empty()) {
    return absl::InvalidArgumentError(
        "TLS needs --tls-ca FILE: the authorities that vouch for the coordinator");
  }
  if (!security.token_file.empty()) {
    return absl::InvalidArgumentError(
        "a token is sent over TLS only: give --tls-ca FILE, the authorities that vouch for the "
        "coordinator");
  }
  if (loopback || security.insecure) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the coordinator ", EscapeControl(address),
      " is not on this machine, and the way there would be plaintext: whoever is on the network "
      "could read and change what is said. Give --tls-ca FILE with --tls-cert and --tls-key (see "
      "`smokemesh certs`). Give --insecure if that is accepted"));
}

absl::StatusOr<std::string> TokenOf(const ClientSecurity& security) {
  if (!security.encrypted()) return std::string();
  std::string token = security.token;
  std::string where = kToken;
  if (!security.token_file.empty()) {
    ASSIGN_OR_RETURN(const FileContent content, ReadSmallFile(security.token_file, kMaxToken));
    token = std::string(absl::StripAsciiWhitespace(content.text));
    where = EscapeControl(security.token_file);
    if (token.empty()) return absl::InvalidArgumentError(where + ": holds no token");
  }
  if (token.empty()) return token;
  LogRedactor().Add(token);
  if (token.size() > kMaxToken || !std::all_of(token.begin(), token.end(), IsTokenCharacter)) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": holds no token: one word of printable characters is expected"));
  }
  return token;
}

std::string SecurityHint(std::string_view reason) {
  // What gRPC 1.51 and OpenSSL 3 say. One who wants a certificate and gets none just hangs up.
  constexpr std::pair<std::string_view, std::string_view> kHints[] = {
      {"Hostname Verification Check failed",
       "its certificate is not for this name: call it as the certificate does, or give "
       "--tls-server-name"},
      {"certificate verify failed",
       "its certificate does not lead to an authority in the file of --tls-ca"},
      {"wrong version number",
       "it does not talk TLS: leave --tls-ca, --tls-cert and --tls-key out"},
      {"Socket closed",
       "if it wants TLS, give --tls-ca, and --tls-cert and --tls-key of a certificate that it "
       "trusts"},
  };
  for (const auto& [part, hint] : kHints) {
    if (reason.find(part) != std::string_view::npos) return absl::StrCat("; ", std::string(hint));
  }
  return "";
}

}  // namespace smokemesh::shared
