#include "agent/checks/flow_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "shared/duration.h"
#include "tests/unit/agent/checks/step_check_fixture.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using smokemesh::testing::FakeRunner;
using smokemesh::testing::Status;
using smokemesh::testing::StepCheckTest;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// A barrier that notes what had happened when the agent came there.
class FakeBarrier final : public Barrier {
 public:
  explicit FakeBarrier(smokemesh::testing::Journal* journal) : journal_(*journal) {}

  absl::Status Await(shared::SteadyTime deadline) override {
    ++arrivals;
    {
      shared::MutexLock lock(&journal_.mutex);
      before = journal_.requests;
    }
    if (wait_for_deadline) std::this_thread::sleep_until(deadline);
    return answer;
  }

  absl::Status answer;
  bool wait_for_deadline = false;
  int arrivals = 0;
  std::vector<std::string> before;

 private:
  smokemesh::testing::Journal& journal_;
};

class FlowRunTest : public StepCheckTest {
 protected:
  // A flow of a listener and a publisher that both run on this agent.
  static v1::Assignment Both() {
    v1::Assignment assignment = Assign(R"pb(
      flow {
        roles {
          name: "listener"
          prepare { postgres { sql: "listen" } }
          steps { postgres { sql: "hear" } }
          steps { postgres { sql: "settle" } }
        }
        roles {
          name: "publisher"
          steps { postgres { sql: "publish" } }
        }
        roles {
          name: "elsewhere"
          prepare { postgres { sql: "not here" } }
          steps { postgres { sql: "nor this" } }
        }
      }
      finally { postgres { sql: "remove" } }
    )pb");
    assignment.add_roles("listener");
    assignment.add_roles("publisher");
    return assignment;
  }

  v1::TaskResult RunFlow(const v1::Assignment& assignment) {
    factory_ = Factory();
    auto check = factory_->Create(assignment);
    EXPECT_TRUE(check.ok()) << check.status();
    if (!check.ok()) return {};
    check_ = *std::move(check);
    return check_->Run({std::chrono::steady_clock::now() + timeout_, &cancellation_, &barrier_});
  }

  // Answers `what` with this status, and everything else with 200.
  void AnswerWith(const std::string& what, int64_t status) {
    answer_ = [what, status](const StepRequest& request, const CheckContext&) {
      return Status(FakeRunner::WhatOf(*request.step) == what ? status : 200);
    };
  }

  FakeBarrier barrier_{&journal_};
};

TEST_F(FlowRunTest, CarriesOutItsRolesWithOneBarrierBetweenPreparationAndSteps) {
  const v1::TaskResult result = RunFlow(Both());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.message();
  EXPECT_EQ(result.tries(), 1);
  EXPECT_EQ(barrier_.arrivals, 1);
  EXPECT_THAT(barrier_.before, ElementsAre("listen"));
  EXPECT_THAT(journal_.requests, UnorderedElementsAre("listen", "hear", "settle", "publish"));
  ASSERT_THAT(result.steps(), SizeIs(4));
  EXPECT_EQ(result.steps(0).role(), "listener");
  EXPECT_EQ(result.steps(0).name(), "listen");
  EXPECT_EQ(result.steps(2).name(), "settle");
  EXPECT_EQ(result.steps(3).role(), "publisher");
  ASSERT_THAT(result.roles(), SizeIs(2));
  for (const v1::RoleResult& role : result.roles()) {
    EXPECT_EQ(role.outcome(), v1::OUTCOME_PASSED);
    EXPECT_TRUE(role.has_prepared_after());
    EXPECT_TRUE(role.has_latency());
  }
  EXPECT_EQ(result.roles(0).role(), "listener");
  EXPECT_EQ(result.roles(1).role(), "publisher");
}

TEST_F(FlowRunTest, RolesRunAtTheSameTime) {
  smokemesh::testing::Barrier together(2);
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    const std::string what = FakeRunner::WhatOf(*request.step);
    if (what != "listen" && what != "settle") {
      EXPECT_TRUE(together.Arrive()) << what;
    }
    return Status(200);
  };
  timeout_ = 30s;
  EXPECT_EQ(RunFlow(Both()).outcome(), v1::OUTCOME_PASSED);
}

