#include "coordinator/session/message_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;

v1::Hello GoodHello() {
  v1::Hello hello;
  hello.set_agent_id("identity-1");
  hello.set_incarnation("0f7c");
  hello.set_service("identity");
  (*hello.mutable_labels())["zone"] = "eu west";
  hello.add_capabilities("http");
  hello.add_tasks_in_hand("run/check/identity-1/1");
  hello.set_max_parallel(4);
  return hello;
}

v1::ConnectRequest GoodResults() {
  v1::ConnectRequest message;
  message.mutable_results()->set_sequence(1);
  v1::TaskResult* result = message.mutable_results()->add_results();
  result->set_task_id("run/check/identity-1/1");
  result->set_run_id("run");
  result->set_check("check");
  result->set_agent_id("identity-1");
  return message;
}

void ExpectRefused(const absl::Status& status, absl::StatusCode code, const std::string& field) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(field));
}

TEST(MessageLimitsTest, TakesAGoodHello) {
  EXPECT_TRUE(CheckHello(GoodHello(), false).ok()) << CheckHello(GoodHello(), false);
}

TEST(MessageLimitsTest, RefusesIdentifiersThatAreNotSafeToPrint) {
  for (const std::string& id :
       {std::string(), std::string("a b"), std::string("a\nb"), std::string("a\x1b[2J"),
        std::string("a\x7f"), std::string(129, 'a'), std::string("a\0b", 3)}) {
    v1::Hello hello = GoodHello();
    hello.set_agent_id(id);
    ExpectRefused(CheckHello(hello, false), absl::StatusCode::kInvalidArgument, "hello.agent_id");
  }
  v1::Hello hello = GoodHello();
  hello.set_agent_id(std::string(128, 'a'));
  EXPECT_TRUE(CheckHello(hello, false).ok());
}

TEST(MessageLimitsTest, AMessageShowsARefusedIdentifierEscaped) {
  v1::Hello hello = GoodHello();
  hello.set_agent_id("a\x1b[2J");
  EXPECT_EQ(CheckHello(hello, false).message().find('\x1b'), absl::string_view::npos);
}

TEST(MessageLimitsTest, RefusesTooManyOfAnything) {
  v1::Hello labels = GoodHello();
  for (int i = 0; i < 65; ++i) (*labels.mutable_labels())[std::to_string(i)] = "x";
  ExpectRefused(CheckHello(labels, false), absl::StatusCode::kResourceExhausted, "hello.labels");
  v1::Hello kinds = GoodHello();
  for (int i = 0; i < 65; ++i) kinds.add_capabilities("http");
  ExpectRefused(CheckHello(kinds, false), absl::StatusCode::kResourceExhausted,
                "hello.capabilities");
  v1::Hello tasks = GoodHello();
  for (int i = 0; i < 10001; ++i) tasks.add_tasks_in_hand("t");
  ExpectRefused(CheckHello(tasks, false), absl::StatusCode::kResourceExhausted,
                "hello.tasks_in_hand");
}

TEST(MessageLimitsTest, OnlyAnAgentInThisProcessStandsForAll) {
  v1::Hello hello = GoodHello();
  hello.set_stands_for_all(true);
  ExpectRefused(CheckHello(hello, false), absl::StatusCode::kPermissionDenied,
                "hello.stands_for_all");
  EXPECT_TRUE(CheckHello(hello, true).ok());
}

TEST(MessageLimitsTest, AMessageThatOnlyANewerCoordinatorKnowsSaysNothing) {
  v1::ConnectRequest message;
  ASSERT_TRUE(message.ParseFromString("\xa2\x1f\x03new"));  // field 500
  EXPECT_EQ(message.message_case(), v1::ConnectRequest::MESSAGE_NOT_SET);
  EXPECT_TRUE(CheckMessage(message).ok()) << CheckMessage(message);
}

TEST(MessageLimitsTest, RefusesDeploymentsAndFeaturesThatCannotBePrinted) {
  v1::Hello hello = GoodHello();
  hello.set_deployment("sha256:" + std::string(64, 'a'));
  hello.add_features("flow");
  EXPECT_TRUE(CheckHello(hello, false).ok()) << CheckHello(hello, false);
  hello.set_deployment("v42 (dirty)");
  ExpectRefused(CheckHello(hello, false), absl::StatusCode::kInvalidArgument, "hello.deployment");
  hello.set_deployment(std::string(257, 'v'));
  ExpectRefused(CheckHello(hello, false), absl::StatusCode::kInvalidArgument, "hello.deployment");
  hello.clear_deployment();
  hello.add_features("");
  ExpectRefused(CheckHello(hello, false), absl::StatusCode::kInvalidArgument, "hello.features");
  while (hello.features_size() <= 64) hello.add_features("x");
  ExpectRefused(CheckHello(hello, false), absl::StatusCode::kResourceExhausted, "hello.features");
}

TEST(MessageLimitsTest, RefusesASecondHello) {
  v1::ConnectRequest message;
  *message.mutable_hello() = GoodHello();
  ExpectRefused(CheckMessage(message), absl::StatusCode::kInvalidArgument, "second Hello");
}

TEST(MessageLimitsTest, TakesGoodResults) {
  EXPECT_TRUE(CheckMessage(GoodResults()).ok()) << CheckMessage(GoodResults());
}

TEST(MessageLimitsTest, RefusesResultsBeyondTheLimits) {
  v1::ConnectRequest none = GoodResults();
  none.mutable_results()->clear_results();
  ExpectRefused(CheckMessage(none), absl::StatusCode::kInvalidArgument, "results");
  v1::ConnectRequest unnumbered = GoodResults();
  unnumbered.mutable_results()->set_sequence(0);
  ExpectRefused(CheckMessage(unnumbered), absl::StatusCode::kInvalidArgument, "sequence");
  v1::ConnectRequest many = GoodResults();
  while (many.results().results_size() <= 64) {
    *many.mutable_results()->add_results() = many.results().results(0);
  }
  ExpectRefused(CheckMessage(many), absl::StatusCode::kResourceExhausted, "65 entries");
  v1::ConnectRequest big = GoodResults();
  big.mutable_results()->mutable_results(0)->set_message(std::string(70000, 'x'));
  ExpectRefused(CheckMessage(big), absl::StatusCode::kResourceExhausted, "bytes");
  v1::ConnectRequest steps = GoodResults();
  for (int i = 0; i < 2001; ++i) steps.mutable_results()->mutable_results(0)->add_steps();
  ExpectRefused(CheckMessage(steps), absl::StatusCode::kResourceExhausted, "results.steps");
}

}  // namespace
}  // namespace smokemesh::coordinator
