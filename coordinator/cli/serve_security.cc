#include "coordinator/cli/serve_security.h"

#include "absl/strings/str_cat.h"
#include "coordinator/access/access_control.h"

namespace smokemesh::coordinator {

absl::StatusOr<ServerSecurity> SecurityOf(const ServeArguments& arguments, const Address& address,
                                          bool replica) {
  if (!arguments.tls.empty()) {
    AccessOptions options;
    options.files = arguments.tls;
    options.tokens = arguments.tokens;
    options.replica = replica;
    return OpenServerSecurity(options);
  }
  if (IsLoopback(address) || arguments.insecure) return ServerSecurity();
  return absl::InvalidArgumentError(absl::StrCat(
      "--listen ", FormatAddress(address),
      " can be reached from other machines, and this listener is neither encrypted nor "
      "authenticated: anybody who reaches it can make your agents send requests; give --tls-cert, "
      "--tls-key and --tls-ca (`smokemesh certs init` makes them), listen on 127.0.0.1, or say "
      "--insecure"));
}

}  // namespace smokemesh::coordinator
