// Repeated requests through the engine, as a plan writes them.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "agent/checks/http/http_step_runner.h"
#include "agent/checks/step_check.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;

class HttpRepeatTest : public ::testing::Test {
 protected:
  v1::TaskResult Run(const std::string& steps) {
    v1::Assignment assignment;
    assignment.set_run_id("r");
    assignment.set_attempt(1);
    (*assignment.mutable_connections())["web"].set_http("http://127.0.0.1:" +
                                                        std::to_string(proxy_.port()));
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString("name: 'many' http { " + steps + " }",
                                                              assignment.mutable_check()));
    const auto factory =
        MakeStepCheckFactory({{"http", &MakeHttpStepRunner}},
                             [](std::string_view) { return std::optional<std::string>(); });
    auto check = factory->Create(assignment);
    if (!check.ok()) {
      ADD_FAILURE() << check.status();
      return {};
    }
    const CheckContext context{std::chrono::steady_clock::now() + 20s, &cancellation_};
    v1::TaskResult result = (*check)->Run(context);
    EXPECT_TRUE((*check)->CleanUp(context).ok());
    return result;
  }

  testing::GateServer server_;
  testing::TcpProxy proxy_{std::stoi(server_.url().substr(server_.url().rfind(':') + 1))};
  shared::Cancellation cancellation_;
};

TEST_F(HttpRepeatTest, InParallelAreUnderWayAtOnce) {
  auto result = std::async(std::launch::async, [this] {
    return Run(R"(steps { request { url: "/gate" } repeat { times: 10 parallel: 10 }
                          expect: "status == 200" expect: "duration max < 20s" })");
  });
  EXPECT_TRUE(server_.WaitForArrivals(10, std::chrono::steady_clock::now() + 20s));
  server_.Open();
  const v1::TaskResult seen = result.get();
  EXPECT_EQ(seen.outcome(), v1::OUTCOME_PASSED) << seen.DebugString();
  EXPECT_EQ(proxy_.accepted(), 10);
}

TEST_F(HttpRepeatTest, OnFreshConnectionsUseOneEach) {
  const v1::TaskResult seen = Run(R"(steps { request { url: "/x" } repeat { times: 3 warm_up: 1
                                             fresh_session: true } })");
  EXPECT_EQ(seen.outcome(), v1::OUTCOME_PASSED) << seen.DebugString();
  EXPECT_EQ(proxy_.accepted(), 4);
}

}  // namespace
}  // namespace smokemesh::agent
