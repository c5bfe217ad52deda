// A leader that does not know that another one leads: only the store can stop it.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "coordinator/coordinator.h"
#include "coordinator/store/open_store.h"
#include "smokemesh/v1/run_service.grpc.pb.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::coordinator {
namespace {

using smokemesh::testing::LocalPostgres;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;
using ::testing::HasSubstr;

class FencingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto postgres = LocalPostgres::Start();
    ASSERT_TRUE(postgres.ok()) << postgres.status();
    postgres_ = *std::move(postgres);
    auto leases = OpenLeaseStore(postgres_->Url());
    ASSERT_TRUE(leases.ok()) << leases.status();
    leases_ = *std::move(leases);
    const absl::StatusOr<Lease> lease = leases_->Acquire("a", "a:1", seconds(60));
    ASSERT_TRUE(lease.ok()) << lease.status();
    ASSERT_EQ(lease->epoch, 1u);
    CoordinatorOptions options;
    options.store = postgres_->Url();
    options.epoch = 1;
    options.leadership.may_decide = [this] { return may_decide_.load(); };
    options.leadership.on_fenced = [this] { ++fenced_; };
    auto started = Coordinator::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    coordinator_ = *std::move(started);
    stub_ = v1::RunService::NewStub(coordinator_->InProcessChannel());
  }

  void TearDown() override {
    stub_.reset();
    coordinator_.reset();
  }

  void AnotherTakesTheLease() {
    ASSERT_TRUE(leases_->Release(1).ok());
    const absl::StatusOr<Lease> lease = leases_->Acquire("b", "b:1", seconds(60));
    ASSERT_TRUE(lease.ok()) << lease.status();
    ASSERT_EQ(lease->epoch, 2u);
  }

  grpc::Status Create(const std::string& request_id) {
    v1::CreateRunRequest request;
    request.set_request_id(request_id);
    request.mutable_plan()->set_name("fenced");
    (*request.mutable_plan()->mutable_connections())["web"].set_http("http://127.0.0.1:9");
    v1::Check* check = request.mutable_plan()->add_checks();
    check->set_name("one");
    check->add_tags("smoke");
    check->mutable_on()->set_service("a");
    check->mutable_http()->add_steps()->mutable_request()->set_url("/");
    grpc::ClientContext context;
    context.set_deadline(system_clock::now() + seconds(20));
    v1::CreateRunResponse response;
    const grpc::Status status = stub_->CreateRun(&context, request, &response);
    run_id_ = response.run().run_id();
    return status;
  }

  std::string Runs() { return postgres_->Exec("SELECT count(*) FROM smokemesh.run").value(); }

  std::unique_ptr<LocalPostgres> postgres_;
  std::unique_ptr<LeaseStore> leases_;
  std::atomic<bool> may_decide_{true};
  std::atomic<int> fenced_{0};
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<v1::RunService::Stub> stub_;
  std::string run_id_;
};

TEST_F(FencingTest, TheStoreRefusesItsWritesAndItFallsSilent) {
  ASSERT_TRUE(Create("first").ok());
  grpc::ClientContext watching;
  watching.set_deadline(system_clock::now() + seconds(20));
  v1::WatchRunRequest watch;
  watch.set_run_id(run_id_);
  const auto watcher = stub_->WatchRun(&watching, watch);
  v1::WatchRunResponse event;
  ASSERT_TRUE(watcher->Read(&event));
  AnotherTakesTheLease();
  const grpc::Status refused = Create("second");
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(refused.error_message(), HasSubstr("does not lead any more"));
  EXPECT_GE(fenced_, 1);
  EXPECT_EQ(Runs(), "1");
  // Nothing that it believes is told any more, and who watched is sent away.
  while (watcher->Read(&event)) {
  }
  EXPECT_EQ(watcher->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  grpc::ClientContext context;
  v1::GetRunRequest request;
  request.set_run_id(run_id_);
  v1::GetRunResponse response;
  EXPECT_EQ(stub_->GetRun(&context, request, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(FencingTest, ALeaseThatRanOutSilencesItBeforeItWrites) {
  may_decide_ = false;
  EXPECT_EQ(Create("first").error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Runs(), "0");
  EXPECT_EQ(fenced_, 0);  // it did not even try
  may_decide_ = true;     // that does not bring it back
  EXPECT_EQ(Create("second").error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Runs(), "0");
}

TEST_F(FencingTest, DeposedIsSilentAtOnce) {
  ASSERT_TRUE(Create("first").ok());
  coordinator_->Depose();
  EXPECT_EQ(Create("second").error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Runs(), "1");
}

}  // namespace
}  // namespace smokemesh::coordinator
