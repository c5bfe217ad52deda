#ifndef SMOKEMESH_COORDINATOR_SERVER_PORT_H_
#define SMOKEMESH_COORDINATOR_SERVER_PORT_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// A gRPC server as every coordinator has it, whether it leads or follows: limits, keepalive, health
// service.
struct ServerPortOptions {
  // `HOST:PORT`; 0 picks a free port. Empty: no port, only channels in process lead in.
  std::string listen;
  // How long to try when the port is taken.
  shared::Duration patience{};
  // Null: plaintext.
  std::shared_ptr<grpc::ServerCredentials> credentials;
  // Registers the services.
  std::function<void(grpc::ServerBuilder*)> add_services;
};

struct ServerPort {
  std::unique_ptr<grpc::Server> server;
  int port = 0;  // 0: none
};

// Opens the port. Errors say what is wrong with it.
absl::StatusOr<ServerPort> OpenServerPort(const ServerPortOptions& options);

// Lets calls end for 2 s at most, cancels those that are left and waits for them. Ends the process
// when that does not work: gRPC cannot give up waiting.
void CloseServerPort(grpc::Server* server);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SERVER_PORT_H_