TEST_F(FlowRunTest, ASessionBelongsToItsRole) {
  RunFlow(Both());
  EXPECT_THAT(journal_.sessions, UnorderedElementsAre("listener/main", "listener/main",
                                                      "listener/main", "publisher/main"));
  journal_.sessions.clear();
  ASSERT_TRUE(CleanUp().ok());
  EXPECT_THAT(journal_.sessions, ElementsAre("main"));  // of `finally`
}

TEST_F(FlowRunTest, FinallyRunsOnceForTheAgentAndSeesWhatRolesCaptured) {
  v1::Assignment assignment = Both();
  v1::PostgresStep& hear = *assignment.mutable_check()
                                ->mutable_flow()
                                ->mutable_roles(0)
                                ->mutable_steps(0)
                                ->mutable_postgres();
  (*hear.mutable_capture())["id"].set_column("id");
  assignment.mutable_check()->mutable_finally(0)->mutable_postgres()->set_sql("remove {{id}}");
  answer_ = [](const StepRequest&, const CheckContext&) {
    auto observation = Status(200);
    observation->values["column id"] = shared::Text{"seven"};
    return observation;
  };
  RunFlow(assignment);
  journal_.requests.clear();
  ASSERT_TRUE(CleanUp().ok());
  EXPECT_THAT(journal_.requests, ElementsAre("remove seven"));
}

