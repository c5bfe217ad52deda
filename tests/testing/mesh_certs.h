#ifndef SMOKEMESH_TESTS_TESTING_MESH_CERTS_H_
#define SMOKEMESH_TESTS_TESTING_MESH_CERTS_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "shared/credentials/certificate_authority.h"
#include "shared/credentials/certificate_files.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

// A mesh's authority and what it issues, made by the product's own code, as files of one test.
// Aborts on failure.
class MeshCerts {
 public:
  explicit MeshCerts(const std::string& trust_domain = "smokemesh");

  // PEM file with the authority's certificate.
  const std::string& ca_file() const { return ca_file_; }
  const std::string& ca() const { return authority_->pair().cert; }
  const shared::CertificateAuthority& authority() const { return *authority_; }

  // `spiffe://…/ROLE/NAME`, for clients, good from five minutes ago for an hour.
  shared::CertificateRequest Request(const std::string& role, const std::string& name) const;
  shared::KeyPair Issue(const shared::CertificateRequest& request) const;

  // Writes a pair to new files, with this authority as `ca`.
  shared::TlsFiles Write(const shared::KeyPair& pair) const;
  // Over those of a pair, each in one step; the certificate first.
  static void Replace(const shared::TlsFiles& files, const shared::KeyPair& pair);
  static void ReplaceFile(const std::string& path, const std::string& text);

  shared::TlsFiles Client(const std::string& role, const std::string& name) const {
    return Write(Issue(Request(role, name)));
  }
  // For localhost and 127.0.0.1. `role`: coordinator, or replica, which is a client, too.
  shared::TlsFiles Server(const std::string& role = "coordinator",
                          const std::string& name = "coordinator") const;

  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
  std::unique_ptr<shared::CertificateAuthority> authority_;
  std::string ca_file_;
  mutable int written_ = 0;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_MESH_CERTS_H_
