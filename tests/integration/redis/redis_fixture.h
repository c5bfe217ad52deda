#ifndef SMOKEMESH_TESTS_INTEGRATION_REDIS_REDIS_FIXTURE_H_
#define SMOKEMESH_TESTS_INTEGRATION_REDIS_REDIS_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "agent/checks/redis/redis_step_runner.h"
#include "shared/duration.h"
#include "shared/expectation/expectation.h"
#include "tests/testing/local_redis.h"

namespace smokemesh::agent {

// A runner of Redis steps. No text that a runner gives may hold a password: every step is looked
// at.
class RedisTest : public ::testing::Test {
 protected:
  using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;
  static constexpr auto kLong = std::chrono::seconds(20);
  // How long a call may take past its deadline or cancellation.
  static constexpr auto kTolerance = std::chrono::milliseconds(150);

  CheckContext In(shared::Duration duration) {
    return {std::chrono::steady_clock::now() + duration, &cancellation_};
  }

  ObservationOr Run(const v1::RedisStep& step, shared::Duration time = kLong) {
    v1::Step wrapped;
    *wrapped.mutable_redis() = step;
    v1::Connection connection;
    connection.set_redis(url_);
    *connection.mutable_tls() = tls_;
    StepRequest request;
    request.step = &wrapped;
    request.connection_name = "bus";
    request.connection = &connection;
    request.session = session_;
    request.fresh_session = fresh_session_;
    for (const std::string& where : step.receive().where()) {
      const auto parsed = shared::ParseExpectation(where, shared::QueriesOf("message"));
      EXPECT_TRUE(parsed.ok()) << parsed.status();
      if (parsed.ok()) request.where.push_back(*parsed);
    }
    ObservationOr seen = runner_->Run(request, In(time));
    const std::string text = seen.ok() ? (*seen)->Summary() : std::string(seen.status().message());
    EXPECT_EQ(text.find("canary"), std::string::npos) << text;
    return seen;
  }

  ObservationOr Command(const std::vector<std::string>& command, const std::string& session = "",
                        shared::Duration time = kLong) {
    v1::RedisStep step;
    step.set_session(session);
    for (const std::string& argument : command) step.add_command(argument);
    return Run(step, time);
  }

  ObservationOr Receive(int count, shared::Duration within, shared::Duration settle,
                        const std::string& session, shared::Duration time = kLong,
                        const std::vector<std::string>& where = {}) {
    v1::RedisStep step;
    for (const std::string& expectation : where) step.mutable_receive()->add_where(expectation);
    step.set_session(session);
    step.mutable_receive()->set_count(count);
    *step.mutable_receive()->mutable_within() = shared::ToProto(within);
    *step.mutable_receive()->mutable_settle() = shared::ToProto(settle);
    return Run(step, time);
  }

  static std::string Value(const ObservationOr& seen, const std::string& query = "reply",
                           const std::string& argument = "") {
    if (!seen.ok()) return seen.status().ToString();
    const auto value = (*seen)->Get(query, argument);
    return value.ok() ? shared::Describe(*value) : value.status().ToString();
  }

  std::string url_;
  v1::TlsOptions tls_;
  std::string session_;  // of the request, not of the step
  bool fresh_session_ = false;
  shared::Cancellation cancellation_;
  std::unique_ptr<StepRunner> runner_ = MakeRedisStepRunner();
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_TESTS_INTEGRATION_REDIS_REDIS_FIXTURE_H_
