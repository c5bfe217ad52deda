#include "coordinator/run_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "coordinator/store/sqlite_run_store.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunHistoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = OpenSqliteRunStore(":memory:");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  static v1::CreateRunRequest MakeRequest(const std::string& plan = "shop") {
    v1::CreateRunRequest request;
    request.mutable_plan()->set_name(plan);
    request.mutable_plan()->add_checks()->set_name("login");
    return request;
  }

  // A round as the coordinator would make it: filled first.
  static v1::CreateRunRequest RoundRequest(int number, const std::string& bake = "bake") {
    v1::CreateRunRequest request = MakeRequest();
    request.mutable_options()->mutable_round()->set_bake_id(bake);
    request.mutable_options()->mutable_round()->set_number(number);
    return request;
  }

  void Put(const std::string& run_id, v1::CreateRunRequest request,
           v1::Decision decision = v1::DECISION_UNSPECIFIED, int milliseconds = 100) {
    request.set_request_id("request-of-" + run_id);
    StoredRun run;
    run.run_id = run_id;
    run.request = std::move(request);
    if (decision != v1::DECISION_UNSPECIFIED) {
      v1::Run& ended = run.final_run.emplace();
      ended.set_run_id(run_id);
      ended.set_state(v1::Run::STATE_FINISHED);
      *ended.mutable_options() = run.request.options();
      ended.mutable_verdict()->set_decision(decision);
      ended.mutable_verdict()->set_final(true);
      v1::CheckRecord& check = *ended.add_checks();
      check.set_name("login");
      check.set_outcome(decision == v1::DECISION_PROMOTE ? v1::OUTCOME_PASSED : v1::OUTCOME_FAILED);
      v1::Task& task = *check.add_tasks();
      task.set_outcome(check.outcome());
      task.mutable_result()->mutable_duration()->set_nanos(milliseconds * 1000000);
    }
    std::promise<absl::Status> done;
    store_->PutRun(run, [&](absl::Status status) { done.set_value(std::move(status)); });
    const absl::Status status = done.get_future().get();
    ASSERT_TRUE(status.ok()) << status;
  }

  absl::Status Fill(v1::CreateRunRequest* request) {
    return FillFromEarlierRuns(store_.get(), request);
  }

  std::unique_ptr<RunStore> store_;
};

TEST_F(RunHistoryTest, TheFirstRunHasNothingToCompareWith) {
  v1::CreateRunRequest request = MakeRequest();
  request.mutable_options()->mutable_baseline()->set_run_id("a lie");
  ASSERT_TRUE(Fill(&request).ok());
  EXPECT_FALSE(request.options().has_baseline());
}

TEST_F(RunHistoryTest, TheBaselineIsOfTheLastPromotedRunsOfThePlan) {
  for (int i = 1; i <= 12; ++i) {
    Put("r" + std::to_string(i), MakeRequest(), v1::DECISION_PROMOTE, i);
  }
  Put("held", MakeRequest(), v1::DECISION_HOLD, 900);
  Put("other", MakeRequest("bank"), v1::DECISION_PROMOTE, 901);
  Put("open", MakeRequest());
  v1::CreateRunRequest request = MakeRequest();
  ASSERT_TRUE(Fill(&request).ok());
  const v1::Baseline& baseline = request.options().baseline();
  EXPECT_EQ(baseline.run_id(), "r12");
  ASSERT_EQ(baseline.checks_size(), 1);
  EXPECT_EQ(baseline.checks(0).name(), "login");
  std::vector<int> times;
  for (const auto& time : baseline.checks(0).durations()) times.push_back(time.nanos() / 1000000);
  EXPECT_THAT(times, ElementsAre(12, 11, 10, 9, 8, 7, 6, 5, 4, 3));
}

TEST_F(RunHistoryTest, ARunThatCleansUpIsComparedWithNothing) {
  Put("r1", MakeRequest(), v1::DECISION_PROMOTE);
  v1::CreateRunRequest request = MakeRequest();
  request.mutable_options()->add_clean_runs()->set_run_id("r1");
  ASSERT_TRUE(Fill(&request).ok());
  EXPECT_FALSE(request.options().has_baseline());
}

TEST_F(RunHistoryTest, ARoundKnowsTheRoundsBeforeIt) {
  const v1::Decision decisions[] = {v1::DECISION_PROMOTE, v1::DECISION_HOLD,
                                    v1::DECISION_INCONCLUSIVE};
  for (int number = 1; number <= 3; ++number) {
    v1::CreateRunRequest request = RoundRequest(number);
    request.mutable_options()->mutable_round()->add_earlier()->set_run_id("a lie");
    ASSERT_TRUE(Fill(&request).ok());
    ASSERT_EQ(request.options().round().earlier_size(), number - 1);
    Put("r" + std::to_string(number), request, decisions[number - 1]);
  }
  v1::CreateRunRequest request = RoundRequest(4);
  ASSERT_TRUE(Fill(&request).ok());
  ASSERT_EQ(request.options().round().earlier_size(), 3);
  for (int i = 0; i < 3; ++i) {
    const v1::BakeRound& earlier = request.options().round().earlier(i);
    EXPECT_EQ(earlier.number(), i + 1);
    EXPECT_EQ(earlier.run_id(), "r" + std::to_string(i + 1));
    EXPECT_EQ(earlier.decision(), decisions[i]);
  }
}

TEST_F(RunHistoryTest, OnlyTheLastThousandRoundsAreKept) {
  v1::CreateRunRequest last = RoundRequest(1400);
  for (int number = 1; number < 1400; ++number) {
    last.mutable_options()->mutable_round()->add_earlier()->set_number(number);
  }
  Put("r1400", last, v1::DECISION_PROMOTE);
  v1::CreateRunRequest request = RoundRequest(1401);
  ASSERT_TRUE(Fill(&request).ok());
  ASSERT_EQ(request.options().round().earlier_size(), 1000);
  EXPECT_EQ(request.options().round().earlier(0).number(), 401);
  EXPECT_EQ(request.options().round().earlier(999).number(), 1400);
}

TEST_F(RunHistoryTest, ARoundBeforeItsTimeIsRefused) {
  const auto refusal = [this](v1::CreateRunRequest request) {
    const absl::Status status = Fill(&request);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(RoundRequest(2)),
              HasSubstr("round 1 of bake bake is not in this coordinator's store"));
  Put("r1", RoundRequest(1));
  EXPECT_THAT(refusal(RoundRequest(2)),
              HasSubstr("round 1 of bake bake, run r1, has no verdict yet: wait for its end"));
  EXPECT_THAT(refusal(RoundRequest(3)), HasSubstr("round 2 of bake bake is not in"));
  EXPECT_THAT(refusal(RoundRequest(2, "another")), HasSubstr("round 1 of bake another is not in"));
  Put("r1", RoundRequest(1), v1::DECISION_PROMOTE);
  v1::CreateRunRequest changed = RoundRequest(2);
  changed.mutable_plan()->mutable_policy()->set_clean_rounds(2);
  EXPECT_THAT(refusal(changed), HasSubstr("was of another plan or policy"));
  v1::CreateRunRequest request = RoundRequest(2);
  EXPECT_TRUE(Fill(&request).ok());
}

TEST_F(RunHistoryTest, ABakeHasEachRoundOnce) {
  Put("r1", RoundRequest(1), v1::DECISION_PROMOTE);
  v1::CreateRunRequest again = RoundRequest(1);
  const absl::Status status = Fill(&again);
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("has its round 1 already: run r1"));
}

}  // namespace
}  // namespace smokemesh::coordinator
