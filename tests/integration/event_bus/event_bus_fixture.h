#ifndef SMOKEMESH_TESTS_INTEGRATION_EVENT_BUS_EVENT_BUS_FIXTURE_H_
#define SMOKEMESH_TESTS_INTEGRATION_EVENT_BUS_EVENT_BUS_FIXTURE_H_

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "agent/checks/event_bus/event_bus_step_runner.h"
#include "shared/expectation/expectation.h"
#include "tests/testing/local_redis.h"

namespace smokemesh::agent {

// A runner of event bus steps, which are written as text protos.
class EventBusTest : public ::testing::Test {
 protected:
  using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;
  static constexpr auto kLong = std::chrono::seconds(20);

  CheckContext In(shared::Duration duration) {
    return {std::chrono::steady_clock::now() + duration, &cancellation_};
  }

  void Start(const testing::RedisOptions& options = {}) {
    auto started = testing::LocalRedis::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    url_ = server_->Url();
  }

  // Thread-safe for different sessions.
  ObservationOr Run(const std::string& step_text, const std::string& session = "",
                    shared::Duration time = kLong) {
    v1::Step step;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(step_text, step.mutable_event_bus()))
        << step_text;
    v1::Connection connection;
    connection.set_redis(url_);
    *connection.mutable_event_bus() = format_;
    StepRequest request;
    request.step = &step;
    request.connection_name = "bus";
    request.connection = &connection;
    request.session = session;
    request.fresh_session = fresh_session_;
    for (const std::string& where : step.event_bus().receive().where()) {
      const auto parsed = shared::ParseExpectation(where, shared::QueriesOf("message"));
      EXPECT_TRUE(parsed.ok()) << parsed.status();
      if (parsed.ok()) request.where.push_back(*parsed);
    }
    return runner_->Run(request, In(time));
  }

  void MustRun(const std::string& step_text, const std::string& session = "") {
    const ObservationOr seen = Run(step_text, session);
    ASSERT_TRUE(seen.ok()) << step_text << ": " << seen.status();
    const auto mismatch = (*seen)->UnlessAsked().mismatch;
    ASSERT_FALSE(mismatch.has_value()) << step_text << ": " << mismatch->actual;
  }

  std::string Redis(const std::vector<std::string>& command) {
    const auto reply = server_->Command(command);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.value_or("");
  }

  static std::string Value(const ObservationOr& seen, const std::string& query,
                           const std::string& argument = "") {
    if (!seen.ok()) return seen.status().ToString();
    const auto value = (*seen)->Get(query, argument);
    return value.ok() ? shared::Describe(*value) : value.status().ToString();
  }

  // The text of event `n` as it is.
  static std::string Text(const ObservationOr& seen, int n) {
    if (!seen.ok()) return seen.status().ToString();
    const auto value = (*seen)->Get("text", std::to_string(n));
    if (!value.ok() || !std::holds_alternative<shared::Text>(*value)) return "no text";
    return std::get<shared::Text>(*value).text;
  }

  static std::string Summary(const ObservationOr& seen) {
    return seen.ok() ? (*seen)->Summary() : seen.status().ToString();
  }

  // What was seen instead of what the step needs; empty when all is well.
  static std::string Mismatch(const ObservationOr& seen) {
    if (!seen.ok()) return seen.status().ToString();
    const auto mismatch = (*seen)->UnlessAsked().mismatch;
    return mismatch.has_value() ? mismatch->actual : "";
  }

  std::unique_ptr<testing::LocalRedis> server_;
  std::string url_;
  v1::EventBusFormat format_;
  bool fresh_session_ = false;
  shared::Cancellation cancellation_;
  std::unique_ptr<StepRunner> runner_ = MakeEventBusStepRunner();
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_TESTS_INTEGRATION_EVENT_BUS_EVENT_BUS_FIXTURE_H_
