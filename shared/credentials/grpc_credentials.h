#ifndef SMOKEMESH_SHARED_CREDENTIALS_GRPC_CREDENTIALS_H_
#define SMOKEMESH_SHARED_CREDENTIALS_GRPC_CREDENTIALS_H_

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/credentials/rotating_files.h"

namespace smokemesh::shared {

// What a server asks of its clients in the handshake.
enum class ClientCertificates {
  kRequired,  // without one there is no connection
  kOptional,  // but one that is shown must be good: for servers that also take tokens
};

// Credentials of gRPC over RotatingFiles: new handshakes use new files within 3 s, without a
// restart; open connections stay. TLS 1.2 and 1.3. Must outlive the servers and channels that use
// them. Thread-safe.
class RotatingCredentials {
 public:
  static absl::StatusOr<std::unique_ptr<RotatingCredentials>> Start(
      const RotatingFilesOptions& options);

  const RotatingFiles& files() const { return *files_; }

  // Each call makes credentials of their own.
  std::shared_ptr<grpc::ServerCredentials> ForServer(ClientCertificates clients) const;
  // Checks the server's name and chain. A `token`, unless it is empty, goes along with each call.
  std::shared_ptr<grpc::ChannelCredentials> ForChannel(const std::string& token = "") const;

 private:
  explicit RotatingCredentials(std::unique_ptr<RotatingFiles> files);

  const std::unique_ptr<RotatingFiles> files_;
  const std::shared_ptr<grpc::experimental::FileWatcherCertificateProvider> provider_;
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_GRPC_CREDENTIALS_H_
