#include "tests/testing/mesh_certs.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace smokemesh::testing {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << "\n";
    std::abort();
  }
  return *std::move(value);
}

}  // namespace

MeshCerts::MeshCerts(const std::string& trust_domain) {
  const auto now = std::chrono::system_clock::now();
  authority_ = Must(shared::CertificateAuthority::Make(
      trust_domain, now - std::chrono::hours(24 * 400), now + std::chrono::hours(24 * 400)));
  ca_file_ = dir_.Write("ca.crt", authority_->pair().cert);
}

shared::CertificateRequest MeshCerts::Request(const std::string& role,
                                              const std::string& name) const {
  const auto now = std::chrono::system_clock::now();
  shared::CertificateRequest request;
  request.trust_domain = authority_->trust_domain();
  request.role = role;
  request.name = name;
  request.client = true;
  request.not_before = now - std::chrono::minutes(5);
  request.not_after = now + std::chrono::hours(1);
  return request;
}

shared::KeyPair MeshCerts::Issue(const shared::CertificateRequest& request) const {
  return Must(authority_->Issue(request));
}

shared::TlsFiles MeshCerts::Write(const shared::KeyPair& pair) const {
  const std::string stem = "pair" + std::to_string(++written_);
  return {.cert = dir_.Write(stem + ".crt", pair.cert),
          .key = dir_.Write(stem + ".key", pair.key),
          .ca = ca_file_};
}

void MeshCerts::ReplaceFile(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".fresh";
  std::ofstream(fresh, std::ios::binary) << text;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) std::abort();
}

void MeshCerts::Replace(const shared::TlsFiles& files, const shared::KeyPair& pair) {
  ReplaceFile(files.cert, pair.cert);
  ReplaceFile(files.key, pair.key);
}

shared::TlsFiles MeshCerts::Server(const std::string& role, const std::string& name) const {
  shared::CertificateRequest request = Request(role, name);
  request.server = true;
  request.client = role == "replica";
  request.hosts = {"localhost", "127.0.0.1"};
  return Write(Issue(request));
}

}  // namespace smokemesh::testing