TEST_F(FlowRunTest, WithoutPreparationTheAgentIsNeverReady) {
  AnswerWith("listen", 500);
  const v1::TaskResult result = RunFlow(Both());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(barrier_.arrivals, 0);
  EXPECT_EQ(result.message(),
            "role listener: step 1 (listen): expected status between 200, 299, got 500");
  EXPECT_THAT(journal_.requests, ElementsAre("listen"));
  ASSERT_THAT(result.steps(), SizeIs(4));
  EXPECT_EQ(result.steps(1).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(result.steps(3).outcome(), v1::OUTCOME_SKIPPED);
  ASSERT_THAT(result.roles(), SizeIs(2));
  EXPECT_EQ(result.roles(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_FALSE(result.roles(0).has_prepared_after());
  EXPECT_EQ(result.roles(1).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_FALSE(result.roles(1).has_latency());
}

TEST_F(FlowRunTest, RolesDoNotStopEachOtherAndTheirFailuresKeepTheirPlaces) {
  AnswerWith("hear", 500);
  const v1::TaskResult result = RunFlow(Both());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(result.message(), HasSubstr("role listener: step 2 (hear): "));
  EXPECT_EQ(result.roles(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.roles(1).outcome(), v1::OUTCOME_PASSED);
  ASSERT_TRUE(result.roles(0).has_latency()) << "Go came";
  EXPECT_EQ(result.roles(0).latency().seconds(), 0);
  EXPECT_EQ(result.roles(0).latency().nanos(), 0) << "and nothing passed since";
  EXPECT_GT(result.roles(1).latency().nanos(), 0);

  journal_.requests.clear();
  AnswerWith("publish", 500);
  const v1::TaskResult other = RunFlow(Both());
  ASSERT_THAT(other.failures(), SizeIs(1));
  EXPECT_EQ(other.failures(0).step(), 4) << "counted over all steps of the result";
  EXPECT_THAT(other.message(), HasSubstr("role publisher: step 1 (publish): "));
}

TEST_F(FlowRunTest, NotReleasedInTimeIsAFailureThatSaysSo) {
  timeout_ = 50ms;
  barrier_.wait_for_deadline = true;
  barrier_.answer = absl::DeadlineExceededError("not released");
  const v1::TaskResult result = RunFlow(Both());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(
      result.message(),
      AllOf(HasSubstr("not released: expected that all agents of the flow are ready within"),
            HasSubstr("got no Go within"), HasSubstr("this agent was ready after")));
  EXPECT_THAT(journal_.requests, ElementsAre("listen"));
  ASSERT_THAT(result.failures(), SizeIs(1));
  EXPECT_EQ(result.failures(0).step(), 0);
  for (const v1::RoleResult& role : result.roles()) {
    EXPECT_EQ(role.outcome(), v1::OUTCOME_FAILED);
    EXPECT_TRUE(role.has_prepared_after());
    EXPECT_FALSE(role.has_latency());
  }
}

TEST_F(FlowRunTest, CancelledAtTheBarrierIsAbortedWithTheReason) {
  barrier_.answer = absl::CancelledError("");
  cancellation_.Cancel("agent b is lost");
  // Cancelled before the first step would end it there.
  v1::Assignment assignment = Both();
  assignment.mutable_check()->mutable_flow()->mutable_roles(0)->clear_prepare();
  const v1::TaskResult result = RunFlow(assignment);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.message(), "cancelled: agent b is lost");
  EXPECT_THAT(result.failures(), IsEmpty());
  EXPECT_EQ(barrier_.arrivals, 1);
  EXPECT_THAT(journal_.requests, IsEmpty());
}

TEST_F(FlowRunTest, WithoutABarrierNothingIsProved) {
  const v1::TaskResult result = Run(Both());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(result.message(), HasSubstr("no barrier"));
}

TEST_F(FlowRunTest, ThereAreNoFurtherTries) {
  AnswerWith("hear", 500);
  v1::Assignment assignment = Both();
  assignment.mutable_check()->mutable_retry()->set_attempts(3);
  EXPECT_EQ(RunFlow(assignment).tries(), 1);
  EXPECT_EQ(barrier_.arrivals, 1);
}

TEST_F(FlowRunTest, ARoleThatIsLeftOutIsSkippedAndAllOfThemSkipTheCheck) {
  v1::Assignment assignment = Both();
  auto* roles = assignment.mutable_check()->mutable_flow()->mutable_roles();
  roles->Mutable(1)->mutable_steps(0)->mutable_postgres()->set_when("false");
  v1::TaskResult result = RunFlow(assignment);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.roles(1).outcome(), v1::OUTCOME_SKIPPED);
  for (auto* list : {roles->Mutable(0)->mutable_prepare(), roles->Mutable(0)->mutable_steps()}) {
    for (v1::Step& step : *list) step.mutable_postgres()->set_when("false");
  }
  result = RunFlow(assignment);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_SKIPPED);
}

TEST_F(FlowRunTest, LatencyRunsFromGoToTheLastStepThatPassed) {
  answer_ = [](const StepRequest& request, const CheckContext&) {
    if (FakeRunner::WhatOf(*request.step) == "settle") std::this_thread::sleep_for(30ms);
    return Status(200);
  };
  const v1::TaskResult result = RunFlow(Both());
  EXPECT_GE(shared::FromProto(result.roles(0).latency()), shared::Duration(30ms));
  EXPECT_LT(shared::FromProto(result.roles(1).latency()), shared::FromProto(result.duration()));
}

TEST_F(FlowRunTest, AnAssignmentWithoutARoleOrWithAnUnknownOneIsRefused) {
  v1::Assignment none = Both();
  none.clear_roles();
  EXPECT_THAT(std::string(Factory()->Create(none).status().message()),
              HasSubstr("names no role of the flow \"c\""));
  v1::Assignment unknown = Both();
  unknown.add_roles("stranger");
  EXPECT_THAT(std::string(Factory()->Create(unknown).status().message()),
              HasSubstr("has no role \"stranger\""));
  v1::Assignment empty = Both();
  empty.mutable_check()->mutable_flow()->mutable_roles(1)->clear_steps();
  EXPECT_THAT(std::string(Factory()->Create(empty).status().message()),
              HasSubstr("has no steps and so proves nothing"));
  v1::Assignment many = Both();
  for (int i = 0; i < 50; ++i) {
    const std::string name = "r" + std::to_string(i);
    v1::FlowRole& role = *many.mutable_check()->mutable_flow()->add_roles();
    role.set_name(name);
    role.add_steps()->mutable_postgres()->set_sql("one");
    many.add_roles(name);
  }
  EXPECT_THAT(std::string(Factory()->Create(many).status().message()),
              HasSubstr("52 roles: an agent takes at most 50"));
  // Cleaning up needs none.
  none.add_clean_up()->set_run_id("run-0");
  EXPECT_TRUE(Factory()->Create(none).ok());
}

TEST_F(FlowRunTest, IsAKindThatTheAgentKnows) {
  EXPECT_THAT(Factory()->Kinds(), ElementsAre("flow", "http", "postgres", "scenario"));
}

}  // namespace
}  // namespace smokemesh::agent
