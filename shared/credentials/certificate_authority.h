#ifndef SMOKEMESH_SHARED_CREDENTIALS_CERTIFICATE_AUTHORITY_H_
#define SMOKEMESH_SHARED_CREDENTIALS_CERTIFICATE_AUTHORITY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::shared {

// A certificate and its private key, both PEM. The key is not encrypted.
struct KeyPair {
  std::string cert;
  std::string key;
};

// What is to be certified.
struct CertificateRequest {
  std::string trust_domain;
  std::string role;
  std::string name;
  std::vector<std::string> hosts;  // DNS names and IP addresses, for servers
  bool server = false;
  bool client = false;
  WallTime not_before;
  WallTime not_after;
};

// A private authority for a first installation: P-256 keys, SHA-256 signatures. Not for more than
// one trust domain: whoever has its key can be anybody.
class CertificateAuthority {
 public:
  // A new authority for this trust domain, which may not make further authorities.
  static absl::StatusOr<std::unique_ptr<CertificateAuthority>> Make(const std::string& trust_domain,
                                                                    WallTime not_before,
                                                                    WallTime not_after);
  // One that Make has made.
  static absl::StatusOr<std::unique_ptr<CertificateAuthority>> Load(const KeyPair& pair);

  virtual ~CertificateAuthority() = default;

  virtual const KeyPair& pair() const = 0;
  virtual const std::string& trust_domain() const = 0;
  virtual WallTime not_after() const = 0;

  // Makes a key and signs a certificate for it, which ends with the authority at the latest.
  // INVALID_ARGUMENT: a name or host that no certificate can have.
  virtual absl::StatusOr<KeyPair> Issue(const CertificateRequest& request) const = 0;
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_CERTIFICATE_AUTHORITY_H_
