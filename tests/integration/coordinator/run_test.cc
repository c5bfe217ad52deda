#include <gmock/gmock.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "tests/integration/coordinator/coordinator_fixture.h"
#include "tests/integration/coordinator/scripted_agent.h"

// Runs, from the first assignment to the verdict.

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

class RunTest : public CoordinatorTest {};

// Keeps the store's writer waiting, as a disk that hangs does.
class StoreHold {
 public:
  explicit StoreHold(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~StoreHold() { sqlite3_close(db_); }

 private:
  sqlite3* db_ = nullptr;
};

TEST_F(RunTest, TwoAgentsPassAndTheRunIsPromoted) {
  Start();
  ScriptedAgent api(NewChannel());
  ScriptedAgent web(NewChannel());
  ASSERT_TRUE(api.Join(MakeHello("api-1", "api")));
  ASSERT_TRUE(web.Join(MakeHello("web-1", "web")));
  v1::Plan plan = MakePlan({"a"}, "api");
  *plan.add_checks() = MakePlan({"b"}, "web").checks(0);
  const std::string run_id = MustCreate(MakeRequest("q", plan));

  Watch watch(stub_.get(), run_id);
  v1::WatchRunResponse first;
  ASSERT_TRUE(watch.Next(&first));
  ASSERT_TRUE(first.has_run());
  EXPECT_EQ(first.run().run_id(), run_id);
  EXPECT_EQ(first.run().checks_size(), 2);

  const auto a = api.NextAssignment();
  const auto b = web.NextAssignment();
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_EQ(a->check().name(), "a");
  EXPECT_EQ(b->check().name(), "b");
  EXPECT_EQ(a->run_id(), run_id);
  ASSERT_TRUE(api.Accept(*a) && web.Accept(*b));
  ASSERT_TRUE(api.SendResults(1, {ResultOf(*a, "api-1")}));
  EXPECT_EQ(api.NextAck(), 1u);
  EXPECT_TRUE(watch.Until([](const v1::WatchRunResponse& event) {
    return event.has_check() && event.check().name() == "a" &&
           event.check().outcome() == v1::OUTCOME_PASSED;
  }));
  ASSERT_TRUE(web.SendResults(1, {ResultOf(*b, "web-1")}));

  v1::Run run;
  EXPECT_TRUE(watch.ToTheEnd(&run).ok());
  EXPECT_EQ(run.state(), v1::Run::STATE_FINISHED);
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_PROMOTE) << run.verdict().summary();
  EXPECT_EQ(run.verdict().counts().passed(), 2);
  // A later watcher, and one who only asks, get the same.
  EXPECT_EQ(AwaitEnd("latest").verdict().decision(), v1::DECISION_PROMOTE);
  v1::Run asked;
  ASSERT_TRUE(Get("latest", &asked).ok());
  EXPECT_EQ(asked.run_id(), run_id);
  EXPECT_EQ(asked.state(), v1::Run::STATE_FINISHED);
}

