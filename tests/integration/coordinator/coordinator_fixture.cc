#include "tests/integration/coordinator/coordinator_fixture.h"

#include <chrono>

namespace smokemesh::testing {
namespace {

std::chrono::system_clock::time_point Soon() {
  return std::chrono::system_clock::now() + std::chrono::seconds(20);
}

}  // namespace

v1::Plan MakePlan(const std::vector<std::string>& checks, const std::string& service) {
  v1::Plan plan;
  plan.set_name("scripted");
  (*plan.mutable_connections())["web"].set_http("http://127.0.0.1:9");
  for (const std::string& name : checks) {
    v1::Check* check = plan.add_checks();
    check->set_name(name);
    check->add_tags("smoke");
    check->mutable_on()->set_service(service);
    check->mutable_http()->add_steps()->mutable_request()->set_url("/");
  }
  return plan;
}

v1::CreateRunRequest MakeRequest(const std::string& request_id, const v1::Plan& plan) {
  v1::CreateRunRequest request;
  request.set_request_id(request_id);
  *request.mutable_plan() = plan;
  return request;
}

Watch::Watch(v1::RunService::Stub* stub, const std::string& run_id) {
  context_.set_deadline(Soon());
  v1::WatchRunRequest request;
  request.set_run_id(run_id);
  reader_ = stub->WatchRun(&context_, request);
}

Watch::~Watch() {
  if (finished_) return;
  context_.TryCancel();
  v1::Run last;
  ToTheEnd(&last);
}

bool Watch::Until(const std::function<bool(const v1::WatchRunResponse&)>& wanted) {
  v1::WatchRunResponse event;
  while (Next(&event)) {
    if (wanted(event)) return true;
  }
  return false;
}

grpc::Status Watch::ToTheEnd(v1::Run* last) {
  v1::WatchRunResponse event;
  while (Next(&event)) {
    if (event.has_run()) *last = event.run();
  }
  finished_ = true;
  return reader_->Finish();
}

CoordinatorTest::CoordinatorTest() {
  options_.listen = "127.0.0.1:0";
  options_.store = store_path();
  options_.engine.agent_grace = std::chrono::seconds(15);
}

void CoordinatorTest::Start() {
  auto started = coordinator::Coordinator::Start(options_);
  ASSERT_TRUE(started.ok()) << started.status();
  coordinator_ = *std::move(started);
  ASSERT_GT(coordinator_->port(), 0);
  stub_ = v1::RunService::NewStub(NewChannel());
}

void CoordinatorTest::Stop() {
  stub_.reset();
  coordinator_.reset();
}

std::shared_ptr<grpc::Channel> CoordinatorTest::NewChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(coordinator_->port()),
                                   grpc::InsecureChannelCredentials(), arguments);
}

grpc::Status CoordinatorTest::Create(const v1::CreateRunRequest& request, v1::Run* run) {
  grpc::ClientContext context;
  context.set_deadline(Soon());
  v1::CreateRunResponse response;
  const grpc::Status status = stub_->CreateRun(&context, request, &response);
  *run = response.run();
  return status;
}

std::string CoordinatorTest::MustCreate(const v1::CreateRunRequest& request) {
  v1::Run run;
  const grpc::Status status = Create(request, &run);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return run.run_id();
}

grpc::Status CoordinatorTest::Get(const std::string& run_id, v1::Run* run) {
  grpc::ClientContext context;
  context.set_deadline(Soon());
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  v1::GetRunResponse response;
  const grpc::Status status = stub_->GetRun(&context, request, &response);
  *run = response.run();
  return status;
}

grpc::Status CoordinatorTest::Cancel(const std::string& run_id, const std::string& reason,
                                     v1::Run* run) {
  grpc::ClientContext context;
  context.set_deadline(Soon());
  v1::CancelRunRequest request;
  request.set_run_id(run_id);
  request.set_reason(reason);
  v1::CancelRunResponse response;
  const grpc::Status status = stub_->CancelRun(&context, request, &response);
  *run = response.run();
  return status;
}

v1::Run CoordinatorTest::AwaitEnd(const std::string& run_id) {
  Watch watch(stub_.get(), run_id);
  v1::Run run;
  const grpc::Status status = watch.ToTheEnd(&run);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(run.state(), v1::Run::STATE_FINISHED);
  return run;
}

}  // namespace smokemesh::testing
