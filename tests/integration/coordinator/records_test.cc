#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "coordinator/record_reader.h"
#include "coordinator/run/verification.h"
#include "tests/integration/coordinator/coordinator_fixture.h"
#include "tests/integration/coordinator/scripted_agent.h"

// Records of runs, the list's filters, rounds of a bake and earlier promoted runs.

namespace smokemesh::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordsTest : public CoordinatorTest {
 protected:
  void SetUp() override { Start(); }

  grpc::Status GetRecord(const std::string& run_id, v1::RunRecord* record) {
    // A record can be larger than gRPC's usual 4 MB.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    const auto stub = v1::RunService::NewStub(
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(coordinator_->port()),
                                  grpc::InsecureChannelCredentials(), arguments));
    grpc::ClientContext context;
    v1::GetRecordRequest request;
    request.set_run_id(run_id);
    v1::GetRecordResponse response;
    const grpc::Status status = stub->GetRecord(&context, request, &response);
    *record = response.record();
    return status;
  }

  grpc::Status List(const v1::ListRunsRequest& request, std::vector<std::string>* ids) {
    grpc::ClientContext context;
    v1::ListRunsResponse response;
    const grpc::Status status = stub_->ListRuns(&context, request, &response);
    for (const v1::RunSummary& run : response.runs()) ids->push_back(run.run_id());
    return status;
  }

  // Carries out a run of one check.
  v1::Run RunToTheEnd(const v1::CreateRunRequest& request, v1::Outcome outcome) {
    ScriptedAgent agent(NewChannel());
    EXPECT_TRUE(agent.Join(MakeHello("api-1", "api")));
    const std::string run_id = MustCreate(request);
    const auto task = agent.NextAssignment();
    EXPECT_TRUE(task.has_value());
    if (!task.has_value()) return {};
    v1::TaskResult result = ResultOf(*task, "api-1");
    result.set_outcome(outcome);
    EXPECT_TRUE(agent.SendResults(1, {result}));
    return AwaitEnd(run_id);
  }

  static v1::CreateRunRequest RoundRequest(int number) {
    v1::CreateRunRequest request =
        MakeRequest("bake." + std::to_string(number), MakePlan({"a"}, "api"));
    v1::Round& round = *request.mutable_options()->mutable_round();
    round.set_bake_id("bake");
    round.set_number(number);
    round.set_planned(3);
    return request;
  }
};

TEST_F(RecordsTest, ARecordHoldsAllThatAVerdictWasMadeFrom) {
  const v1::Run run = RunToTheEnd(MakeRequest("q", MakePlan({"a"}, "api")), v1::OUTCOME_FAILED);
  v1::RunRecord record;
  for (const std::string& id : {run.run_id(), std::string("latest")}) {
    const grpc::Status status = GetRecord(id, &record);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(record.run().SerializeAsString(), run.SerializeAsString());
    EXPECT_EQ(record.plan().checks(0).name(), "a");
    ASSERT_EQ(record.manifest_size(), 1);
    EXPECT_EQ(record.manifest(0).agent_id(), "api-1");
    ASSERT_EQ(record.results_size(), 1);
    EXPECT_EQ(record.results(0).outcome(), v1::OUTCOME_FAILED);
    EXPECT_THAT(coordinator::VerifyRecord(record).problems, IsEmpty());
  }
  EXPECT_EQ(GetRecord("nobody", &record).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RecordsTest, ARecordOfAnOpenRunIsAsItIsNow) {
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan({"a", "b"}, "api")));
  const auto task = agent.NextAssignment();
  ASSERT_TRUE(task.has_value());
  ASSERT_TRUE(agent.SendResults(1, {ResultOf(*task, "api-1")}));
  Watch watch(stub_.get(), run_id);
  ASSERT_TRUE(watch.Until([](const v1::WatchRunResponse& event) {
    const v1::CheckRecord& check = event.has_run() ? event.run().checks(0) : event.check();
    return check.outcome() == v1::OUTCOME_PASSED;
  }));
  v1::RunRecord record;
  ASSERT_TRUE(GetRecord(run_id, &record).ok());
  EXPECT_EQ(record.run().state(), v1::Run::STATE_RUNNING);
  // The coordinator knows more than the store: the other check is on its way.
  EXPECT_EQ(record.run().checks(1).tasks(0).state(), v1::Task::STATE_ASSIGNED);
  EXPECT_EQ(record.results_size(), 1);
  EXPECT_THAT(coordinator::VerifyRecord(record).problems,
              ElementsAre(HasSubstr("is still going on")));
}

