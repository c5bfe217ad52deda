// What checks learn of a server's certificate.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "agent/checks/http/http_step_runner.h"
#include "tests/testing/throwaway_ca.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class HttpCertificateTest : public ::testing::Test {
 protected:
  using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;

  void TearDown() override {
    if (server_ == nullptr) return;
    EXPECT_TRUE(runner_->CleanUp(In(10s)).ok());  // an idle connection would hold up the stop
    server_->stop();
    thread_.join();
  }

  void Serve(const testing::ThrowawayCa::Leaf& leaf) {
    server_ = std::make_unique<httplib::SSLServer>(leaf.cert_file.c_str(), leaf.key_file.c_str());
    ASSERT_TRUE(server_->is_valid());
    server_->Get("/", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(std::to_string(request.remote_port), "text/plain");
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
    connection_.set_http("https://127.0.0.1:" + std::to_string(port_));
    connection_.mutable_tls()->set_ca_file(ca_.ca_file());
  }

  CheckContext In(shared::Duration time) {
    return {std::chrono::steady_clock::now() + time, &cancellation_};
  }

  ObservationOr Get(bool fresh = false) {
    v1::Step step;
    step.mutable_http()->mutable_request()->set_url("/");
    StepRequest request;
    request.step = &step;
    request.connection_name = "web";
    request.connection = &connection_;
    request.fresh_session = fresh;
    return runner_->Run(request, In(10s));
  }

  static std::string Ask(const ObservationOr& seen, const std::string& query,
                         const std::string& argument = "") {
    if (!seen.ok()) return seen.status().ToString();
    const auto value = (*seen)->Get(query, argument);
    return value.ok() ? shared::Describe(*value) : value.status().ToString();
  }

  testing::ThrowawayCa ca_{"Smoke, Test CA"};
  shared::Cancellation cancellation_;
  v1::Connection connection_;
  std::unique_ptr<StepRunner> runner_ = MakeHttpStepRunner();
  std::unique_ptr<httplib::SSLServer> server_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(HttpCertificateTest, TellsIssuerSubjectNamesAndDaysLeft) {
  Serve(ca_.Issue("shop \xc3\xa9", {"DNS:shop.test", "DNS:*.shop.test", "IP:127.0.0.1", "IP:::1"},
                  5.5));
  const ObservationOr seen = Get();
  EXPECT_EQ(Ask(seen, "certificate", "issuer"),
            shared::Describe(shared::Text{"CN=Smoke\\, Test CA"}));
  EXPECT_EQ(Ask(seen, "certificate", "subject"),
            shared::Describe(shared::Text{"CN=shop \xc3\xa9"}));
  EXPECT_EQ(Ask(seen, "certificate", "names"), "\"shop.test, *.shop.test, 127.0.0.1, ::1\"");
  EXPECT_EQ(Ask(seen, "certificate", "days_left"), "5");
}

TEST_F(HttpCertificateTest, TellsItOverAKeptConnectionToo) {
  Serve(ca_.Issue());
  const ObservationOr first = Get();
  const ObservationOr second = Get();
  ASSERT_EQ(Ask(first, "body"), Ask(second, "body")) << "not the same connection";
  EXPECT_EQ(Ask(second, "certificate", "subject"), "\"CN=localhost\"");
  const ObservationOr fresh = Get(true);
  ASSERT_NE(Ask(first, "body"), Ask(fresh, "body")) << "the same connection";
  EXPECT_EQ(Ask(fresh, "certificate", "subject"), "\"CN=localhost\"");
}

TEST_F(HttpCertificateTest, OfLessThanADayHasNoDaysLeft) {
  Serve(ca_.Issue("localhost", {"IP:127.0.0.1"}, 0.5));
  EXPECT_EQ(Ask(Get(), "certificate", "days_left"), "0");
}

TEST_F(HttpCertificateTest, ThatHasExpiredIsNotAcceptedAndTheMessageSaysSo) {
  Serve(ca_.Issue("localhost", {"IP:127.0.0.1"}, -0.5));
  const ObservationOr seen = Get();
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
  EXPECT_THAT(std::string(seen.status().message()),
              AllOf(HasSubstr("127.0.0.1:" + std::to_string(port_)), HasSubstr("has expired"),
                    HasSubstr("renew it")));
  connection_.mutable_tls()->set_insecure_skip_verify(true);
  EXPECT_EQ(Ask(Get(), "certificate", "days_left"), "-1");
}

TEST_F(HttpCertificateTest, OfAnUnknownAuthorityIsNotAcceptedAndTheMessageSaysSo) {
  Serve(ca_.Issue());
  const testing::ThrowawayCa other;
  connection_.mutable_tls()->set_ca_file(other.ca_file());
  const ObservationOr seen = Get();
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
  EXPECT_THAT(std::string(seen.status().message()),
              AllOf(HasSubstr("is not accepted"), HasSubstr("issuer certificate"),
                    HasSubstr("tls.ca_file")));
}

TEST_F(HttpCertificateTest, ForOtherNamesIsNotAcceptedAndTheMessageSaysSo) {
  Serve(ca_.Issue("shop", {"DNS:shop.test"}));
  const ObservationOr seen = Get();
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
  EXPECT_THAT(std::string(seen.status().message()),
              AllOf(HasSubstr("is not accepted"), HasSubstr("tls.server_name")));
}

}  // namespace
}  // namespace smokemesh::agent
