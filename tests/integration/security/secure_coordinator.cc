#include "tests/integration/security/secure_coordinator.h"

#include <grpcpp/impl/codegen/client_unary_call.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "shared/uuid.h"

namespace smokemesh::testing {
namespace {

void Prepare(grpc::ClientContext* context,
             const std::vector<std::pair<std::string, std::string>>& metadata) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  for (const auto& [key, value] : metadata) context->AddMetadata(key, value);
}

}  // namespace

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

shared::KeyPair PairOf(const ThrowawayCa::Leaf& leaf) {
  return {ReadAll(leaf.cert_file), ReadAll(leaf.key_file)};
}

SecureCoordinatorTest::SecureCoordinatorTest() {
  access_.files = certs_.Server();
  access_.files.ca = dir_.Write("bundle.crt", certs_.ca() + ReadAll(odd_.ca_file()));
  access_.poll = std::chrono::milliseconds(20);
  access_.parent = dir_.path();
}

SecureCoordinatorTest::~SecureCoordinatorTest() { Stop(); }

void SecureCoordinatorTest::Start() {
  absl::StatusOr<coordinator::ServerSecurity> security = coordinator::OpenServerSecurity(access_);
  ASSERT_TRUE(security.ok()) << security.status();
  coordinator::CoordinatorOptions options;
  options.listen = "127.0.0.1:0";
  options.security = *std::move(security);
  auto started = coordinator::Coordinator::Start(options);
  ASSERT_TRUE(started.ok()) << started.status();
  coordinator_ = *std::move(started);
}

void SecureCoordinatorTest::Stop() { coordinator_.reset(); }

std::shared_ptr<grpc::Channel> SecureCoordinatorTest::Channel(const shared::KeyPair& pair) const {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = certs_.ca();
  options.pem_cert_chain = pair.cert;
  options.pem_private_key = pair.key;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(coordinator_->port()),
                                   grpc::SslCredentials(options), arguments);
}

grpc::Status SecureCoordinatorTest::List(const std::shared_ptr<grpc::Channel>& channel,
                                         const Metadata& metadata) {
  grpc::ClientContext context;
  Prepare(&context, metadata);
  v1::ListAgentsResponse response;
  return v1::RunService::NewStub(channel)->ListAgents(&context, v1::ListAgentsRequest(), &response);
}

grpc::Status SecureCoordinatorTest::Create(const std::shared_ptr<grpc::Channel>& channel,
                                           v1::Run* run, const Metadata& metadata) {
  grpc::ClientContext context;
  Prepare(&context, metadata);
  v1::CreateRunRequest request;
  request.set_request_id(shared::RandomUuid());
  request.mutable_options()->mutable_agent_wait()->set_seconds(60);
  request.mutable_options()->set_requested_by("whoever the caller says");
  v1::Plan& plan = *request.mutable_plan();
  plan.set_name("open");
  (*plan.mutable_connections())["web"].set_http("http://127.0.0.1:9");
  v1::Check& check = *plan.add_checks();
  check.set_name("one");
  check.add_tags("smoke");
  check.mutable_on()->set_service("absent");
  check.mutable_http()->add_steps()->mutable_request()->set_url("/");
  v1::CreateRunResponse response;
  const grpc::Status status =
      v1::RunService::NewStub(channel)->CreateRun(&context, request, &response);
  *run = response.run();
  if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT) {
    ADD_FAILURE() << status.error_message();
  }
  return status;
}

grpc::Status SecureCoordinatorTest::Call(const std::shared_ptr<grpc::Channel>& channel,
                                         const char* method) {
  grpc::ClientContext context;
  Prepare(&context, {});
  const grpc::internal::RpcMethod rpc(method, grpc::internal::RpcMethod::NORMAL_RPC);
  v1::ListAgentsResponse response;
  return grpc::internal::BlockingUnaryCall(channel.get(), rpc, &context, v1::ListAgentsRequest(),
                                           &response);
}

grpc::Status SecureCoordinatorTest::Health(const std::shared_ptr<grpc::Channel>& channel) {
  return Call(channel, "/grpc.health.v1.Health/Check");
}

void SecureCoordinatorTest::WriteTokens(const std::string& text) {
  access_.tokens = dir_.path() / "tokens";
  MeshCerts::ReplaceFile(access_.tokens, text);
}

}  // namespace smokemesh::testing
