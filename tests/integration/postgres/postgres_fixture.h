#ifndef SMOKEMESH_TESTS_INTEGRATION_POSTGRES_POSTGRES_FIXTURE_H_
#define SMOKEMESH_TESTS_INTEGRATION_POSTGRES_POSTGRES_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/checks/postgres/postgres_step_runner.h"
#include "agent/policy/policy_file.h"
#include "shared/expectation/expectation.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::agent {

// A policy that lets plans work as a superuser, which many of these tests do: what they look at
// needs rights on the whole server.
inline std::shared_ptr<const Policy> SuperuserPolicy() {
  return ParsePolicy("postgres: {allow_superuser: true}", "policy.yaml").policy;
}

// A runner of PostgreSQL steps and a server that the tests of one suite share. No text that a
// runner gives may hold the password: every step is looked at.
class PostgresTest : public ::testing::Test {
 protected:
  using ObservationOr = absl::StatusOr<std::unique_ptr<shared::Observation>>;
  static constexpr auto kLong = std::chrono::seconds(20);
  // How long a call may take past its deadline or cancellation.
  static constexpr auto kTolerance = std::chrono::milliseconds(150);

  static void SetUpTestSuite() {
    auto started = testing::LocalPostgres::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    ASSERT_TRUE(server_->Exec("CREATE ROLE plain LOGIN PASSWORD 'plain-canary-0815'").ok());
  }
  static void TearDownTestSuite() { server_.reset(); }

  PostgresTest() { url_ = server_->Url(); }

  CheckContext In(shared::Duration duration) {
    return {std::chrono::steady_clock::now() + duration, &cancellation_};
  }

  // As the engine asks for it. An empty session is the step's own, or `main`.
  struct How {
    std::string session;
    bool fresh = false;
    std::string schema;
    std::string connection = "db";
    std::string url;  // default: `url_`
  };

  // May be called by several threads at once.
  ObservationOr RunStep(const v1::PostgresStep& step, const How& how, const CheckContext& context) {
    v1::Step wrapped;
    *wrapped.mutable_postgres() = step;
    v1::Connection connection;
    connection.set_postgres(how.url.empty() ? url_ : how.url);
    StepRequest request;
    request.step = &wrapped;
    request.connection_name = how.connection;
    request.connection = &connection;
    request.session = how.session;
    request.fresh_session = how.fresh;
    request.scratch_schema = how.schema;
    ObservationOr seen = runner_->Run(request, context);
    ExpectNoSecret(seen.ok() ? (*seen)->Summary() : std::string(seen.status().message()));
    if (seen.ok()) {
      const auto implied = (*seen)->UnlessAsked();
      if (implied.mismatch) ExpectNoSecret(implied.mismatch->actual);
    }
    return seen;
  }

  ObservationOr Run(const v1::PostgresStep& step, shared::Duration time = kLong,
                    const std::string& schema = "") {
    return RunStep(step, {.schema = schema}, In(time));
  }

  ObservationOr SqlAs(const How& how, const std::string& sql, shared::Duration time = kLong) {
    v1::PostgresStep step;
    step.set_sql(sql);
    return RunStep(step, how, In(time));
  }

  ObservationOr Sql(const std::string& sql, const std::vector<std::string>& params = {},
                    const std::string& session = "", shared::Duration time = kLong,
                    const std::string& schema = "") {
    v1::PostgresStep step;
    step.set_sql(sql);
    step.set_session(session);
    for (const std::string& param : params) step.add_params(param);
    return Run(step, time, schema);
  }

  // The value of a query after a statement, as people read it; or the error.
  std::string Ask(const std::string& sql, const std::string& query = "value",
                  const std::string& session = "", const std::vector<std::string>& params = {}) {
    return Value(Sql(sql, params, session), query);
  }

  static std::string Value(const ObservationOr& seen, const std::string& query,
                           const std::string& argument = "") {
    if (!seen.ok()) return seen.status().ToString();
    const auto value = (*seen)->Get(query, argument);
    return value.ok() ? shared::Describe(*value) : value.status().ToString();
  }

  ObservationOr Disconnect(const std::string& session) {
    v1::PostgresStep step;
    step.set_session(session);
    step.set_disconnect(true);
    return Run(step);
  }

  static void ExpectNoSecret(const std::string& text) {
    EXPECT_EQ(text.find("canary"), std::string::npos) << text;
  }

  // Waits until a query of the superuser answers `expected`.
  static bool Eventually(const std::string& sql, const std::string& expected) {
    const auto end = std::chrono::steady_clock::now() + kLong;
    while (std::chrono::steady_clock::now() < end) {
      if (server_->Exec(sql).value_or("?") == expected) return true;
    }
    return false;
  }

  static inline std::unique_ptr<testing::LocalPostgres> server_;

  std::string url_;
  shared::Cancellation cancellation_;
  std::unique_ptr<StepRunner> runner_ = PostgresStepRunners(SuperuserPolicy())();
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_TESTS_INTEGRATION_POSTGRES_POSTGRES_FIXTURE_H_
