// TLS by libpq's own parameters.

#include <string>

#include "tests/integration/postgres/postgres_fixture.h"
#include "tests/testing/throwaway_ca.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

class PostgresTls : public PostgresTest {
 protected:
  static void SetUpTestSuite() {
    ca_ = std::make_unique<testing::ThrowawayCa>();
    const auto leaf = ca_->Issue("localhost", {"DNS:localhost"});
    testing::PostgresOptions options;
    options.cert_file = leaf.cert_file;
    options.key_file = leaf.key_file;
    auto started = testing::LocalPostgres::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  static void TearDownTestSuite() {
    server_.reset();
    ca_.reset();
  }

  void UseUrl(const std::string& host, const std::string& ca_file) {
    url_ = server_->Url() + "?sslmode=verify-full&sslrootcert=" + ca_file;
    const std::string given = "127.0.0.1";
    url_.replace(url_.find(given), given.size(), host);
  }

  static inline std::unique_ptr<testing::ThrowawayCa> ca_;
};

TEST_F(PostgresTls, AcceptsTheRightServer) {
  UseUrl("localhost", ca_->ca_file());
  EXPECT_EQ(Ask("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), "true");
}

TEST_F(PostgresTls, RefusesAnotherAuthority) {
  testing::ThrowawayCa other("Another CA");
  UseUrl("localhost", other.ca_file());
  const auto seen = Sql("SELECT 1");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
  EXPECT_THAT(std::string(seen.status().message()), HasSubstr("certificate verify failed"));
}

TEST_F(PostgresTls, RefusesAnotherName) {
  UseUrl("127.0.0.1", ca_->ca_file());
  const auto seen = Sql("SELECT 1");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
}

TEST_F(PostgresTls, AFileThatIsNotThereIsTheCheckersFault) {
  UseUrl("localhost", "/nowhere/ca.pem");
  const auto seen = Sql("SELECT 1");
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kFailedPrecondition) << seen.status();
}

TEST_F(PostgresTls, CancelsStatementsOverTlsToo) {
  UseUrl("localhost", ca_->ca_file());
  const auto seen = Sql("SELECT pg_sleep(30)", {}, "", std::chrono::milliseconds(500));
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kDeadlineExceeded) << seen.status();
  EXPECT_TRUE(
      Eventually("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                 "LIKE 'SELECT pg_sleep%'",
                 "0"));
}

}  // namespace
}  // namespace smokemesh::agent
