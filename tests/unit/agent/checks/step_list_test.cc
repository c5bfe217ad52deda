#include "agent/checks/step_list.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace smokemesh::agent {
namespace {

v1::Step StepOf(const std::string& text) {
  v1::Step step;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &step)) << text;
  return step;
}

TEST(NameOf, TellsWhatAStepDoes) {
  EXPECT_EQ(NameOf(StepOf(R"pb(http {
                                 name: "own"
                                 request { url: "/x" }
                               })pb")),
            "own");
  EXPECT_EQ(NameOf(StepOf(R"pb(http { request { url: "/x?q=1" } })pb")), "GET /x");
  EXPECT_EQ(NameOf(StepOf(R"pb(http { request { method: "POST" url: "/{{id}}" } })pb")),
            "POST /{{id}}");
  EXPECT_EQ(NameOf(StepOf(R"pb(postgres { sql: "SELECT\n  1" })pb")), "SELECT 1");
  EXPECT_EQ(
      NameOf(StepOf(R"pb(redis { command: "SET" command: "k" command: "v" command: "EX" })pb")),
      "SET k v");
  EXPECT_EQ(NameOf(StepOf(R"pb(redis {
                                 session: "s"
                                 receive { count: 1 }
                               })pb")),
            "receive on s");
  EXPECT_EQ(NameOf(StepOf(R"pb(postgres { session: "s" disconnect: true })pb")), "disconnect s");
}

TEST(NameOf, CutsALongStatementAtAWord) {
  const std::string name = NameOf(StepOf(
      R"pb(postgres {
             sql: "INSERT INTO a_table_with_a_long_name (first, second, third) VALUES ($1, $2, $3)"
           })pb"));
  EXPECT_EQ(name, "INSERT INTO a_table_with_a_long_name (first, second, third)…");
}

TEST(StepsOf, GivesTheStepsOfEveryKindInOrder) {
  v1::Check check;
  check.mutable_http()->add_steps()->set_name("one");
  check.mutable_http()->add_steps()->set_name("two");
  const std::vector<v1::Step> steps = StepsOf(check);
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(KindOf(steps[0]), "http");
  EXPECT_EQ(NameOf(steps[1]), "two");
  EXPECT_EQ(KindOf(check), "http");
  EXPECT_EQ(KindOf(v1::Check()), "");
}

}  // namespace
}  // namespace smokemesh::agent