TEST_F(RecordsTest, ARecordMayBeLargerThanFourMegabytes) {
  constexpr int kChecks = 90;
  constexpr size_t kBytes = 60'000;  // a result may have 64 KiB, a message 256 KiB
  ScriptedAgent agent(NewChannel());
  v1::Hello hello = MakeHello("api-1", "api");
  hello.set_max_parallel(kChecks);
  ASSERT_TRUE(agent.Join(hello));
  std::vector<std::string> names;
  for (int i = 0; i < kChecks; ++i) names.push_back("c" + std::to_string(i));
  const std::string run_id = MustCreate(MakeRequest("q", MakePlan(names, "api")));
  std::vector<v1::TaskResult> results;
  for (int i = 0; i < kChecks; ++i) {
    const auto task = agent.NextAssignment();
    ASSERT_TRUE(task.has_value());
    results.push_back(ResultOf(*task, "api-1"));
    results.back().set_message(std::string(kBytes, 'x'));
  }
  uint64_t sequence = 0;
  for (int i = 0; i < kChecks; i += 3) {
    ASSERT_TRUE(agent.SendResults(++sequence, {results[i], results[i + 1], results[i + 2]}));
    ASSERT_TRUE(agent.NextAck().has_value());
  }
  v1::RunRecord record;
  grpc::Status status;
  do {
    status = GetRecord(run_id, &record);
    ASSERT_TRUE(status.ok()) << status.error_message();
  } while (record.run().state() != v1::Run::STATE_FINISHED);
  EXPECT_GT(record.ByteSizeLong(), 10'000'000u);
  EXPECT_THAT(coordinator::VerifyRecord(record).problems, IsEmpty());
}

TEST_F(RecordsTest, AStoreIsReadWhileItsCoordinatorRuns) {
  const v1::Run run = RunToTheEnd(MakeRequest("q", MakePlan({"a"}, "api")), v1::OUTCOME_PASSED);
  const auto records = coordinator::OpenRecords(store_path());
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_EQ((*records)->GetRun("latest")->SerializeAsString(), run.SerializeAsString());
  EXPECT_THAT(coordinator::VerifyRecord(*(*records)->GetRecord(run.run_id())).problems, IsEmpty());
  const std::string second = MustCreate(MakeRequest("q2", MakePlan({"a"}, "api")));
  EXPECT_EQ((*records)->GetRun("latest")->run_id(), second);
  Stop();
  EXPECT_EQ((*records)->ListRuns({})->runs_size(), 2);
  Start();
  EXPECT_EQ((*records)->GetRun("latest")->run_id(), second);
}

