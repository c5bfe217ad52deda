// A server that refuses, freezes, vanishes or drops what it is sent.

#include <future>
#include <string>
#include <thread>

#include "tests/integration/postgres/postgres_fixture.h"
#include "tests/testing/free_port.h"
#include "tests/testing/stopwatch.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PostgresFaults : public PostgresTest {
 protected:
  std::string ProxyUrl(const testing::TcpProxy& proxy) {
    std::string url = server_->Url();
    const std::string port = std::to_string(server_->port());
    return url.replace(url.find(port), port.size(), std::to_string(proxy.port()));
  }

  // Runs `step` with `time` and expects that it ends soon after.
  void ExpectLate(const std::string& sql, shared::Duration time) {
    const testing::Stopwatch watch;
    const auto seen = Sql(sql, {}, "", time);
    const auto took = watch.Elapsed();
    EXPECT_EQ(seen.status().code(), absl::StatusCode::kDeadlineExceeded) << seen.status();
    EXPECT_LT(took, time + kTolerance);
  }
};

TEST_F(PostgresFaults, SaysWhoRefused) {
  const int port = testing::FreePort();
  url_ = "postgresql://bob:pw-canary@127.0.0.1:" + std::to_string(port) + "/x";
  const auto seen = Sql("SELECT 1");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(seen.status().message(), "connection refused by 127.0.0.1:" + std::to_string(port));
}

TEST_F(PostgresFaults, TellsABadPasswordFromABadDatabase) {
  url_ = server_->Url("postgres", "wrong-canary");
  EXPECT_EQ(Sql("SELECT 1").status().code(), absl::StatusCode::kUnauthenticated);
  url_ = server_->Url("plain", "");
  EXPECT_EQ(Sql("SELECT 1").status().code(), absl::StatusCode::kUnauthenticated);
  url_ = server_->Url("postgres", testing::LocalPostgres::kSuperuserPassword, "nowhere");
  const auto seen = Sql("SELECT 1");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(seen.status().message()), HasSubstr("SQLSTATE 3D000"));
}

TEST_F(PostgresFaults, TakesAnUnresolvableNameAsAnUnavailableTarget) {
  url_ = "postgresql://bob:pw-canary@no-such-host.invalid/x";
  const auto seen = Sql("SELECT 1", {}, "", std::chrono::seconds(5));
  EXPECT_FALSE(seen.ok());
  EXPECT_THAT(std::string(seen.status().message()), HasSubstr("no-such-host.invalid"));
}

TEST_F(PostgresFaults, AFrozenServerCostsNoMoreThanTheTime) {
  server_->Pause();
  ExpectLate("SELECT 1", std::chrono::milliseconds(300));
  server_->Resume();
}

TEST_F(PostgresFaults, AServerThatFreezesUnderAnOpenSessionCostsNoMoreThanTheTime) {
  ASSERT_TRUE(Sql("SELECT 1").ok());
  server_->Pause();
  ExpectLate("SELECT 1", std::chrono::milliseconds(300));
  const testing::Stopwatch watch;
  EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok());
  EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(200));
  server_->Resume();
}

TEST_F(PostgresFaults, ABlackHoleWhileConnectingCostsNoMoreThanTheTime) {
  testing::TcpProxy proxy(server_->port());
  proxy.SetBlackHole(true);
  url_ = ProxyUrl(proxy);
  ExpectLate("SELECT 1", std::chrono::milliseconds(300));
}

TEST_F(PostgresFaults, ABlackHoleDuringAStatementCostsNoMoreThanTheTime) {
  testing::TcpProxy proxy(server_->port());
  url_ = ProxyUrl(proxy);
  ASSERT_TRUE(Sql("SELECT 1").ok());
  proxy.SetBlackHole(true);
  ExpectLate("SELECT 1", std::chrono::milliseconds(300));
}

TEST_F(PostgresFaults, AStatementThatRunsTooLongIsGoneFromTheServer) {
  ExpectLate("SELECT pg_sleep(30), 'too long'", std::chrono::milliseconds(400));
  EXPECT_TRUE(
      Eventually("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                 "LIKE 'SELECT pg_sleep%'",
                 "0"));
}

TEST_F(PostgresFaults, ALateStatementOfALongSessionIsGoneFromTheServer) {
  // The limit on the server counts from the statement's begin: here it comes too late, and the
  // watchdog is first.
  v1::PostgresStep step;
  step.set_sql("SELECT 1");
  const CheckContext context = In(std::chrono::milliseconds(700));
  ASSERT_TRUE(RunStep(step, {}, context).ok());
  step.set_sql("SELECT pg_sleep(0.4)");
  ASSERT_TRUE(RunStep(step, {}, context).ok());
  step.set_sql("SELECT pg_sleep(30), 'late'");
  const auto seen = RunStep(step, {}, context);
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kDeadlineExceeded) << seen.status();
  EXPECT_LT(std::chrono::steady_clock::now(), context.deadline + kTolerance);
  EXPECT_TRUE(
      Eventually("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                 "LIKE 'SELECT pg_sleep%'",
                 "0"));
}

