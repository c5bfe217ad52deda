#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "shared/credentials/grpc_credentials.h"
#include "tests/integration/security/secure_coordinator.h"

namespace smokemesh::testing {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class RotationTest : public SecureCoordinatorTest {
 protected:
  RotationTest() { access_.poll = std::chrono::milliseconds(100); }

  shared::KeyPair FreshServer() const {
    shared::CertificateRequest request = certs_.Request("coordinator", "coordinator");
    request.server = true;
    request.client = false;
    request.hosts = {"127.0.0.1"};
    return certs_.Issue(request);
  }

  // The server's certificate that a new connection sees; empty: the handshake failed.
  std::string Seen(const shared::KeyPair& client) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + seconds(10));
    v1::ListAgentsResponse response;
    const grpc::Status status = v1::RunService::NewStub(Channel(client))
                                    ->ListAgents(&context, v1::ListAgentsRequest(), &response);
    if (!status.ok()) return "";
    const auto values = context.auth_context()->FindPropertyValues("x509_pem_cert");
    return values.empty() ? "none" : std::string(values[0].data(), values[0].size());
  }

  // Waits until new connections see this certificate; false after 10 s. Every handshake counts.
  bool AwaitServed(const std::string& cert, const shared::KeyPair& client) {
    const auto deadline = steady_clock::now() + seconds(10);
    while (steady_clock::now() < deadline) {
      const std::string seen = Seen(client);
      ++handshakes_;
      if (seen.empty()) ++failed_;
      if (seen == cert) return true;
    }
    return false;
  }

  std::atomic<int> handshakes_{0};
  std::atomic<int> failed_{0};
};

// The certificate comes first, its key two looks of gRPC's own watcher later: what is between is
// never used.
TEST_F(RotationTest, NoHandshakeFailsWhileCertificatesAreReplaced) {
  Start();
  const shared::KeyPair client = certs_.Issue(certs_.Request("viewer", "ann"));
  ASSERT_EQ(Seen(client), ReadAll(access_.files.cert));
  std::atomic<bool> done{false};
  std::vector<std::thread> load;
  for (int i = 0; i < 2; ++i) {
    load.emplace_back([&] {
      while (!done) {
        ++handshakes_;
        if (Seen(client).empty()) ++failed_;
      }
    });
  }
  for (int i = 0; i < 2; ++i) {
    const std::string before = ReadAll(access_.files.cert);
    const shared::KeyPair fresh = FreshServer();
    MeshCerts::ReplaceFile(access_.files.cert, fresh.cert);
    const auto half = steady_clock::now() + std::chrono::milliseconds(2200);
    while (steady_clock::now() < half) {
      EXPECT_EQ(Seen(client), before);
      ++handshakes_;
    }
    MeshCerts::ReplaceFile(access_.files.key, fresh.key);
    EXPECT_TRUE(AwaitServed(fresh.cert, client));
  }
  done = true;
  for (std::thread& thread : load) thread.join();
  EXPECT_EQ(failed_.load(), 0) << "of " << handshakes_.load();
  EXPECT_GE(handshakes_.load(), 100) << "a quiet test proves nothing";
  RecordProperty("handshakes", handshakes_.load());
}

TEST_F(RotationTest, ANewAuthorityLetsItsOwnInAndTheOldOneOut) {
  Start();
  const shared::KeyPair odd = PairOf(odd_.Issue("odd", {"URI:spiffe://smokemesh/viewer/odd"}));
  const shared::KeyPair own = certs_.Issue(certs_.Request("viewer", "ann"));
  ASSERT_NE(Seen(odd), "");
  MeshCerts::ReplaceFile(access_.files.ca, certs_.ca());
  const auto deadline = steady_clock::now() + seconds(10);
  while (!Seen(odd).empty() && steady_clock::now() < deadline) {
  }
  EXPECT_EQ(Seen(odd), "");
  EXPECT_NE(Seen(own), "");
  MeshCerts::ReplaceFile(access_.files.ca, certs_.ca() + ReadAll(odd_.ca_file()));
  const auto again = steady_clock::now() + seconds(10);
  while (Seen(odd).empty() && steady_clock::now() < again) {
  }
  EXPECT_NE(Seen(odd), "");
}

// A client's connections show what it has when they begin.
TEST_F(RotationTest, ClientsRotateToo) {
  Start();
  shared::RotatingFilesOptions options;
  options.files = certs_.Client("agent", "a");  // may not list
  options.poll = std::chrono::milliseconds(50);
  options.parent = dir_.path();
  auto credentials = shared::RotatingCredentials::Start(options);
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  const auto code = [&] {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return List(grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(coordinator_->port()),
                                          (*credentials)->ForChannel(), arguments))
        .error_code();
  };
  EXPECT_EQ(code(), grpc::StatusCode::PERMISSION_DENIED);
  MeshCerts::Replace(options.files, certs_.Issue(certs_.Request("viewer", "a")));
  const auto deadline = steady_clock::now() + seconds(10);
  while (code() != grpc::StatusCode::OK && steady_clock::now() < deadline) {
  }
  EXPECT_EQ(code(), grpc::StatusCode::OK);
}

// The name of the server is checked, and can be said.
TEST_F(RotationTest, ClientsCheckWhomTheyTalkTo) {
  shared::CertificateRequest request = certs_.Request("coordinator", "coordinator");
  request.server = true;
  request.hosts = {"mesh.example"};
  const std::string bundle = access_.files.ca;
  access_.files = certs_.Write(certs_.Issue(request));
  access_.files.ca = bundle;
  Start();
  shared::RotatingFilesOptions options;
  options.files = certs_.Client("viewer", "ann");
  options.parent = dir_.path();
  auto credentials = shared::RotatingCredentials::Start(options);
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  const auto call = [&](const shared::RotatingCredentials& who, const std::string& name) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    if (!name.empty()) arguments.SetSslTargetNameOverride(name);
    return List(grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(coordinator_->port()),
                                          who.ForChannel(), arguments))
        .error_code();
  };
  EXPECT_EQ(call(**credentials, ""), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(call(**credentials, "other.example"), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(call(**credentials, "mesh.example"), grpc::StatusCode::OK);
  // Another authority's client does not believe this server.
  const MeshCerts foreign;
  options.files = foreign.Client("viewer", "ann");
  auto stranger = shared::RotatingCredentials::Start(options);
  ASSERT_TRUE(stranger.ok()) << stranger.status();
  EXPECT_EQ(call(**stranger, "mesh.example"), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace smokemesh::testing
