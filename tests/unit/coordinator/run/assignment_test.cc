#include "coordinator/run/assignment.h"

#include <gtest/gtest.h>

#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

TEST(TaskIdTest, ReadsWhatItWrites) {
  const std::string id = FormatTaskId({"run", "check", "a/b@host", 3});
  EXPECT_EQ(id, "run/check/a/b@host/3");
  const auto name = ParseTaskId(id);
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->run_id, "run");
  EXPECT_EQ(name->check, "check");
  EXPECT_EQ(name->agent_id, "a/b@host");
  EXPECT_EQ(name->attempt, 3);
}

TEST(TaskIdTest, RefusesWhatIsNone) {
  for (const char* id : {"", "/", "a/b", "a/b/c", "a/b/c/", "a/b/c/x", "a/b/c/0", "a/b/c/-1",
                         "a/b/c/1x", "a/b/c/99999999999"}) {
    EXPECT_FALSE(ParseTaskId(id).has_value()) << id;
  }
}

class AssignmentTest : public ::testing::Test {
 protected:
  AssignmentTest() {
    (*plan_.mutable_connections())["db"].set_postgres("postgresql://db/");
    (*plan_.mutable_connections())["other"].set_postgres("postgresql://other/");
    (*plan_.mutable_connections())["gateway"].set_http("http://gateway");
    (*plan_.mutable_variables())["user"] = "u";
    plan_.add_public_env("REGION");
    *plan_.mutable_defaults()->mutable_timeout() =
        shared::ToProto(shared::Duration(std::chrono::seconds(7)));
  }
  v1::Assignment Make(const v1::Check& check) {
    return MakeAssignment(plan_, check, {"run", "check", "agent", 2});
  }
  v1::Plan plan_;
};

TEST_F(AssignmentTest, CarriesOnlyTheConnectionsThatTheCheckNames) {
  v1::Check check;
  check.mutable_postgres()->set_connection("db");
  check.mutable_postgres()->add_steps();
  const v1::Assignment assignment = Make(check);
  EXPECT_EQ(assignment.connections().size(), 1u);
  EXPECT_EQ(assignment.connections().count("db"), 1u);
  EXPECT_EQ(assignment.task_id(), "run/check/agent/2");
  EXPECT_EQ(assignment.attempt(), 2);
  EXPECT_EQ(assignment.variables().at("user"), "u");
  EXPECT_EQ(assignment.public_env(0), "REGION");
}

TEST_F(AssignmentTest, StepsAndFinallyNameConnectionsToo) {
  v1::Check check;
  check.mutable_postgres()->set_connection("db");
  check.mutable_postgres()->add_steps()->set_connection("other");
  check.add_finally()->mutable_http();
  const v1::Assignment assignment = Make(check);
  EXPECT_EQ(assignment.connections().size(), 3u);
}

TEST_F(AssignmentTest, ScenariosNameThoseOfTheirSteps) {
  v1::Check check;
  check.mutable_scenario()->add_steps()->mutable_http()->set_connection("gateway");
  EXPECT_EQ(Make(check).connections().count("gateway"), 1u);
  EXPECT_EQ(Make(check).connections().size(), 1u);
}

TEST_F(AssignmentTest, EventBusStepsNameRedisConnectionsWithTheirFormat) {
  v1::Connection& bus = (*plan_.mutable_connections())["bus"];
  bus.set_redis("redis://bus");
  bus.mutable_event_bus()->set_ttl_seconds(60);
  v1::Check named;
  named.mutable_event_bus()->set_connection("bus");
  EXPECT_EQ(Make(named).connections().at("bus").event_bus().ttl_seconds(), 60);
  EXPECT_EQ(Make(named).connections().size(), 1u);
  v1::Check only_one;
  only_one.mutable_event_bus()->add_steps();
  EXPECT_EQ(Make(only_one).connections().count("bus"), 1u);
  v1::Check in_finally;
  in_finally.mutable_http()->set_connection("gateway");
  in_finally.add_finally()->mutable_event_bus()->mutable_forget();
  EXPECT_EQ(Make(in_finally).connections().size(), 2u);
}

TEST_F(AssignmentTest, AlwaysHasATimeout) {
  v1::Check check;
  EXPECT_EQ(Make(check).check().timeout().seconds(), 7);
  plan_.clear_defaults();
  EXPECT_EQ(Make(check).check().timeout().seconds(), 10);
  check.mutable_timeout()->set_seconds(3);
  EXPECT_EQ(Make(check).check().timeout().seconds(), 3);
}

}  // namespace
}  // namespace smokemesh::coordinator
