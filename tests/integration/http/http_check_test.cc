#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "agent/checks/http/http_step_runner.h"
#include "agent/checks/step_check.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// A small service: log in, make a thing, read it, delete it.
class HttpCheckTest : public ::testing::Test {
 protected:
  HttpCheckTest() {
    using httplib::Request;
    using httplib::Response;
    server_.Post("/login", [](const Request& request, Response& response) {
      const bool known = request.get_param_value("password") == "env-canary&1";
      response.status = known ? 200 : 401;
      response.set_content(
          known ? R"({"token":"token-canary"})" : "no: " + request.get_param_value("password"),
          "application/json");
    });
    server_.Post("/things", [this](const Request& request, Response& response) {
      if (request.get_header_value("Authorization") != "Bearer token-canary") {
        response.status = 401;
        return;
      }
      std::lock_guard<std::mutex> lock(mutex_);
      things_["7"] = request.body;
      response.status = 201;
      response.set_content(R"({"id":7})", "application/json");
    });
    server_.Get(R"(/things/(\w+))", [this](const Request& request, Response& response) {
      std::lock_guard<std::mutex> lock(mutex_);
      const auto found = things_.find(request.matches[1]);
      response.status = found == things_.end() ? 404 : 200;
      if (found != things_.end()) response.set_content(found->second, "application/json");
    });
    server_.Delete(R"(/things/(\w+))", [this](const Request& request, Response& response) {
      std::lock_guard<std::mutex> lock(mutex_);
      response.status = things_.erase(request.matches[1]) == 1 ? 204 : 404;
    });
    server_.set_keep_alive_timeout(1);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~HttpCheckTest() override {
    check_.reset();
    server_.stop();
    thread_.join();
  }

  v1::TaskResult Run(const std::string& check) {
    v1::Assignment assignment;
    assignment.set_run_id("r");
    assignment.set_attempt(1);
    (*assignment.mutable_connections())["web"].set_http("${BASE}");
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(check, assignment.mutable_check()));
    auto made = factory_->Create(assignment);
    if (!made.ok()) {
      ADD_FAILURE() << made.status();
      return {};
    }
    check_ = *std::move(made);
    return check_->Run({std::chrono::steady_clock::now() + 5s, &cancellation_});
  }

  httplib::Server server_;
  std::mutex mutex_;
  std::map<std::string, std::string> things_;
  int port_ = 0;
  std::thread thread_;
  shared::Cancellation cancellation_;
  std::unique_ptr<CheckFactory> factory_ = MakeStepCheckFactory(
      {{"http", &MakeHttpStepRunner}}, [this](std::string_view name) -> std::optional<std::string> {
        if (name == "BASE") return "http://127.0.0.1:" + std::to_string(port_);
        if (name == "PASSWORD") return "env-canary&1";
        if (name == "WRONG") return "wrong-canary";
        return std::nullopt;
      });
  std::unique_ptr<Check> check_;
};

constexpr char kWholeLife[] = R"pb(
  name: "things"
  http {
    steps {
      request {
        method: "POST"
        url: "/login"
        form { key: "password" value: "${PASSWORD}" }
      }
      capture {
        key: "token"
        value { json: "/token" redact: true }
      }
    }
    steps {
      request {
        method: "POST"
        url: "/things"
        json: "{\"name\":\"a \\\"{{uuid}}\\\"\"}"
        headers { key: "Authorization" value: "Bearer {{token}}" }
      }
      expect: "status == 201"
      expect: "json /id isInteger"
      capture {
        key: "id"
        value { json: "/id" }
      }
    }
    steps {
      request { url: "/things/{{id}}" }
      expect: "json /name == \"a \\\"{{uuid}}\\\"\""
      expect: "header content-type startsWith application/json"
      expect: "duration < 5s"
    }
  }
  finally { http { request { method: "DELETE" url: "/things/{{id}}" } } }
)pb";

TEST_F(HttpCheckTest, PassesAndLeavesNothingBehind) {
  const v1::TaskResult result = Run(kWholeLife);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.DebugString();
  EXPECT_EQ(things_.size(), 1u);
  const absl::Status cleaned =
      check_->CleanUp({std::chrono::steady_clock::now() + 5s, &cancellation_});
  EXPECT_TRUE(cleaned.ok()) << cleaned;
  EXPECT_EQ(things_.size(), 0u);
  EXPECT_THAT(result.DebugString(), Not(HasSubstr("canary")));
}

TEST_F(HttpCheckTest, HidesASecretThatTheServerSendsBack) {
  const v1::TaskResult result = Run(R"pb(
    name: "login"
    http {
      steps {
        request {
          method: "POST"
          url: "/login"
          form { key: "password" value: "${WRONG}" }
        }
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  ASSERT_EQ(result.failures_size(), 1);
  EXPECT_EQ(result.failures(0).actual(), "401 Unauthorized: no: ***");
  EXPECT_EQ(result.failures(0).target(), "http://127.0.0.1:" + std::to_string(port_));
  EXPECT_THAT(result.DebugString(), Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace smokemesh::agent