TEST_F(PostgresFaults, ACancellationEndsAStatementOnTheServerToo) {
  auto running = std::async(std::launch::async, [this] { return Sql("SELECT pg_sleep(30)"); });
  ASSERT_TRUE(
      Eventually("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                 "LIKE 'SELECT pg_sleep%'",
                 "1"));
  const testing::Stopwatch watch;
  cancellation_.Cancel("the run was cancelled");
  const auto seen = running.get();
  EXPECT_LT(watch.Elapsed(), kTolerance);
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kCancelled) << seen.status();
  EXPECT_EQ(seen.status().message(), "the run was cancelled");
  EXPECT_TRUE(
      Eventually("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                 "LIKE 'SELECT pg_sleep%'",
                 "0"));
}

TEST_F(PostgresFaults, ACancellationEndsAConnectionAttempt) {
  testing::TcpProxy proxy(server_->port());
  proxy.SetBlackHole(true);
  url_ = ProxyUrl(proxy);
  auto running = std::async(std::launch::async, [this] { return Sql("SELECT 1"); });
  while (proxy.accepted() == 0) std::this_thread::yield();
  const testing::Stopwatch watch;
  cancellation_.Cancel("enough");
  EXPECT_EQ(running.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_LT(watch.Elapsed(), kTolerance);
}

TEST_F(PostgresFaults, WithoutTimeNothingIsSentAndTheSessionStays) {
  const std::string before = Ask("SELECT pg_backend_pid()");
  EXPECT_EQ(Sql("SELECT 1", {}, "", {}).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Ask("SELECT pg_backend_pid()"), before);
}

TEST_F(PostgresFaults, ALostConnectionIsNeverRestoredInSilence) {
  testing::TcpProxy proxy(server_->port());
  url_ = ProxyUrl(proxy);
  ASSERT_TRUE(Sql("SET application_name = 'mine'").ok());
  proxy.Cut();
  const auto lost = Sql("SELECT 1");
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kUnavailable) << lost.status();
  EXPECT_THAT(std::string(lost.status().message()), HasSubstr("ended the connection"));
  // The loss was reported; a `finally` step may begin anew.
  EXPECT_EQ(Ask("SHOW application_name"), "\"smokemesh\"");
}

TEST_F(PostgresFaults, AServerThatEndsTheSessionIsUnavailable) {
  ASSERT_TRUE(Sql("SELECT 1").ok());
  ASSERT_TRUE(server_
                  ->Exec("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                         "application_name = 'smokemesh'")
                  .ok());
  const auto lost = Sql("SELECT 1");
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kUnavailable) << lost.status();
}

TEST_F(PostgresFaults, AConnectionCutInMidStatementIsSeenAtOnce) {
  testing::TcpProxy proxy(server_->port());
  url_ = ProxyUrl(proxy);
  auto running = std::async(std::launch::async, [this] { return Sql("SELECT pg_sleep(15)"); });
  ASSERT_TRUE(
      Eventually("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                 "LIKE 'SELECT pg_sleep%'",
                 "1"));
  const auto begin = std::chrono::steady_clock::now();
  proxy.Cut();
  const auto lost = running.get();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kUnavailable) << lost.status();
  EXPECT_THAT(std::string(lost.status().message()),
              HasSubstr("ended the connection during a statement"));
}

TEST_F(PostgresFaults, BadConnectionStringsAreNotQuoted) {
  for (const char* bad : {"mysql://bob:pw-canary@h/x", "pw-canary",
                          "postgresql://bob:pw-canary@h/x?sslmode=canary"}) {
    url_ = bad;
    const auto seen = Sql("SELECT 1", {}, "", std::chrono::seconds(5));
    EXPECT_FALSE(seen.ok());
    EXPECT_THAT(std::string(seen.status().message()), Not(HasSubstr("canary")));
  }
}

TEST_F(PostgresFaults, AServerThatIsBackServesNewSessions) {
  ASSERT_TRUE(Sql("SELECT 1").ok());
  server_->Kill();
  EXPECT_EQ(Sql("SELECT 1").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Sql("SELECT 1").status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(server_->StartAgain().ok());
  EXPECT_EQ(Ask("SELECT 7"), "7");
}

}  // namespace
}  // namespace smokemesh::agent
