#include "coordinator/record_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "coordinator/run/digest.h"
#include "coordinator/store/sqlite_run_store.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;

class RecordReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = OpenSqliteRunStore(path_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto reader = OpenRecords(path_);
    ASSERT_TRUE(reader.ok()) << reader.status();
    reader_ = *std::move(reader);
  }

  StoredRun MakeRun(const std::string& run_id) {
    StoredRun run;
    run.run_id = run_id;
    run.request.set_request_id("request-of-" + run_id);
    run.request.mutable_plan()->set_name("shop");
    for (const char* name : {"one", "two"}) {
      run.request.mutable_plan()->add_checks()->set_name(name);
    }
    run.create_time = shared::RealClock().Now().wall - std::chrono::minutes(2);
    return run;
  }

  void Put(const StoredRun& run) {
    std::promise<absl::Status> done;
    store_->PutRun(run, [&](absl::Status status) { done.set_value(std::move(status)); });
    ASSERT_TRUE(done.get_future().get().ok());
  }

  void Append(const std::string& run_id, const std::string& check, v1::Outcome outcome) {
    v1::TaskResult result;
    result.set_run_id(run_id);
    result.set_check(check);
    result.set_agent_id("a");
    result.set_attempt(1);
    result.set_outcome(outcome);
    std::promise<absl::Status> done;
    store_->AppendResults({result},
                          [&](absl::Status status) { done.set_value(std::move(status)); });
    ASSERT_TRUE(done.get_future().get().ok());
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.path() / "runs.db";
  std::unique_ptr<RunStore> store_;
  std::unique_ptr<RecordReader> reader_;
};

TEST_F(RecordReaderTest, AFinishedRunIsGivenAsItEnded) {
  StoredRun run = MakeRun("r1");
  run.has_manifest = true;
  run.manifest = {{"one", "a", "api"}, {"two", "", ""}};
  Put(run);
  Append("r1", "one", v1::OUTCOME_FAILED);
  run.final_run.emplace();
  run.final_run->set_run_id("r1");
  run.final_run->set_state(v1::Run::STATE_FINISHED);
  run.final_run->mutable_verdict()->set_decision(v1::DECISION_HOLD);
  Put(run);
  const auto found = reader_->GetRun("r1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->SerializeAsString(), run.final_run->SerializeAsString());
  const auto record = reader_->GetRecord("r1");
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->run().SerializeAsString(), run.final_run->SerializeAsString());
  EXPECT_EQ(record->plan().name(), "shop");
  ASSERT_EQ(record->manifest_size(), 2);
  EXPECT_EQ(record->manifest(0).check(), "one");
  EXPECT_EQ(record->manifest(0).agent_id(), "a");
  EXPECT_EQ(record->manifest(0).service(), "api");
  EXPECT_EQ(record->manifest(1).agent_id(), "");
  ASSERT_EQ(record->results_size(), 1);
  EXPECT_EQ(record->results(0).outcome(), v1::OUTCOME_FAILED);
}

TEST_F(RecordReaderTest, AnOpenRunIsShownByWhatIsCommitted) {
  StoredRun run = MakeRun("r1");
  Put(run);
  EXPECT_EQ(reader_->GetRun("r1")->state(), v1::Run::STATE_PENDING);
  run.has_manifest = true;
  run.manifest = {{"one", "a", "api"}, {"two", "a", "api"}};
  Put(run);
  Append("r1", "one", v1::OUTCOME_FAILED);
  const auto found = reader_->GetRun("r1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->state(), v1::Run::STATE_RUNNING);
  EXPECT_EQ(found->plan_digest(), PlanDigest(run.request.plan()));
  EXPECT_EQ(found->policy_digest(), PolicyDigest(run.request.plan().policy()));
  EXPECT_GE(found->duration().seconds(), 120);
  EXPECT_EQ(found->checks(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(found->checks(1).outcome(), v1::OUTCOME_UNSPECIFIED);
  EXPECT_EQ(found->verdict().decision(), v1::DECISION_UNSPECIFIED);
  const auto record = reader_->GetRecord("r1");
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->run().checks(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(record->manifest_size(), 2);
  EXPECT_EQ(record->results_size(), 1);
}

TEST_F(RecordReaderTest, LatestIsTheNewestRunThatDoesNotCleanUp) {
  EXPECT_TRUE(absl::IsNotFound(reader_->GetRun("latest").status()));
  EXPECT_TRUE(absl::IsNotFound(reader_->GetRecord("latest").status()));
  Put(MakeRun("r1"));
  Put(MakeRun("r2"));
  StoredRun cleaning = MakeRun("r3");
  cleaning.request.mutable_options()->add_clean_runs()->set_run_id("r1");
  Put(cleaning);
  EXPECT_EQ(reader_->GetRun("latest")->run_id(), "r2");
  EXPECT_EQ(reader_->GetRecord("latest")->run().run_id(), "r2");
  EXPECT_EQ(*reader_->Resolve("latest"), "r2");
  EXPECT_EQ(*reader_->Resolve("r3"), "r3");
}

TEST_F(RecordReaderTest, AnUnknownRunIsNotFoundAndNothingOfItsNameReachesTheTerminal) {
  const absl::Status status = reader_->GetRecord("x\x1b[31m").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("there is no run \"x"));
  EXPECT_EQ(status.message().find('\x1b'), absl::string_view::npos);
}

TEST_F(RecordReaderTest, ListsRunsAsTheCallDoes) {
  for (int i = 0; i < 60; ++i) Put(MakeRun("r" + std::to_string(i)));
  v1::ListRunsRequest request;
  EXPECT_EQ(reader_->ListRuns(request)->runs_size(), 50);
  request.set_page_size(1000);
  EXPECT_EQ(reader_->ListRuns(request)->runs_size(), 60);
  EXPECT_EQ(reader_->ListRuns(request)->runs(0).run_id(), "r59");
  request.set_plan_name("bank");
  EXPECT_EQ(reader_->ListRuns(request)->runs_size(), 0);
  for (const int size : {-1, 1001}) {
    request.set_page_size(size);
    EXPECT_TRUE(absl::IsInvalidArgument(reader_->ListRuns(request).status())) << size;
  }
  request.set_page_size(0);
  for (const int decision : {-1, 5, 99}) {
    request.set_decision(static_cast<v1::Decision>(decision));
    const absl::Status status = reader_->ListRuns(request).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << decision;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("decision is " + std::to_string(decision) + ": expected 1 (PROMOTE)"));
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