TEST_F(RunTest, ResultsAreAcknowledgedAfterTheCommitOnly) {
  Start();
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  std::optional<v1::Assignment> task;
  {
    ScriptedAgent agent(NewChannel());
    ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
    task = agent.NextAssignment();
    ASSERT_TRUE(task.has_value());
    const StoreHold hold(store_path());
    ASSERT_TRUE(agent.SendResults(1, {ResultOf(*task, "api-1")}));
    // Messages are taken in order, so when this one has ended the stream the results were taken
    // before it, and an acknowledgement would have come first.
    ASSERT_TRUE(agent.SendHello(MakeHello("api-1", "api")));
    std::vector<v1::ConnectResponse> seen;
    EXPECT_EQ(agent.ReadToTheEnd(&seen).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_TRUE(seen.empty()) << seen.front().ShortDebugString();
  }
  // The agent comes back and says again what was not acknowledged.
  ScriptedAgent agent(NewChannel());
  v1::Hello hello = MakeHello("api-1", "api");
  hello.add_tasks_in_hand(task->task_id());
  ASSERT_TRUE(agent.Join(hello));
  ASSERT_TRUE(agent.SendResults(1, {ResultOf(*task, "api-1")}));
  // A task of a run that has ended in between may be cancelled first.
  std::optional<v1::ConnectResponse> answer = agent.Next();
  if (answer.has_value() && answer->has_cancellation()) answer = agent.Next();
  ASSERT_TRUE(answer.has_value() && answer->has_result_ack()) << answer->ShortDebugString();
  EXPECT_EQ(answer->result_ack().up_to_sequence(), 1u);
  EXPECT_EQ(AwaitEnd(run_id).verdict().decision(), v1::DECISION_PROMOTE);
}

TEST_F(RunTest, AnAgentThatIsLostLeavesMissingEvidence) {
  options_.engine.agent_grace = std::chrono::milliseconds(100);
  Start();
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  {
    ScriptedAgent agent(NewChannel());
    ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
    const auto task = agent.NextAssignment();
    ASSERT_TRUE(task.has_value());
    ASSERT_TRUE(agent.Accept(*task));
    agent.Cut();
  }
  const v1::Run run = AwaitEnd(run_id);
  EXPECT_EQ(run.checks(0).outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(RunTest, AnAgentThatComesBackInTimeLosesNothing) {
  Start();
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  std::optional<v1::Assignment> task;
  {
    ScriptedAgent agent(NewChannel());
    ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
    task = agent.NextAssignment();
    ASSERT_TRUE(task.has_value());
    ASSERT_TRUE(agent.Accept(*task));
    agent.Cut();
  }
  ScriptedAgent agent(NewChannel());
  v1::Hello hello = MakeHello("api-1", "api");
  hello.add_tasks_in_hand(task->task_id());
  ASSERT_TRUE(agent.Join(hello));
  ASSERT_TRUE(agent.SendResults(1, {ResultOf(*task, "api-1")}));
  EXPECT_EQ(agent.NextAck(), 1u);
  const v1::Run run = AwaitEnd(run_id);
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_PROMOTE);
  EXPECT_EQ(run.checks(0).tasks(0).result().attempt(), 1);
}

TEST_F(RunTest, AResultForAnotherAgentsTaskCountsForNothing) {
  Start();
  ScriptedAgent api(NewChannel());
  ScriptedAgent liar(NewChannel());
  ASSERT_TRUE(api.Join(MakeHello("api-1", "api")));
  ASSERT_TRUE(liar.Join(MakeHello("liar-1", "other")));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  const auto task = api.NextAssignment();
  ASSERT_TRUE(task.has_value());
  // Under the owner's name, and under its own.
  ASSERT_TRUE(liar.SendResults(1, {ResultOf(*task, "api-1"), ResultOf(*task, "liar-1")}));
  ASSERT_TRUE(liar.NextAck().has_value());  // so that it does not send it for ever
  v1::Run run;
  ASSERT_TRUE(Get(run_id, &run).ok());
  EXPECT_EQ(run.state(), v1::Run::STATE_RUNNING);
  EXPECT_EQ(run.checks(0).outcome(), v1::OUTCOME_UNSPECIFIED);
  v1::TaskResult failed = ResultOf(*task, "api-1");
  failed.set_outcome(v1::OUTCOME_FAILED);
  ASSERT_TRUE(api.SendResults(1, {failed}));
  EXPECT_EQ(AwaitEnd(run_id).checks(0).outcome(), v1::OUTCOME_FAILED);
}

TEST_F(RunTest, CancellingReachesTheAgentAndEndsTheRun) {
  Start();
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  ASSERT_TRUE(agent.NextAssignment().has_value());
  v1::Run run;
  ASSERT_TRUE(Cancel(run_id, "the release was stopped", &run).ok());
  EXPECT_THAT(run.cancel_reason(), HasSubstr("the release was stopped"));
  const auto message = agent.Next();
  ASSERT_TRUE(message.has_value() && message->has_cancellation());
  EXPECT_EQ(message->cancellation().run_id(), run_id);
  run = AwaitEnd(run_id);
  EXPECT_EQ(run.checks(0).outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_INCONCLUSIVE);
  // A finished run stays as it is.
  v1::Run again;
  ASSERT_TRUE(Cancel(run_id, "once more", &again).ok());
  EXPECT_EQ(again.cancel_reason(), run.cancel_reason());
  EXPECT_EQ(again.state(), v1::Run::STATE_FINISHED);
}

TEST_F(RunTest, ASelectorThatNoAgentMatchesIsMissing) {
  Start();
  v1::CreateRunRequest request = MakeRequest("q", MakePlan({"a"}, "nowhere"));
  request.mutable_options()->mutable_agent_wait()->set_nanos(50'000'000);
  const v1::Run run = AwaitEnd(MustCreate(request));
  EXPECT_EQ(run.checks(0).outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_INCONCLUSIVE);
}

TEST_F(RunTest, AskingForARunThatIsNotThereSaysSo) {
  Start();
  v1::Run run;
  for (const char* id : {"20200101-000000-abcdef", "latest", ""}) {
    EXPECT_EQ(Get(id, &run).error_code(), grpc::StatusCode::NOT_FOUND) << id;
    EXPECT_EQ(Cancel(id, "", &run).error_code(), grpc::StatusCode::NOT_FOUND) << id;
    Watch watch(stub_.get(), id);
    EXPECT_EQ(watch.ToTheEnd(&run).error_code(), grpc::StatusCode::NOT_FOUND) << id;
  }
}

TEST_F(RunTest, AWatcherThatLeavesDisturbsNobody) {
  Start();
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  for (int i = 0; i < 20; ++i) {
    Watch watch(stub_.get(), run_id);
    v1::WatchRunResponse event;
    ASSERT_TRUE(watch.Next(&event));
  }
  Watch stays(stub_.get(), run_id);
  const auto task = agent.NextAssignment();
  ASSERT_TRUE(task.has_value());
  ASSERT_TRUE(agent.SendResults(1, {ResultOf(*task, "api-1")}));
  v1::Run run;
  EXPECT_TRUE(stays.ToTheEnd(&run).ok());
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_PROMOTE);
}

}  // namespace
}  // namespace smokemesh::testing
