#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "coordinator/store/sqlite_run_store.h"
#include "smokemesh/v1/run_service.grpc.pb.h"
#include "tests/durability/small_disk.h"
#include "tests/integration/coordinator/scripted_agent.h"
#include "tests/testing/process.h"

namespace smokemesh::testing {
namespace {

using std::chrono::seconds;

constexpr size_t kDisk = size_t{2} << 20;
constexpr char kListening[] = "listening on ";

// What the health service says: `SERVING` is 1, `NOT_SERVING` 2; -1: nothing.
int HealthOf(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(5));
  grpc::CompletionQueue queue;
  grpc::Slice empty;
  const grpc::ByteBuffer request(&empty, 1);
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  if (!queue.Next(&tag, &ok) || !status.ok()) return -1;
  grpc::Slice bytes;
  if (!answer.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) return -1;
  return bytes.begin()[1];
}

bool AwaitHealth(const std::shared_ptr<grpc::Channel>& channel, int wanted, seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (HealthOf(channel) != wanted) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

grpc::Status Create(v1::RunService::Stub* stub, const std::string& request_id, seconds patience,
                    std::string* run_id) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  v1::CreateRunRequest request;
  request.set_request_id(request_id);
  request.mutable_plan()->set_name("full-disk");
  (*request.mutable_plan()->mutable_connections())["web"].set_http("http://127.0.0.1:9");
  v1::Check& check = *request.mutable_plan()->add_checks();
  check.set_name("check");
  check.add_tags("smoke");
  check.mutable_on()->set_service("api");
  check.mutable_http()->add_steps()->mutable_request()->set_url("/");
  v1::CreateRunResponse response;
  const grpc::Status status = stub->CreateRun(&context, request, &response);
  *run_id = response.run().run_id();
  return status;
}

v1::Run Get(v1::RunService::Stub* stub, const std::string& run_id) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(10));
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  v1::GetRunResponse response;
  const grpc::Status status = stub->GetRun(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.run();
}

TEST(FullDiskTest, NothingIsAcknowledgedThatIsNotStoredAndAllGoesOnWhenThereIsSpace) {
  const auto mounted = SmallDisk::Mount(kDisk);
  if (absl::IsPermissionDenied(mounted.status())) GTEST_SKIP() << mounted.status();
  ASSERT_TRUE(mounted.ok()) << mounted.status();
  SmallDisk& disk = **mounted;
  const std::string store = disk.path() + "/runs.db";
  ProcessOptions options;
  options.argv = {SMOKEMESH_BINARY, "serve", "--store", store, "--listen", "127.0.0.1:0"};
  auto started = Process::Start(options);
  ASSERT_TRUE(started.ok()) << started.status();
  Process& server = **started;
  ASSERT_TRUE(server.WaitForOutput(kListening, std::chrono::steady_clock::now() + seconds(20)))
      << server.Stderr();
  std::string address = server.Stdout().substr(server.Stdout().find(kListening));
  address = address.substr(sizeof(kListening) - 1, address.find('\n') - sizeof(kListening) + 1);
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const auto stub = v1::RunService::NewStub(channel);
  EXPECT_EQ(HealthOf(channel), 1);

  ScriptedAgent agent(channel);
  ASSERT_TRUE(agent.Join(MakeHello("agent", "api")));
  std::string first;
  ASSERT_TRUE(Create(stub.get(), "first", seconds(20), &first).ok());
  const std::optional<v1::Assignment> task = agent.NextAssignment();
  ASSERT_TRUE(task.has_value());
  ASSERT_TRUE(agent.Accept(*task));

  ASSERT_TRUE(disk.Fill().ok());
  ASSERT_TRUE(agent.SendResults(1, {ResultOf(*task, "agent")}));
  auto ack = std::async(std::launch::async, [&] { return agent.NextAck(); });
  EXPECT_TRUE(AwaitHealth(channel, 2, seconds(2))) << "health is still " << HealthOf(channel);
  std::string second;
  EXPECT_FALSE(Create(stub.get(), "second", seconds(2), &second).ok());
  EXPECT_EQ(ack.wait_for(seconds(0)), std::future_status::timeout) << "acknowledged on a full disk";
  EXPECT_EQ(HealthOf(channel), 2);
  EXPECT_NE(Get(stub.get(), first).verdict().decision(), v1::DECISION_PROMOTE);

  disk.Free();
  ASSERT_EQ(ack.wait_for(seconds(15)), std::future_status::ready);
  EXPECT_EQ(ack.get(), std::optional<uint64_t>(1));
  EXPECT_TRUE(AwaitHealth(channel, 1, seconds(15))) << server.Stderr();
  EXPECT_TRUE(Create(stub.get(), "second", seconds(15), &second).ok());
  EXPECT_NE(first, second);
  const auto end = std::chrono::steady_clock::now() + seconds(15);
  while (Get(stub.get(), first).state() != v1::Run::STATE_FINISHED &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(Get(stub.get(), first).verdict().decision(), v1::DECISION_PROMOTE);

  // And it is there after a crash.
  server.Signal(SIGKILL);
  server.WaitUntil(std::chrono::steady_clock::now() + seconds(10));
  const auto opened = coordinator::OpenSqliteRunStore(store);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->GetResults(first)->size(), 1u);
  EXPECT_TRUE((*opened)->GetRun(first)->final_run.has_value());
  EXPECT_TRUE((*opened)->GetRun(second).ok());
}

}  // namespace
}  // namespace smokemesh::testing
