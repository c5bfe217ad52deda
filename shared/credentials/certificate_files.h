#ifndef SMOKEMESH_SHARED_CREDENTIALS_CERTIFICATE_FILES_H_
#define SMOKEMESH_SHARED_CREDENTIALS_CERTIFICATE_FILES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::shared {

// PEM files of one side of a TLS connection. `cert` and `key` are both empty for a client that has
// no certificate.
struct TlsFiles {
  std::string cert;  // the certificate, and behind it those that lead to the authority
  std::string key;   // its private key, not encrypted
  std::string ca;    // the authorities that the other side's certificate is checked by

  bool empty() const { return cert.empty() && key.empty() && ca.empty(); }
};

// What a certificate has to be good for.
enum class CertificateUse { kServer, kClient };

// What the files hold.
struct CertificateSet {
  std::string cert;
  std::string key;
  std::string ca;

  friend bool operator==(const CertificateSet&, const CertificateSet&) = default;
};

// Size limits, in bytes.
inline constexpr size_t kMaxCertificateFile = 64 << 10;
inline constexpr size_t kMaxKeyFile = 16 << 10;
inline constexpr size_t kMaxAuthorityFile = 1 << 20;

// Reads the files that are named. Messages name the file, and never hold anything of a key.
absl::StatusOr<CertificateSet> ReadCertificateSet(const TlsFiles& files);

// Whether a set can be served with: everything can be read, key and certificate belong together,
// the chain leads to an authority of the set, now is between its dates, and it is made for `use`.
// INVALID_ARGUMENT says what is wrong with which file.
absl::Status CheckCertificateSet(const CertificateSet& set, const TlsFiles& files,
                                 CertificateUse use, WallTime now);

// Whether the authorities `ca` vouch at `now` for a client's certificate, with what is behind it in
// the PEM text. UNAUTHENTICATED: why not.
absl::Status CheckVouchedFor(std::string_view certificate, std::string_view ca, WallTime now);

// What a person wants to know about a certificate.
struct CertificateFacts {
  std::string subject;
  std::string issuer;
  std::string serial;                 // hex digits
  std::vector<std::string> names;     // `URI:…`, `DNS:…`, `IP:…`
  std::vector<std::string> purposes;  // `server`, `client`, `authority`
  std::string sha256;                 // fingerprint, hex digits
  WallTime not_before;
  WallTime not_after;
};

// Of each certificate of a PEM text, in order.
absl::StatusOr<std::vector<CertificateFacts>> DescribeCertificates(std::string_view pem);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_CERTIFICATE_FILES_H_
