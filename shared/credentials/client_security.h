#ifndef SMOKEMESH_SHARED_CREDENTIALS_CLIENT_SECURITY_H_
#define SMOKEMESH_SHARED_CREDENTIALS_CLIENT_SECURITY_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/command_line/parser.h"
#include "shared/command_line/program.h"
#include "shared/credentials/certificate_files.h"

namespace smokemesh::shared {

// How a coordinator is spoken to, as given on a command line and in the environment.
struct ClientSecurity {
  TlsFiles tls;             // no `ca`: plaintext
  std::string server_name;  // expected in the coordinator's certificate; empty: its address
  std::string token_file;   // file with a bearer token
  std::string token;        // the token itself, from the environment; `token_file` goes before it
  bool insecure = false;    // plaintext to another machine is accepted

  bool encrypted() const { return !tls.ca.empty(); }
};

// `--tls-ca`, `--tls-cert`, `--tls-key`, `--tls-server-name` and `--insecure`, and with `tokens`
// also `--token-file`, under the heading `group`.
std::vector<Option> ClientSecurityOptions(const std::string& group, bool tokens);

// What the environment has for them, for the list of variables: SMOKEMESH_TLS_CA and so on.
std::vector<Note> ClientSecurityVariables(bool tokens);

// Reads these options, and the variables where they are not given. `environment` returns an empty
// text for what is not set.
ClientSecurity ReadClientSecurity(const Values& values,
                                  const std::function<std::string(const char*)>& environment,
                                  bool tokens);

// Whether a coordinator at `address` may be spoken to so: plaintext stays on this machine unless
// --insecure was said, and a token that was asked for is sent over TLS only. INVALID_ARGUMENT says
// what to give. A token that only the environment has is left away on plaintext.
absl::Status CheckClientSecurity(const ClientSecurity& security, std::string_view address,
                                 bool loopback);

// The token to send, empty when there is none or the way is plaintext. The log hides it from then
// on. INVALID_ARGUMENT: what the file or variable holds is no token; nothing of it is in the
// message.
absl::StatusOr<std::string> TokenOf(const ClientSecurity& security);

// What to do about these options when a connection could not be made and gRPC gave `reason`, with
// a semicolon before it, to go after the reason. Empty: they do not seem to be the cause.
std::string SecurityHint(std::string_view reason);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_CLIENT_SECURITY_H_
