// Several requests of one check at once, and which connections they use.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/checks/http/http_step_runner.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/stopwatch.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;

class HttpParallelTest : public ::testing::Test {
 protected:
  using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;

  HttpParallelTest() { connection_.set_http("http://127.0.0.1:" + std::to_string(proxy_.port())); }
  void TearDown() override { EXPECT_TRUE(runner_->CleanUp(In(10s)).ok()); }

  static int PortOf(const std::string& url) { return std::stoi(url.substr(url.rfind(':') + 1)); }

  CheckContext In(shared::Duration time) {
    return {std::chrono::steady_clock::now() + time, &cancellation_};
  }

  // May be called by several threads at once.
  ObservationOr Send(const std::string& path, bool fresh = false, shared::Duration time = 20s,
                     const std::string& method = "GET") {
    v1::Step step;
    step.mutable_http()->mutable_request()->set_url(path);
    step.mutable_http()->mutable_request()->set_method(method);
    StepRequest request;
    request.step = &step;
    request.connection_name = "web";
    request.connection = &connection_;
    request.session = "main";
    request.fresh_session = fresh;
    return runner_->Run(request, In(time));
  }

  std::vector<std::future<ObservationOr>> Begin(int count, const std::string& path,
                                                shared::Duration time = 20s) {
    std::vector<std::future<ObservationOr>> requests;
    for (int i = 0; i < count; ++i) {
      requests.push_back(
          std::async(std::launch::async, [=, this] { return Send(path, /*fresh=*/false, time); }));
    }
    return requests;
  }

  static std::string Status(const ObservationOr& seen) {
    if (!seen.ok()) return seen.status().ToString();
    return shared::Describe(*(*seen)->Get("status", ""));
  }

  testing::GateServer server_;
  testing::TcpProxy proxy_{PortOf(server_.url())};
  shared::Cancellation cancellation_;
  v1::Connection connection_;
  std::unique_ptr<StepRunner> runner_ = MakeHttpStepRunner();
};

TEST_F(HttpParallelTest, TenRequestsAreUnderWayAtOnce) {
  auto requests = Begin(10, "/gate");
  EXPECT_TRUE(server_.WaitForArrivals(10, In(20s).deadline)) << "they wait for each other";
  server_.Open();
  for (auto& request : requests) EXPECT_EQ(Status(request.get()), "200");
  EXPECT_EQ(proxy_.accepted(), 10);
  // What they used serves the next ones.
  for (auto& request : Begin(10, "/gate")) EXPECT_EQ(Status(request.get()), "200");
  EXPECT_EQ(proxy_.accepted(), 10);
}

TEST_F(HttpParallelTest, OneAfterTheOtherUsesOneConnectionAndFreshOnesTheirOwn) {
  // The server ends a connection after five requests.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Status(Send("/x")), "200");
  EXPECT_EQ(proxy_.accepted(), 1);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Status(Send("/x", /*fresh=*/true)), "200");
  EXPECT_EQ(proxy_.accepted(), 5);
  EXPECT_EQ(Status(Send("/x")), "200");
  EXPECT_EQ(proxy_.accepted(), 5) << "the kept connection is still there";
}

TEST_F(HttpParallelTest, ReturnsToTheConnectionThatLeadsToTheSameServer) {
  testing::GateServer other;
  testing::TcpProxy way(PortOf(other.url()));
  const std::string url = "http://127.0.0.1:" + std::to_string(way.port()) + "/gate";
  auto both = Begin(1, "/gate");
  both.push_back(std::async(std::launch::async, [&] { return Send(url); }));
  EXPECT_TRUE(server_.WaitForArrivals(1, In(20s).deadline));
  EXPECT_TRUE(other.WaitForArrivals(1, In(20s).deadline));
  server_.Open();
  other.Open();
  for (auto& request : both) EXPECT_EQ(Status(request.get()), "200");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Status(Send("/x")), "200");
    EXPECT_EQ(Status(Send(url)), "200");
  }
  EXPECT_EQ(proxy_.accepted(), 1);
  EXPECT_EQ(way.accepted(), 1);
  EXPECT_TRUE(runner_->CleanUp(In(10s)).ok());  // before `way` goes
}

TEST_F(HttpParallelTest, EachEndsAtItsDeadline) {
  const testing::Stopwatch watch;
  for (auto& request : Begin(10, "/gate", 300ms)) {
    EXPECT_EQ(request.get().status().code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_LT(watch.Elapsed(), 550ms);
}

TEST_F(HttpParallelTest, ACancellationEndsAll) {
  auto requests = Begin(10, "/gate");
  ASSERT_TRUE(server_.WaitForArrivals(10, In(20s).deadline));
  const testing::Stopwatch watch;
  cancellation_.Cancel("enough");
  for (auto& request : requests) {
    EXPECT_EQ(request.get().status().code(), absl::StatusCode::kCancelled);
  }
  EXPECT_LT(watch.Elapsed(), 250ms);
}

TEST_F(HttpParallelTest, PreflightsAndHeadRequestsTellHeadersWithoutABody) {
  httplib::Server cors;
  cors.Options("/api", [](const httplib::Request& request, httplib::Response& response) {
    const bool known = request.get_header_value("Origin") == "https://app.test";
    response.status = known ? 200 : 400;
    if (!known) return;
    response.set_header("Access-Control-Allow-Origin", "https://app.test");
    response.set_header("Vary", "Origin");
    response.set_header("Vary", "Access-Control-Request-Method");
  });
  cors.Get("/api", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("twelve bytes", "text/plain");
  });
  cors.set_keep_alive_max_count(1);
  const int port = cors.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { cors.listen_after_bind(); });
  while (!cors.is_running()) std::this_thread::yield();
  connection_.set_http("http://127.0.0.1:" + std::to_string(port));

  const auto preflight = [&](const std::string& origin) {
    v1::Step step;
    v1::HttpRequest* const request = step.mutable_http()->mutable_request();
    request->set_method("OPTIONS");
    request->set_url("/api");
    (*request->mutable_headers())["Origin"] = origin;
    (*request->mutable_headers())["Access-Control-Request-Method"] = "POST";
    StepRequest asked;
    asked.step = &step;
    asked.connection = &connection_;
    return runner_->Run(asked, In(10s));
  };
  const auto allowed = preflight("https://app.test");
  EXPECT_EQ(Status(allowed), "200");
  if (allowed.ok()) {
    EXPECT_EQ(shared::Describe(*(*allowed)->Get("header", "access-control-allow-origin")),
              "\"https://app.test\"");
    EXPECT_EQ(shared::Describe(*(*allowed)->Get("header", "vary")),
              "\"Origin, Access-Control-Request-Method\"");
  }
  EXPECT_EQ(Status(preflight("https://evil.test")), "400");
  const auto head = Send("/api", false, 10s, "HEAD");
  EXPECT_EQ(Status(head), "200");
  if (head.ok()) {
    EXPECT_EQ(shared::Describe(*(*head)->Get("bytes", "")), "0");
    EXPECT_EQ(shared::Describe(*(*head)->Get("header", "content-length")), "\"12\"");
  }
  cors.stop();
  thread.join();
}

}  // namespace
}  // namespace smokemesh::agent
