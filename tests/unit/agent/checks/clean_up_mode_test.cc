// Assignments that only clean up after earlier executions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/checks/step_check_fixture.h"

namespace smokemesh::agent {
namespace {

using smokemesh::testing::FakeRunner;
using smokemesh::testing::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class CleanUpModeTest : public smokemesh::testing::StepCheckTest {
 protected:
  static v1::Assignment AssignCleanUp(const std::string& check) {
    v1::Assignment assignment = Assign(check);
    for (const char* agent : {"agent-7", "agent-8"}) {
      v1::CleanUpTarget* target = assignment.add_clean_up();
      target->set_run_id("run-0");
      target->set_agent_id(agent);
    }
    return assignment;
  }
};

TEST_F(CleanUpModeTest, CarriesOutFinallyWithTheNamesOfEachExecution) {
  const std::string check = R"pb(
    http { steps { request { url: "/make/{{uuid}}" } } }
    finally { http { request { url: "/delete/{{run_id}}/{{agent}}/{{uuid}}" } } }
    retry { attempts: 3 }
  )pb";
  v1::Assignment earlier = Assign(check);
  earlier.set_run_id("run-0");
  earlier.set_task_id("run-0/c/agent-7/1");
  Run(earlier);
  ASSERT_THAT(journal_.requests, SizeIs(1));
  const std::string uuid = journal_.requests[0].substr(std::string("/make/").size());
  journal_.requests.clear();

  const v1::TaskResult result = Run(AssignCleanUp(check));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.ShortDebugString();
  EXPECT_EQ(result.agent_id(), "agent-1");
  EXPECT_EQ(result.run_id(), "run-1");
  ASSERT_THAT(journal_.requests, SizeIs(2));
  EXPECT_EQ(journal_.requests[0], "/delete/run-0/agent-7/" + uuid);
  EXPECT_THAT(journal_.requests[1], StartsWith("/delete/run-0/agent-8/"));
  EXPECT_THAT(journal_.requests[1], Not(HasSubstr(uuid)));
  ASSERT_THAT(result.steps(), SizeIs(4));
  EXPECT_THAT(result.steps(0).name(), HasSubstr("(run run-0, agent agent-7)"));
  EXPECT_EQ(result.steps(0).outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.steps(1).observed(), "nothing is left");
  EXPECT_TRUE(CleanUp().ok());
  EXPECT_THAT(journal_.requests, SizeIs(2)) << "finally ran for this run too";
}

TEST_F(CleanUpModeTest, DropsTheScratchSchemaOfEachExecutionWhereItIsNamed) {
  const std::string check = R"pb(
    variables { key: "table" value: "{{schema}}.t" }
    scenario {
      steps {
        http {
          request { url: "/id" }
          capture {
            key: "id"
            value { json: "/id" }
          }
        }
      }
      steps { postgres { connection: "db" sql: "INSERT INTO x VALUES ({{id}})" } }
      steps { postgres { connection: "db" sql: "INSERT INTO {{table}} VALUES ({{id}})" } }
      steps { postgres { connection: "other" sql: "SELECT 1" expect: "value == 1" } }
      steps { postgres { connection: "third" sql: "SELECT 1" expect: "value != {{schema}}" } }
    }
  )pb";
  v1::Assignment assignment = AssignCleanUp(check);
  (*assignment.mutable_connections())["other"].set_postgres("postgresql://h/other");
  (*assignment.mutable_connections())["third"].set_postgres("postgresql://h/third");
  const v1::TaskResult result = Run(assignment);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.ShortDebugString();
  EXPECT_THAT(journal_.requests, IsEmpty());
  ASSERT_THAT(journal_.dropped, SizeIs(4));

  std::string schema;
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    if (!request.scratch_schema.empty()) schema = request.scratch_schema;
    auto observation = Status(200);
    observation->values["json /id"] = int64_t{1};
    return observation;
  };
  assignment.clear_clean_up();
  assignment.set_run_id("run-0");
  assignment.set_task_id("run-0/c/agent-8/1");
  Run(assignment);
  EXPECT_THAT(journal_.dropped[0], StartsWith("db smokemesh_"));
  EXPECT_EQ(journal_.dropped[2], "db " + schema);
  EXPECT_EQ(journal_.dropped[3], "third " + schema);
  EXPECT_NE(journal_.dropped[0], journal_.dropped[2]);
}

TEST_F(CleanUpModeTest, FailsWithAllThatMayBeLeft) {
  answer_ = [](const StepRequest& request,
               const CheckContext&) -> absl::StatusOr<std::unique_ptr<shared::Observation>> {
    if (request.step->http().request().url() == "/f1/agent-7") {
      return absl::UnavailableError("connection refused, tok-canary-1");
    }
    return Status(200);
  };
  const v1::TaskResult result = Run(AssignCleanUp(R"pb(
    http { steps { request { url: "/${TOKEN}" } } }
    finally {
      http {
        request {
          url: "/f1/{{agent}}"
          headers { key: "t" value: "${TOKEN}" }
        }
      }
    }
    finally { http { request { url: "/f2/{{agent}}" } } }
  )pb"));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(journal_.requests,
              ElementsAre("/f1/agent-7", "/f2/agent-7", "/f1/agent-8", "/f2/agent-8"));
  ASSERT_THAT(result.failures(), SizeIs(1));
  EXPECT_EQ(result.failures(0).step(), 1);
  EXPECT_EQ(result.failures(0).actual(), "connection refused, ***");
  EXPECT_THAT(result.message(), StartsWith("something may be left of 1 of 2 executions: "));
  ASSERT_THAT(result.steps(), SizeIs(6));
  EXPECT_EQ(result.steps(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.steps(1).outcome(), v1::OUTCOME_PASSED);
}

TEST_F(CleanUpModeTest, FailsWhenARunnerCannotDropTheSchema) {
  clean_up_ = absl::UnavailableError("no route to db.example");
  const v1::TaskResult result = Run(AssignCleanUp(R"pb(
    postgres { steps { sql: "CREATE TABLE {{schema}}.t" } }
  )pb"));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  ASSERT_THAT(result.failures(), SizeIs(2));
  EXPECT_THAT(result.failures(0).actual(), HasSubstr("on connection \"db\" may be left: no route"));
  EXPECT_EQ(result.failures(1).step(), 2);
}

TEST_F(CleanUpModeTest, PassesOverWhatNeedsACapturedValue) {
  const v1::TaskResult result = Run(AssignCleanUp(R"pb(
    http {
      steps {
        request { url: "/make" }
        capture {
          key: "id"
          value { json: "/id" }
        }
      }
    }
    finally { http { request { url: "/delete/{{id}}" } } }
  )pb"));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.steps(0).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(result.steps(0).observed(), "nothing to remove: no step captured id");
  EXPECT_THAT(journal_.requests, IsEmpty());
}

TEST_F(CleanUpModeTest, IsAbortedWhenCancelled) {
  cancellation_.Cancel("enough");
  const v1::TaskResult result = Run(AssignCleanUp(R"pb(
    http { steps { request { url: "/a" } } }
    finally { http { request { url: "/f" } } }
  )pb"));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_THAT(journal_.requests, IsEmpty());
}

}  // namespace
}  // namespace smokemesh::agent
