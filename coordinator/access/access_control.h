#ifndef SMOKEMESH_COORDINATOR_ACCESS_ACCESS_CONTROL_H_
#define SMOKEMESH_COORDINATOR_ACCESS_ACCESS_CONTROL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/access/callers.h"
#include "shared/clock.h"
#include "shared/credentials/certificate_files.h"

namespace smokemesh::coordinator {

struct AccessOptions {
  // The coordinator's own certificate and the authorities that its callers' are checked by. Its
  // SPIFFE ID says which trust domain callers must be of.
  shared::TlsFiles files;
  // File of bearer tokens (token_file.h), read again when it changes; empty: no tokens, and who has
  // no certificate gets no connection.
  std::string tokens;
  // The coordinator passes calls on to others, or takes calls that they pass on: its certificate
  // must have the role replica.
  bool replica = false;
  // How often files, and callers of open streams, are looked at.
  shared::Duration poll = std::chrono::seconds(1);
  // Where the private copy of the certificates is kept; empty: see PrivateDirectory.
  std::string parent;
};

// The one place that decides who may call: identifies callers by certificate or token, checks the
// method table, and watches the callers of streams. Errors say which file is wrong.
//
// A token that is sent decides alone: the certificate beside it then counts for nothing. A token
// file that cannot be read for certain leaves the last good one in force; one that is gone means no
// tokens.
absl::StatusOr<ServerSecurity> OpenServerSecurity(const AccessOptions& options);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_ACCESS_ACCESS_CONTROL_H_
