// A follower between real clients and a scripted leader.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "coordinator/replica/follower.h"
#include "shared/grpc_support/replica_metadata.h"
#include "smokemesh/v1/agent_session.grpc.pb.h"
#include "smokemesh/v1/run_service.grpc.pb.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using testing::HasSubstr;

constexpr size_t kBigMessage = 64 << 10;

template <typename Condition>
bool WaitUntil(Condition condition, seconds timeout = seconds(20)) {
  const auto deadline = steady_clock::now() + timeout;
  while (!condition()) {
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

std::string ValueOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                    const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

// Answers as the request says.
class Runs final : public v1::RunService::Service {
 public:
  grpc::Status GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request,
                      v1::GetRunResponse* response) override {
    seen = ValueOf(context->client_metadata(), "x-test");
    forwarded_by = ValueOf(context->client_metadata(), shared::kForwardedBy);
    deadline = context->deadline();
    context->AddInitialMetadata("x-begin", "first");
    context->AddTrailingMetadata("x-end", "last");
    if (request->run_id() == "missing") {
      return {grpc::StatusCode::NOT_FOUND, "no such run", "details"};
    }
    response->mutable_run()->set_run_id(request->run_id());
    return grpc::Status::OK;
  }

  // Messages without end.
  grpc::Status WatchRun(grpc::ServerContext* /*context*/, const v1::WatchRunRequest* /*request*/,
                        grpc::ServerWriter<v1::WatchRunResponse>* writer) override {
    v1::WatchRunResponse response;
    response.mutable_run()->set_run_id(std::string(kBigMessage, 'x'));
    while (writer->Write(response)) ++written;
    ++ended;
    return {grpc::StatusCode::ABORTED, "nobody reads"};
  }

  // Waits for its end.
  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest*,
                        v1::ListRunsResponse*) override {
    ++waiting;
    while (!context->IsCancelled()) std::this_thread::sleep_for(milliseconds(2));
    ++ended;
    return grpc::Status::CANCELLED;
  }

  std::string seen;
  std::string forwarded_by;
  system_clock::time_point deadline;
  std::atomic<int> written{0};
  std::atomic<int> waiting{0};
  std::atomic<int> ended{0};
};

// Says each heartbeat's bytes again, and leaves when the agent does.
class Sessions final : public v1::AgentSessionService::Service {
 public:
  grpc::Status Connect(
      grpc::ServerContext* /*context*/,
      grpc::ServerReaderWriter<v1::ConnectResponse, v1::ConnectRequest>* stream) override {
    ++open;
    v1::ConnectRequest request;
    int messages = 0;
    while (stream->Read(&request)) {
      ++messages;
      v1::ConnectResponse response;
      response.mutable_drain_notice()->set_reason(request.drain_notice().reason());
      if (!stream->Write(response)) break;
    }
    --open;
    return {grpc::StatusCode::OUT_OF_RANGE, std::to_string(messages)};
  }

  std::atomic<int> open{0};
};

class Leader {
 public:
  Leader() {
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 64);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&runs);
    builder.RegisterService(&sessions);
    server_ = builder.BuildAndStart();
  }
  ~Leader() { Stop(); }

  void Stop() {
    if (server_ != nullptr) server_->Shutdown(system_clock::now());
    server_.reset();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  Runs runs;
  Sessions sessions;

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

std::shared_ptr<grpc::Channel> ChannelTo(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::InsecureChannelCredentials(), arguments);
}

// What the health service says: `SERVING` is 1, `NOT_SERVING` 2; -1: nothing.
int HealthOf(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + seconds(5));
  grpc::Slice empty;
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  grpc::Status status;
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice bytes;
  if (!status.ok() || !response.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) return -1;
  return bytes.begin()[1];  // field 1, one byte
}

class ForwardingTest : public testing::Test {
 protected:
  void SetUp() override {
    auto follower = Follower::Start({.listen = "127.0.0.1:0", .advertise = "replica-b:7070"});
    ASSERT_TRUE(follower.ok()) << follower.status();
    follower_ = *std::move(follower);
    follower_->Follow(leader_.address());
    channel_ = ChannelTo(follower_->port());
    runs_ = v1::RunService::NewStub(channel_);
    sessions_ = v1::AgentSessionService::NewStub(channel_);
  }

  grpc::Status GetRun(const std::string& run_id, grpc::ClientContext* context,
                      v1::GetRunResponse* response) {
    v1::GetRunRequest request;
    request.set_run_id(run_id);
    context->AddMetadata("x-test", "through");
    return runs_->GetRun(context, request, response);
  }

  Leader leader_;
  std::unique_ptr<Follower> follower_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::RunService::Stub> runs_;
  std::unique_ptr<v1::AgentSessionService::Stub> sessions_;
};

