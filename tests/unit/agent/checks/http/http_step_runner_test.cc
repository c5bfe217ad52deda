#include "agent/checks/http/http_step_runner.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace smokemesh::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// Notes what it is asked to send.
class FakeClient final : public HttpClient {
 public:
  explicit FakeClient(std::optional<HttpCall>* sent, int* disconnects)
      : sent_(*sent), disconnects_(*disconnects) {}
  absl::StatusOr<HttpAnswer> Send(const HttpCall& call, const CheckContext&) override {
    sent_ = call;
    HttpAnswer answer;
    answer.status = 204;
    return answer;
  }
  void Disconnect() override { ++disconnects_; }

 private:
  std::optional<HttpCall>& sent_;
  int& disconnects_;
};

class HttpStepRunnerTest : public ::testing::Test {
 protected:
  absl::Status Run(const std::string& request) {
    v1::Step step;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        request, step.mutable_http()->mutable_request()))
        << request;
    sent_.reset();
    StepRequest step_request;
    step_request.step = &step;
    step_request.connection = has_connection_ ? &connection_ : nullptr;
    step_request.fresh_session = fresh_;
    shared::Cancellation cancellation;
    return runner_
        ->Run(step_request,
              {std::chrono::steady_clock::now() + std::chrono::seconds(1), &cancellation})
        .status();
  }

  std::string UrlOf(const std::string& request) {
    const absl::Status status = Run(request);
    return status.ok() ? sent_->url : status.ToString();
  }

  HttpStepRunnerTest() { connection_.set_http("http://host:81/base"); }

  v1::Connection connection_;
  bool has_connection_ = true;
  bool fresh_ = false;
  std::optional<HttpCall> sent_;
  int disconnects_ = 0;
  std::unique_ptr<StepRunner> runner_ =
      MakeHttpStepRunnerOver(std::make_unique<FakeClient>(&sent_, &disconnects_));
};

