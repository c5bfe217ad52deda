#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "agent/checks/http/curl_client.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A throw-away certificate authority, a server's certificate for `smokemesh.test` and a client's.
class HttpTlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = std::filesystem::temp_directory_path() / "smokemesh-tls-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = new std::filesystem::path(pattern);
    for (const char* name : {"ca", "other-ca"}) {
      OpenSsl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" +
              std::string(name) + " -keyout " + File(name, ".key") + " -out " + File(name, ".pem"));
    }
    Issue("server", "subjectAltName=DNS:smokemesh.test");
    Issue("client", "extendedKeyUsage=clientAuth");
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*folder_);
    delete folder_;
    folder_ = nullptr;
  }

  static std::string File(const std::string& name, const std::string& extension = ".pem") {
    return (*folder_ / (name + extension)).string();
  }
  static void OpenSsl(const std::string& arguments) {
    ASSERT_EQ(std::system(("openssl " + arguments + " >/dev/null 2>&1").c_str()), 0) << arguments;
  }
  static void Issue(const std::string& name, const std::string& extension) {
    std::ofstream(File(name, ".ext")) << extension << "\n";
    OpenSsl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
            " -keyout " + File(name, ".key") + " -out " + File(name, ".csr"));
    OpenSsl("x509 -req -in " + File(name, ".csr") + " -CA " + File("ca") + " -CAkey " +
            File("ca", ".key") + " -CAcreateserial -days 2 -extfile " + File(name, ".ext") +
            " -out " + File(name));
  }

  void Start(bool asks_for_client_certificate) {
    server_ = std::make_unique<httplib::SSLServer>(
        File("server").c_str(), File("server", ".key").c_str(),
        asks_for_client_certificate ? File("ca").c_str() : nullptr);
    ASSERT_TRUE(server_->is_valid());
    server_->Get("/", [this](const httplib::Request& request, httplib::Response& response) {
      host_ = request.get_header_value("Host");
      response.set_content("safe", "text/plain");
    });
    server_->set_keep_alive_max_count(1);  // an idle connection would hold up its stop
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    client_->Disconnect();
    server_->stop();
    thread_.join();
  }

  HttpCall Call() const {
    HttpCall call;
    call.url = "https://127.0.0.1:" + std::to_string(port_) + "/";
    call.ca_file = File("ca");
    call.server_name = "smokemesh.test";
    return call;
  }
  absl::StatusOr<HttpAnswer> Send(const HttpCall& call) {
    return client_->Send(call, {std::chrono::steady_clock::now() + 10s, &cancellation_});
  }

  static std::filesystem::path* folder_;
  shared::Cancellation cancellation_;
  std::unique_ptr<HttpClient> client_ = MakeCurlClient();
  std::unique_ptr<httplib::SSLServer> server_;
  std::string host_;
  int port_ = 0;
  std::thread thread_;
};

std::filesystem::path* HttpTlsTest::folder_ = nullptr;

TEST_F(HttpTlsTest, TrustsTheGivenAuthorityAndName) {
  Start(false);
  const auto answer = Send(Call());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "safe");
  EXPECT_EQ(host_, "127.0.0.1:" + std::to_string(port_));
  EXPECT_EQ(answer->url, Call().url);
}

TEST_F(HttpTlsTest, RefusesAnAuthorityThatItDoesNotKnow) {
  Start(false);
  HttpCall call = Call();
  call.ca_file = File("other-ca");
  const auto other = Send(call);
  EXPECT_EQ(other.status().code(), absl::StatusCode::kUnavailable) << other.status();
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("certificate of 127.0.0.1"));
  call.ca_file = "";
  EXPECT_EQ(Send(call).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpTlsTest, RefusesACertificateForAnotherName) {
  Start(false);
  HttpCall call = Call();
  call.server_name = "";
  const auto answer = Send(call);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable) << answer.status();
  call.server_name = "other.test";
  EXPECT_EQ(Send(call).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpTlsTest, AcceptsAnyCertificateWhenToldTo) {
  Start(false);
  HttpCall call = Call();
  call.ca_file = "";
  call.server_name = "";
  call.insecure_skip_verify = true;
  EXPECT_TRUE(Send(call).ok());
}

TEST_F(HttpTlsTest, ShowsItsCertificateToAServerThatAsks) {
  Start(true);
  HttpCall call = Call();
  const auto without = Send(call);
  EXPECT_FALSE(without.ok());
  EXPECT_EQ(without.status().code(), absl::StatusCode::kUnavailable) << without.status();
  call.cert_file = File("client");
  call.key_file = File("client", ".key");
  const auto with = Send(call);
  EXPECT_TRUE(with.ok()) << with.status();
}

TEST_F(HttpTlsTest, SaysWhichFileCannotBeUsed) {
  Start(false);
  HttpCall call = Call();
  call.ca_file = File("no-such-file");
  const auto ca = Send(call);
  EXPECT_EQ(ca.status().code(), absl::StatusCode::kFailedPrecondition) << ca.status();
  EXPECT_THAT(std::string(ca.status().message()), HasSubstr("no-such-file"));
  call = Call();
  call.cert_file = File("no-such-file");
  EXPECT_EQ(Send(call).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(HttpTlsTest, SaysThatAServerDoesNotSpeakTls) {
  httplib::Server plain;
  plain.Get("/", [](const httplib::Request&, httplib::Response&) {});
  port_ = plain.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { plain.listen_after_bind(); });
  while (!plain.is_running()) std::this_thread::yield();
  const auto answer = Send(Call());
  plain.stop();
  thread.join();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable) << answer.status();
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("TLS"));
}

}  // namespace
}  // namespace smokemesh::agent
