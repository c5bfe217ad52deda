// `rediss://` with the connection's TLS options.

#include <string>

#include "tests/integration/redis/redis_fixture.h"
#include "tests/testing/stopwatch.h"
#include "tests/testing/throwaway_ca.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

class RedisTls : public RedisTest {
 protected:
  void Start(const testing::ThrowawayCa::Leaf& leaf, const std::string& client_ca = "") {
    testing::RedisOptions options;
    options.password = "pw-canary";
    options.cert_file = leaf.cert_file;
    options.key_file = leaf.key_file;
    options.client_ca_file = client_ca;
    auto started = testing::LocalRedis::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    url_ = server_->TlsUrl();
    tls_.set_ca_file(ca_.ca_file());
  }

  void ExpectRefused(const std::string& why) {
    const auto seen = Command({"PING"});
    EXPECT_EQ(seen.status().code(), absl::StatusCode::kUnavailable) << seen.status();
    EXPECT_THAT(std::string(seen.status().message()), HasSubstr(why));
  }

  testing::ThrowawayCa ca_;
  std::unique_ptr<testing::LocalRedis> server_;
};

TEST_F(RedisTls, TalksToTheRightServer) {
  Start(ca_.Issue());
  EXPECT_EQ(Value(Command({"SET", "k", std::string(100'000, 'x')})), "\"OK\"");
  EXPECT_EQ(Value(Command({"STRLEN", "k"})), "100000");
  const auto seen = Command({"GET", "k"});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(Value(Command({"SUBSCRIBE", "c"}, "sub"), "type"), "\"array\"");
  ASSERT_TRUE(server_->Command({"PUBLISH", "c", "m"}).ok());
  EXPECT_EQ(Value(Receive(1, kLong, {}, "sub"), "message", "0"), "\"m\"");
}

TEST_F(RedisTls, RefusesAnotherAuthority) {
  Start(ca_.Issue());
  const testing::ThrowawayCa other("Another CA");
  tls_.set_ca_file(other.ca_file());
  ExpectRefused("the server's certificate is not accepted");
  tls_.clear_ca_file();
  ExpectRefused("the server's certificate is not accepted");
}

TEST_F(RedisTls, RefusesAnotherNameUnlessItIsExpected) {
  Start(ca_.Issue("cache.example", {"DNS:cache.example"}));
  ExpectRefused("hostname mismatch");
  tls_.set_server_name("cache.example");
  EXPECT_EQ(Value(Command({"PING"})), "\"PONG\"");
}

TEST_F(RedisTls, RefusesACertificateThatHasEnded) {
  Start(ca_.Issue("localhost", {"DNS:localhost"}, -0.5));
  ExpectRefused("certificate has expired");
}

TEST_F(RedisTls, TakesAnyCertificateOnlyWhenToldTo) {
  Start(ca_.Issue("cache.example", {"DNS:cache.example"}));
  tls_.set_insecure_skip_verify(true);
  EXPECT_EQ(Value(Command({"PING"})), "\"PONG\"");
}

TEST_F(RedisTls, ShowsItsOwnCertificate) {
  Start(ca_.Issue(), ca_.ca_file());
  ExpectRefused("");
  const auto client = ca_.Issue("agent", {});
  tls_.set_cert_file(client.cert_file);
  tls_.set_key_file(client.key_file);
  EXPECT_EQ(Value(Command({"PING"})), "\"PONG\"");
}

TEST_F(RedisTls, AFileThatIsNotThereIsTheCheckersFault) {
  Start(ca_.Issue());
  tls_.set_ca_file("/nowhere/ca.pem");
  EXPECT_EQ(Command({"PING"}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RedisTls, APlainPortIsNoTlsServer) {
  Start(ca_.Issue());
  url_ = "rediss://localhost:" + std::to_string(server_->port());
  const testing::Stopwatch watch;
  const auto seen = Command({"PING"}, "", std::chrono::milliseconds(300));
  EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(300) + kTolerance);
  EXPECT_FALSE(seen.ok());
}

}  // namespace
}  // namespace smokemesh::agent