TEST_F(HttpStepRunnerTest, AppendsPathsToTheConnection) {
  EXPECT_EQ(UrlOf(R"pb(url: "/a/b")pb"), "http://host:81/base/a/b");
  EXPECT_EQ(UrlOf(R"pb()pb"), "http://host:81/base");
  EXPECT_EQ(UrlOf(R"pb(url: "https://other/x")pb"), "https://other/x");
  connection_.set_http("http://host/");
  EXPECT_EQ(UrlOf(R"pb(url: "/a")pb"), "http://host/a");
  EXPECT_THAT(UrlOf(R"pb(url: "a")pb"), HasSubstr("INVALID_ARGUMENT"));
  connection_.set_http("http://host/?a=b");
  EXPECT_THAT(UrlOf(R"pb(url: "/a")pb"), HasSubstr("INVALID_ARGUMENT"));
  has_connection_ = false;
  EXPECT_THAT(UrlOf(R"pb(url: "/a")pb"), HasSubstr("INVALID_ARGUMENT"));
  EXPECT_EQ(UrlOf(R"pb(url: "https://other/x")pb"), "https://other/x");
}

TEST_F(HttpStepRunnerTest, EncodesQueryParameters) {
  EXPECT_EQ(UrlOf(R"pb(
              url: "/a"
              query { key: "z" value: "1&2=ü" }
              query { key: "b c" value: "" }
            )pb"),
            "http://host:81/base/a?b%20c=&z=1%262%3D%C3%BC");
  EXPECT_EQ(UrlOf(R"pb(url: "/a?x=1#f"
                       query { key: "y" value: "2" })pb"),
            "http://host:81/base/a?x=1&y=2#f");
}

TEST_F(HttpStepRunnerTest, SendsJsonFormsAndOtherBodies) {
  ASSERT_TRUE(Run(R"pb(method: "POST" url: "/" json: "{\"a\":1}")pb").ok());
  EXPECT_EQ(sent_->method, "POST");
  EXPECT_EQ(*sent_->body, "{\"a\":1}");
  EXPECT_THAT(sent_->headers, ElementsAre(Pair("Content-Type", "application/json")));

  ASSERT_TRUE(Run(R"pb(
                url: "/"
                form { key: "u" value: "a@b c" }
                form { key: "p" value: "x&y" }
              )pb")
                  .ok());
  EXPECT_EQ(*sent_->body, "p=x%26y&u=a%40b%20c");
  EXPECT_THAT(sent_->headers,
              ElementsAre(Pair("Content-Type", "application/x-www-form-urlencoded")));

  ASSERT_TRUE(Run(R"pb(
                url: "/"
                json: "{}"
                headers { key: "content-type" value: "application/x" }
              )pb")
                  .ok());
  EXPECT_THAT(sent_->headers, ElementsAre(Pair("content-type", "application/x")));

  ASSERT_TRUE(Run(R"pb(url: "/" body: "raw")pb").ok());
  EXPECT_EQ(*sent_->body, "raw");
  EXPECT_THAT(sent_->headers, IsEmpty());
  ASSERT_TRUE(Run(R"pb(url: "/")pb").ok());
  EXPECT_EQ(sent_->method, "GET");
  EXPECT_FALSE(sent_->body.has_value());
}

TEST_F(HttpStepRunnerTest, RefusesMethodsAndHeadersThatWouldBreakTheRequest) {
  EXPECT_THAT(UrlOf(R"pb(method: "GET / HTTP/1.1\r\n" url: "/")pb"), HasSubstr("unknown method"));
  EXPECT_THAT(UrlOf(R"pb(method: "get" url: "/")pb"), HasSubstr("unknown method"));
  const absl::Status value = Run(R"pb(url: "/"
                                      headers { key: "x" value: "canary\r\ny: z" })pb");
  EXPECT_EQ(value.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(value.message()), ::testing::Not(HasSubstr("canary")));
  EXPECT_FALSE(Run(R"pb(url: "/"
                        headers { key: "x y" value: "1" })pb")
                   .ok());
  EXPECT_FALSE(Run(R"pb(url: "/"
                        headers { key: "" value: "1" })pb")
                   .ok());
  EXPECT_FALSE(sent_.has_value());
}

TEST_F(HttpStepRunnerTest, PassesTlsOptionsOn) {
  ASSERT_TRUE(google::protobuf::TextFormat::MergeFromString(R"pb(
                                                              tls {
                                                                ca_file: "ca"
                                                                cert_file: "c"
                                                                key_file: "k"
                                                                server_name: "s"
                                                                insecure_skip_verify: true
                                                              }
                                                            )pb",
                                                            &connection_));
  ASSERT_TRUE(Run(R"pb(url: "/" follow_redirects: true)pb").ok());
  EXPECT_EQ(sent_->ca_file, "ca");
  EXPECT_EQ(sent_->cert_file, "c");
  EXPECT_EQ(sent_->key_file, "k");
  EXPECT_EQ(sent_->server_name, "s");
  EXPECT_TRUE(sent_->insecure_skip_verify);
  EXPECT_TRUE(sent_->follow_redirects);
}

TEST_F(HttpStepRunnerTest, DisconnectsToCleanUp) {
  shared::Cancellation cancellation;
  EXPECT_TRUE(runner_->CleanUp({std::chrono::steady_clock::now(), &cancellation}).ok());
  EXPECT_EQ(disconnects_, 1);
}

TEST_F(HttpStepRunnerTest, AsksForAConnectionOfItsOwnWhenTheStepDoes) {
  ASSERT_TRUE(Run("").ok());
  EXPECT_FALSE(sent_->fresh_connection);
  fresh_ = true;
  ASSERT_TRUE(Run("").ok());
  EXPECT_TRUE(sent_->fresh_connection);
}

}  // namespace
}  // namespace smokemesh::agent
