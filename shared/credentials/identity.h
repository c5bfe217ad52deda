#ifndef SMOKEMESH_SHARED_CREDENTIALS_IDENTITY_H_
#define SMOKEMESH_SHARED_CREDENTIALS_IDENTITY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::shared {

// Whom a certificate stands for, by the rules of SPIFFE X509-SVID: it is a leaf (no authority, may
// not sign certificates), and among its alternative names is exactly one URI,
// `spiffe://TRUST-DOMAIN/ROLE/NAME`. Names of other kinds (DNS, IP) are for servers' hosts.
struct CertificateIdentity {
  std::string trust_domain;  // 1 to 255 lower-case letters, digits, `.`, `_`, `-`
  std::string role;          // as for `name`; what it means is not known here
  std::string name;          // 1 to 128 letters, digits, `.`, `_`, `-`; not `.` or `..`
  WallTime not_before;
  WallTime not_after;

  friend bool operator==(const CertificateIdentity&, const CertificateIdentity&) = default;
};

// Of the first certificate of a PEM text. Neither dates nor signatures are checked: a handshake has
// done that. INVALID_ARGUMENT says what is wrong: `the certificate has 2 URI names: …`.
absl::StatusOr<CertificateIdentity> IdentityOf(std::string_view pem);

// `spiffe://smokemesh/agent/billing-1`
std::string FormatIdentity(const CertificateIdentity& identity);

// Whether it can be a role or a name, or a trust domain.
bool IsIdentityName(std::string_view text);
bool IsTrustDomain(std::string_view text);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_IDENTITY_H_
