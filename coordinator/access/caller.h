#ifndef SMOKEMESH_COORDINATOR_ACCESS_CALLER_H_
#define SMOKEMESH_COORDINATOR_ACCESS_CALLER_H_

#include <optional>
#include <string>
#include <string_view>

#include "shared/clock.h"

namespace smokemesh::coordinator {

// What a caller may do: docs/security.md has the table.
enum class Role {
  kAgent,    // opens agent streams under its own name
  kRunner,   // makes, cancels and reads runs: pipelines
  kViewer,   // reads
  kAdmin,    // everything that people do
  kReplica,  // another coordinator: passes on what others call
};

// `agent`, `runner`, `viewer`, `admin`, `replica`.
std::string_view RoleName(Role role);
// Nothing when there is no such role.
std::optional<Role> ParseRole(std::string_view name);

// Who makes a call.
struct Caller {
  enum class Proof {
    kLocal,        // plaintext loopback or in process: everybody is admin
    kCertificate,  // its own, checked by the handshake
    kToken,        // a bearer token
  };

  Role role = Role::kViewer;
  // The last part of the certificate's SPIFFE ID, or the token's name. Empty when `proof` is
  // kLocal. At most 128 letters, digits, `.`, `_` and `-`.
  std::string name;
  Proof proof = Proof::kLocal;
  // When the caller's certificate or token ends, or that of the replica that passed the call on,
  // whichever comes first. Nothing: it does not end.
  std::optional<shared::WallTime> expiry;
  // Name of the replica that passed the call on; empty: the caller itself is at the other end.
  std::string via;
  // PEM of the certificate at the other end of the connection (the caller's own, or the replica's);
  // empty without one.
  std::string peer_certificate;
  // SHA-256 of the token; empty without one, or with `via`.
  std::string token_sha256;
};

// `agent billing-1`, `runner ci (token)`, `agent billing-1 (via replica b)`, `a local caller`.
std::string Describe(const Caller& caller);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_ACCESS_CALLER_H_