TEST_F(RecordsTest, RoundsFollowEachOther) {
  v1::Run run;
  grpc::Status status = Create(RoundRequest(2), &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("round 1 of bake bake is not in"));

  const v1::Run first = RunToTheEnd(RoundRequest(1), v1::OUTCOME_ERRORED);
  ASSERT_EQ(first.verdict().decision(), v1::DECISION_INCONCLUSIVE);
  v1::CreateRunRequest lying = RoundRequest(2);
  lying.mutable_options()->mutable_round()->add_earlier()->set_decision(v1::DECISION_PROMOTE);
  lying.mutable_options()->mutable_baseline()->set_run_id("a lie");
  const v1::Run second = RunToTheEnd(lying, v1::OUTCOME_PASSED);
  ASSERT_EQ(second.options().round().earlier_size(), 1);
  EXPECT_EQ(second.options().round().earlier(0).run_id(), first.run_id());
  EXPECT_EQ(second.options().round().earlier(0).decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_FALSE(second.options().has_baseline());
  // Asking again is no second run, whatever comes with it.
  EXPECT_EQ(MustCreate(RoundRequest(2)), second.run_id());
  EXPECT_EQ(MustCreate(lying), second.run_id());

  const std::string third = MustCreate(RoundRequest(3));
  v1::CreateRunRequest stranger = RoundRequest(3);
  stranger.set_request_id("another");
  status = Create(stranger, &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(status.error_message(), HasSubstr(third));
  ASSERT_TRUE(Cancel(third, "enough", &run).ok());

  std::vector<std::string> ids;
  v1::ListRunsRequest request;
  request.set_bake_id("bake");
  ASSERT_TRUE(List(request, &ids).ok());
  EXPECT_THAT(ids, ElementsAre(third, second.run_id(), first.run_id()));
}

TEST_F(RecordsTest, ARunIsComparedWithThePromotedOnesBeforeIt) {
  const v1::Run first = RunToTheEnd(MakeRequest("q1", MakePlan({"a"}, "api")), v1::OUTCOME_PASSED);
  ASSERT_EQ(first.verdict().decision(), v1::DECISION_PROMOTE);
  EXPECT_FALSE(first.checks(0).has_comparison());
  Stop();
  Start();
  const v1::Run second = RunToTheEnd(MakeRequest("q2", MakePlan({"a"}, "api")), v1::OUTCOME_FAILED);
  EXPECT_EQ(second.options().baseline().run_id(), first.run_id());
  ASSERT_TRUE(second.checks(0).has_comparison());
  EXPECT_TRUE(second.checks(0).comparison().newly_failing());
  v1::RunRecord record;
  ASSERT_TRUE(GetRecord(second.run_id(), &record).ok());
  EXPECT_THAT(coordinator::VerifyRecord(record).problems, IsEmpty());

  std::vector<std::string> ids;
  v1::ListRunsRequest request;
  request.set_plan_name("scripted");
  request.set_decision(v1::DECISION_PROMOTE);
  ASSERT_TRUE(List(request, &ids).ok());
  EXPECT_THAT(ids, ElementsAre(first.run_id()));
  request.set_plan_name("other");
  ids.clear();
  ASSERT_TRUE(List(request, &ids).ok());
  EXPECT_THAT(ids, IsEmpty());
  request.set_decision(static_cast<v1::Decision>(-1));
  EXPECT_EQ(List(request, &ids).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RecordsTest, FailFastReachesTheAgent) {
  ScriptedAgent agent(NewChannel());
  ASSERT_TRUE(agent.Join(MakeHello("api-1", "api")));
  v1::CreateRunRequest request = MakeRequest("q", MakePlan({"a", "b"}, "api"));
  v1::Rule& rule = *request.mutable_plan()->mutable_policy()->add_rollback();
  rule.set_rule("any");
  rule.set_select("smoke");
  rule.set_not_passed_at_least(1);
  request.mutable_options()->set_fail_fast(true);
  const std::string run_id = MustCreate(request);
  const auto a = agent.NextAssignment();
  const auto b = agent.NextAssignment();
  ASSERT_TRUE(a.has_value() && b.has_value());
  v1::TaskResult failed = ResultOf(*a, "api-1");
  failed.set_outcome(v1::OUTCOME_FAILED);
  ASSERT_TRUE(agent.SendResults(1, {failed}));
  std::optional<v1::ConnectResponse> message = agent.Next();
  if (message.has_value() && message->has_result_ack()) message = agent.Next();
  ASSERT_TRUE(message.has_value() && message->has_cancellation());
  EXPECT_EQ(message->cancellation().task_id(), b->task_id());
  EXPECT_THAT(message->cancellation().reason(), HasSubstr("--fail-fast"));
  const v1::Run run = AwaitEnd(run_id);
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_ROLLBACK);
  EXPECT_EQ(run.checks(1).outcome(), v1::OUTCOME_ABORTED);
}

}  // namespace
}  // namespace smokemesh::testing
