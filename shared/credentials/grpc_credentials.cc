#include "shared/credentials/grpc_credentials.h"

#include <grpcpp/security/tls_credentials_options.h>

#include <utility>

#include "shared/status_macros.h"

namespace smokemesh::shared {
namespace {

// How often gRPC looks at what is published.
constexpr unsigned int kRefreshSeconds = 1;

std::shared_ptr<grpc::experimental::FileWatcherCertificateProvider> Watch(const TlsFiles& files) {
  using grpc::experimental::FileWatcherCertificateProvider;
  if (files.cert.empty()) {
    return std::make_shared<FileWatcherCertificateProvider>(files.ca, kRefreshSeconds);
  }
  return std::make_shared<FileWatcherCertificateProvider>(files.key, files.cert, files.ca,
                                                          kRefreshSeconds);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RotatingCredentials>> RotatingCredentials::Start(
    const RotatingFilesOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<RotatingFiles> files, RotatingFiles::Start(options));
  return std::unique_ptr<RotatingCredentials>(new RotatingCredentials(std::move(files)));
}

RotatingCredentials::RotatingCredentials(std::unique_ptr<RotatingFiles> files)
    : files_(std::move(files)), provider_(Watch(files_->published())) {}

std::shared_ptr<grpc::ServerCredentials> RotatingCredentials::ForServer(
    ClientCertificates clients) const {
  grpc::experimental::TlsServerCredentialsOptions options(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(clients == ClientCertificates::kRequired
                                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                    : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> RotatingCredentials::ForChannel(
    const std::string& token) const {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  if (!files_->published().cert.empty()) options.watch_identity_key_cert_pairs();
  std::shared_ptr<grpc::ChannelCredentials> tls = grpc::experimental::TlsCredentials(options);
  if (token.empty()) return tls;
  // gRPC itself sends these over encrypted channels only.
  return grpc::CompositeChannelCredentials(tls, grpc::AccessTokenCredentials(token));
}

}  // namespace smokemesh::shared
