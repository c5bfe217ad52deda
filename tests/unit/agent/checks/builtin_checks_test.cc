#include "agent/checks/builtin_checks.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace smokemesh::agent {
namespace {

TEST(BuiltinChecks, KnowsEveryKindOfThePlan) {
  EXPECT_THAT(BuiltinChecks()->Kinds(),
              ::testing::ElementsAre("event_bus", "flow", "http", "postgres", "redis", "scenario"));
}

TEST(BuiltinChecks, MakesACheckOfEveryKind) {
  const std::unique_ptr<CheckFactory> factory = BuiltinChecks();
  for (const char* check : {R"pb(http { steps { request { url: "/" } } })pb",
                            R"pb(postgres { steps { sql: "SELECT 1" } })pb",
                            R"pb(redis { steps { command: "PING" } })pb",
                            R"pb(event_bus { steps { subscribe: "c" } })pb",
                            R"pb(scenario { steps { redis { command: "PING" } } })pb"}) {
    v1::Assignment assignment;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(check, assignment.mutable_check()));
    EXPECT_TRUE(factory->Create(assignment).ok()) << check;
  }
}

}  // namespace
}  // namespace smokemesh::agent