TEST_F(ForwardingTest, CallsGoThroughWithMetadataAndDeadline) {
  grpc::ClientContext context;
  const auto deadline = system_clock::now() + seconds(30);
  context.set_deadline(deadline);
  v1::GetRunResponse response;
  const grpc::Status status = GetRun("one", &context, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.run().run_id(), "one");
  EXPECT_EQ(leader_.runs.seen, "through");
  EXPECT_EQ(leader_.runs.forwarded_by, "replica-b:7070");
  EXPECT_LT(leader_.runs.deadline, deadline + seconds(1));
  EXPECT_GT(leader_.runs.deadline, deadline - seconds(5));
  EXPECT_EQ(ValueOf(context.GetServerInitialMetadata(), "x-begin"), "first");
  EXPECT_EQ(ValueOf(context.GetServerTrailingMetadata(), "x-end"), "last");
}

TEST_F(ForwardingTest, StatusesGoThroughAsTheyAre) {
  grpc::ClientContext context;
  v1::GetRunResponse response;
  const grpc::Status status = GetRun("missing", &context, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such run");
  EXPECT_EQ(status.error_details(), "details");
  EXPECT_EQ(ValueOf(context.GetServerTrailingMetadata(), "x-end"), "last");
}

TEST_F(ForwardingTest, UnknownMethodsAreTheLeadersToRefuse) {
  grpc::ClientContext context;
  v1::ListAgentsResponse response;
  EXPECT_EQ(runs_->ListAgents(&context, {}, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ForwardingTest, StreamsKeepTheirOrderAndHalfClose) {
  grpc::ClientContext context;
  const auto stream = sessions_->Connect(&context);
  constexpr int kMessages = 500;
  std::thread writer([&] {
    v1::ConnectRequest request;
    for (int i = 0; i < kMessages; ++i) {
      request.mutable_drain_notice()->set_reason(std::to_string(i) + std::string(1000, 'y'));
      ASSERT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
  });
  v1::ConnectResponse response;
  int read = 0;
  while (stream->Read(&response)) {
    EXPECT_EQ(response.drain_notice().reason(), std::to_string(read) + std::string(1000, 'y'));
    ++read;
  }
  writer.join();
  EXPECT_EQ(read, kMessages);
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(status.error_message(), "500");
}

TEST_F(ForwardingTest, ACallerThatCancelsEndsTheLeadersCall) {
  grpc::ClientContext context;
  grpc::Status status;
  std::thread caller([&] {
    v1::ListRunsResponse response;
    status = runs_->ListRuns(&context, {}, &response);
  });
  EXPECT_TRUE(WaitUntil([this] { return leader_.runs.waiting == 1; }));
  context.TryCancel();
  caller.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(WaitUntil([this] { return leader_.runs.ended == 1; }));
}

TEST_F(ForwardingTest, ADeadlineEndsTheLeadersCall) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + milliseconds(300));
  v1::ListRunsResponse response;
  EXPECT_EQ(runs_->ListRuns(&context, {}, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(WaitUntil([this] { return leader_.runs.ended == 1; }));
}

TEST_F(ForwardingTest, ACallerThatDoesNotReadHoldsTheLeaderBack) {
  grpc::ClientContext context;
  const auto reader = runs_->WatchRun(&context, {});
  // It writes until the buffers on the way are full.
  int before = -1;
  EXPECT_TRUE(WaitUntil(
      [&] {
        const int now = leader_.runs.written;
        const bool still = now > 0 && now == before;
        before = now;
        std::this_thread::sleep_for(milliseconds(300));
        return still;
      },
      seconds(60)));
  EXPECT_LT(before * kBigMessage, 64u << 20);
  v1::WatchRunResponse response;
  for (int i = 0; i < before + 10; ++i) ASSERT_TRUE(reader->Read(&response));
  EXPECT_GT(leader_.runs.written, before);
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(WaitUntil([this] { return leader_.runs.ended == 1; }));
}

TEST_F(ForwardingTest, WithoutALeaderCallsAreRefusedAndSayWhy) {
  follower_->Follow("");
  grpc::ClientContext context;
  v1::GetRunResponse response;
  const grpc::Status status = GetRun("one", &context, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("no replica leads"));
  EXPECT_EQ(ValueOf(context.GetServerTrailingMetadata(), shared::kNoLeader), "1");
}

TEST_F(ForwardingTest, ServesWhileItReachesALeader) {
  EXPECT_TRUE(WaitUntil([this] { return HealthOf(channel_) == 1; }));
  leader_.Stop();
  EXPECT_TRUE(WaitUntil([this] { return HealthOf(channel_) == 2; }));
  Leader next;
  follower_->Follow(next.address());
  EXPECT_TRUE(WaitUntil([this] { return HealthOf(channel_) == 1; }));
  follower_->Follow("");
  EXPECT_TRUE(WaitUntil([this] { return HealthOf(channel_) == 2; }));
}

TEST_F(ForwardingTest, AChangeOfTheLeaderEndsWhatWasOpen) {
  grpc::ClientContext context;
  const auto stream = sessions_->Connect(&context);
  v1::ConnectRequest request;
  request.mutable_drain_notice()->set_reason("x");
  v1::ConnectResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  Leader next;
  follower_->Follow(next.address());
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("leader of the replicas has changed"));
  grpc::ClientContext again;
  v1::GetRunResponse run;
  EXPECT_TRUE(GetRun("two", &again, &run).ok());
  EXPECT_EQ(next.runs.seen, "through");
  follower_->Follow("");  // `next` ends before the follower does
}

TEST_F(ForwardingTest, ALeaderThatIsGoneIsUnavailable) {
  leader_.Stop();
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + seconds(20));
  v1::GetRunResponse response;
  EXPECT_EQ(GetRun("one", &context, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ForwardingTest, APortThatStaysTakenIsAnErrorAfterSeveralTries) {
  const auto second = Follower::Start({.listen = "127.0.0.1:" + std::to_string(follower_->port()),
                                       .listen_patience = std::chrono::milliseconds(120),
                                       .advertise = "replica-c:7070"});
  ASSERT_FALSE(second.ok());
  EXPECT_NE(std::string(second.status().message()).find("the port is taken"), std::string::npos)
      << second.status();
}

TEST_F(ForwardingTest, TwoThatTakeEachOtherForTheLeaderEndTheCall) {
  auto other = Follower::Start({.listen = "127.0.0.1:0", .advertise = "replica-c:7070"});
  ASSERT_TRUE(other.ok());
  (*other)->Follow("127.0.0.1:" + std::to_string(follower_->port()));
  follower_->Follow("127.0.0.1:" + std::to_string((*other)->port()));
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + seconds(20));
  v1::GetRunResponse response;
  const grpc::Status status = GetRun("one", &context, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("was taken for the leader"));
}

TEST_F(ForwardingTest, MoreStreamsThanOneConnectionTakes) {
  constexpr int kChannels = 3;
  constexpr int kStreams = 50;  // on each; the leader takes 64 on one connection
  struct Open {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::ConnectRequest, v1::ConnectResponse>> stream;
  };
  std::vector<std::unique_ptr<Open>> all;
  v1::ConnectRequest request;
  request.mutable_drain_notice()->set_reason("x");
  v1::ConnectResponse response;
  for (int i = 0; i < kChannels; ++i) {
    const auto stub = v1::AgentSessionService::NewStub(ChannelTo(follower_->port()));
    for (int j = 0; j < kStreams; ++j) {
      all.push_back(std::make_unique<Open>());
      all.back()->context.set_deadline(system_clock::now() + seconds(60));
      all.back()->stream = stub->Connect(&all.back()->context);
      ASSERT_TRUE(all.back()->stream->Write(request)) << i << " " << j;
      ASSERT_TRUE(all.back()->stream->Read(&response)) << i << " " << j;
    }
  }
  EXPECT_EQ(leader_.sessions.open, kChannels * kStreams);
  for (const auto& one : all) {
    one->stream->WritesDone();
    EXPECT_EQ(one->stream->Finish().error_message(), "1");
  }
}

TEST_F(ForwardingTest, AFollowerThatStopsEndsItsCalls) {
  grpc::ClientContext context;
  const auto stream = sessions_->Connect(&context);
  v1::ConnectRequest request;
  request.mutable_drain_notice()->set_reason("x");
  v1::ConnectResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  const auto begin = steady_clock::now();
  follower_->Stop("this replica takes the lead");
  EXPECT_LT(steady_clock::now() - begin, seconds(2));
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "this replica takes the lead: try again");
}

TEST_F(ForwardingTest, AStoppedFollowerEndsACallerThatDoesNotRead) {
  grpc::ClientContext context;
  const auto reader = runs_->WatchRun(&context, {});
  ASSERT_TRUE(WaitUntil([this] { return leader_.runs.written > 50; }));
  const auto begin = steady_clock::now();
  follower_->Stop("this replica takes the lead");
  EXPECT_LT(steady_clock::now() - begin, seconds(6));
  EXPECT_TRUE(WaitUntil([this] { return leader_.runs.ended == 1; }));
}

}  // namespace
}  // namespace smokemesh::coordinator
