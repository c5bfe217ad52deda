#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "coordinator/access/token_file.h"
#include "tests/integration/coordinator/scripted_agent.h"
#include "tests/integration/security/secure_coordinator.h"

namespace smokemesh::testing {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;
using ::testing::HasSubstr;

// A WatchRun stream of a run that stays open. Used by one thread.
class OpenWatch {
 public:
  OpenWatch(const std::shared_ptr<grpc::Channel>& channel, const std::string& run_id,
            const std::string& token = "")
      : stub_(v1::RunService::NewStub(channel)) {
    context_.set_deadline(system_clock::now() + seconds(30));
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
    v1::WatchRunRequest request;
    request.set_run_id(run_id);
    reader_ = stub_->WatchRun(&context_, request);
    v1::WatchRunResponse first;
    began_ = reader_->Read(&first);
  }

  bool began() const { return began_; }
  grpc::Status ToTheEnd() {
    v1::WatchRunResponse event;
    while (reader_->Read(&event)) {
    }
    return reader_->Finish();
  }
  // Cancels the stream.
  grpc::Status Leave() {
    context_.TryCancel();
    return ToTheEnd();
  }

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<v1::RunService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::WatchRunResponse>> reader_;
  bool began_ = false;
};

class StreamsTest : public SecureCoordinatorTest {
 protected:
  shared::KeyPair EndingIn(const std::string& role, const std::string& name, seconds left) {
    shared::CertificateRequest request = certs_.Request(role, name);
    request.not_after = system_clock::now() + left;
    return certs_.Issue(request);
  }
  std::string OpenRun() {
    v1::Run run;
    EXPECT_TRUE(Create(ChannelOf("runner", "ci"), &run).ok());
    return run.run_id();
  }
  // Fails the test unless now is in the seconds after `end`.
  static void ExpectSoonAfter(system_clock::time_point end) {
    const auto late = system_clock::now() - end;
    EXPECT_GT(late, seconds(-1));  // certificates end at whole seconds
    EXPECT_LT(late, seconds(10));
  }
};

TEST_F(StreamsTest, AnAgentsStreamEndsWithItsCertificate) {
  Start();
  const auto end = system_clock::now() + seconds(4);
  const auto channel = Channel(EndingIn("agent", "a", seconds(4)));
  ScriptedAgent agent(channel);
  ASSERT_TRUE(agent.Join(MakeHello("a", "x")));
  ScriptedAgent other(ChannelOf("agent", "b"));
  ASSERT_TRUE(other.Join(MakeHello("b", "x")));
  const grpc::Status status = agent.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("the certificate of agent a has ended at"));
  ExpectSoonAfter(end);
  // The connection stands, but what comes over it is refused.
  ScriptedAgent again(channel);
  EXPECT_FALSE(again.Join(MakeHello("a", "x")));
  EXPECT_FALSE(again.ReadToTheEnd().ok());
  // The other one is not disturbed.
  other.Cut();
  EXPECT_EQ(other.ReadToTheEnd().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(StreamsTest, AWatchEndsWithItsCertificate) {
  Start();
  const std::string run = OpenRun();
  const auto end = system_clock::now() + seconds(4);
  OpenWatch watch(Channel(EndingIn("viewer", "ann", seconds(4))), run);
  ASSERT_TRUE(watch.began());
  OpenWatch other(ChannelOf("viewer", "bob"), run);
  ASSERT_TRUE(other.began());
  const grpc::Status status = watch.ToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("the certificate of viewer ann has ended at"));
  ExpectSoonAfter(end);
  EXPECT_EQ(other.Leave().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(StreamsTest, AWatchEndsWhenItsTokenIsWithdrawn) {
  const std::string secret = coordinator::NewTokenSecret();
  coordinator::Token token;
  token.name = "ann";
  token.sha256 = coordinator::Sha256(secret);
  coordinator::Token of_bob = token;
  of_bob.name = "bob";
  of_bob.sha256 = coordinator::Sha256("another secret of bob");
  WriteTokens(coordinator::FormatToken(token) + coordinator::FormatToken(of_bob));
  Start();
  const std::string run = OpenRun();
  OpenWatch watch(Channel({}), run, secret);
  ASSERT_TRUE(watch.began());
  OpenWatch bob(Channel({}), run, "another secret of bob");
  ASSERT_TRUE(bob.began());
  // Another one under its name.
  token.sha256 = coordinator::Sha256(coordinator::NewTokenSecret());
  WriteTokens(coordinator::FormatToken(token) + coordinator::FormatToken(of_bob));
  grpc::Status status = watch.ToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("the token ann was withdrawn"));
  // None at all.
  WriteTokens("# nobody\n");
  status = bob.ToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("the token bob was withdrawn"));
}

TEST_F(StreamsTest, StreamsEndWhenTheirAuthorityIsGone) {
  Start();
  const auto leaf = odd_.Issue("odd", {"URI:spiffe://smokemesh/agent/odd"});
  ScriptedAgent leaving(Channel(PairOf(leaf)));
  ASSERT_TRUE(leaving.Join(MakeHello("odd", "x")));
  ScriptedAgent staying(ChannelOf("agent", "b"));
  ASSERT_TRUE(staying.Join(MakeHello("b", "x")));
  MeshCerts::ReplaceFile(access_.files.ca, certs_.ca());
  const grpc::Status status = leaving.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("is not vouched for any more"));
  staying.Cut();
  EXPECT_EQ(staying.ReadToTheEnd().error_code(), grpc::StatusCode::CANCELLED);
}

// A coordinator that stops with watched streams open leaves nobody waiting.
TEST_F(StreamsTest, ACoordinatorStopsWithStreamsOpen) {
  Start();
  ScriptedAgent agent(ChannelOf("agent", "a"));
  ASSERT_TRUE(agent.Join(MakeHello("a", "x")));
  OpenWatch watch(ChannelOf("viewer", "ann"), OpenRun());
  ASSERT_TRUE(watch.began());
  Stop();
  EXPECT_FALSE(agent.ReadToTheEnd().ok());
  EXPECT_FALSE(watch.ToTheEnd().ok());
}

}  // namespace
}  // namespace smokemesh::testing
