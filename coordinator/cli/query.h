#ifndef SMOKEMESH_COORDINATOR_CLI_QUERY_H_
#define SMOKEMESH_COORDINATOR_CLI_QUERY_H_

#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "coordinator/cli/channel.h"
#include "shared/grpc_support/grpc_status.h"
#include "shared/status_macros.h"
#include "smokemesh/v1/run_service.grpc.pb.h"

namespace smokemesh::coordinator {

// One unary call with a deadline of 5 s. `call` is a member of the stub.
template <typename Request, typename Response>
absl::Status Query(v1::RunService::Stub* stub,
                   grpc::Status (v1::RunService::Stub::*call)(grpc::ClientContext*, const Request&,
                                                              Response*),
                   const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  return shared::FromGrpcStatus((stub->*call)(&context, request, response));
}

// The same, to a coordinator that is asked nothing else.
template <typename Request, typename Response>
absl::Status Query(const std::string& coordinator, const shared::ClientSecurity& security,
                   grpc::Status (v1::RunService::Stub::*call)(grpc::ClientContext*, const Request&,
                                                              Response*),
                   const Request& request, Response* response) {
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                   OpenReachableChannel(coordinator, security));
  v1::RunService::Stub stub(std::move(channel));
  return Query(&stub, call, request, response);
}

// Tells why a call failed; `coordinator` is empty when none was asked. Returns the exit code.
int QueryFailed(const std::string& coordinator, const absl::Status& status);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_QUERY_H_
