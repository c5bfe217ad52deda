#include "agent/spool/result_spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>

#include "tests/testing/temp_dir.h"

namespace smokemesh::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

v1::TaskResult Result(const std::string& id, size_t evidence = 0) {
  v1::TaskResult result;
  result.set_task_id(id);
  result.set_run_id("run");
  result.set_check("check");
  result.set_agent_id("a");
  result.set_message(std::string(evidence, 'x'));
  return result;
}

class ResultSpoolTest : public ::testing::Test {
 protected:
  ResultSpoolTest() {
    options_.directory = temp_.path() / "state";
    options_.agent_id = "a";
  }

  void Open() {
    spool_.reset();
    auto spool = ResultSpool::Open(options_);
    ASSERT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
  }

  void Flush() { ASSERT_TRUE(spool_->Flush(steady_clock::now() + seconds(20))); }

  std::vector<std::string> Kept() {
    Open();
    std::vector<std::string> ids;
    for (const v1::TaskResult& result : spool_->TakeKept()) ids.push_back(result.task_id());
    return ids;
  }

  size_t Files() const {
    const fs::directory_iterator files(fs::path(options_.directory) / "results");
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  testing::TempDir temp_;
  ResultSpoolOptions options_;
  std::unique_ptr<ResultSpool> spool_;
};

TEST_F(ResultSpoolTest, KeepsUntilItIsToldToForget) {
  Open();
  for (const char* id : {"t1", "t2", "t3"}) spool_->Keep(Result(id));
  EXPECT_EQ(spool_->unsafe() <= 3, true);
  Flush();
  EXPECT_EQ(spool_->unsafe(), 0u);
  spool_->Forget({"t2"});
  EXPECT_THAT(Kept(), UnorderedElementsAre("t1", "t3"));
  // What an earlier start kept is forgotten like the rest.
  spool_->Forget({"t1", "t3"});
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_EQ(Files(), 0u);
}

TEST_F(ResultSpoolTest, TheOrderOfKeepAndForgetHolds) {
  Open();
  for (int i = 0; i < 200; ++i) {
    const std::string id = "t" + std::to_string(i);
    spool_->Keep(Result(id));
    if (i % 3 == 0) spool_->Keep(Result(id, 10));
    if (i % 2 == 0) spool_->Forget({id});
  }
  spool_->Forget({"unknown"});
  EXPECT_THAT(Kept(), SizeIs(100));
}

TEST_F(ResultSpoolTest, AFullSpoolLosesOnlyTheProtectionOfTheNewest) {
  options_.max_results = 2;
  Open();
  for (const char* id : {"t1", "t2", "t3"}) {
    spool_->Keep(Result(id));
    Flush();
  }
  EXPECT_EQ(spool_->unsafe(), 1u);
  spool_->Keep(Result("t1", 100));  // a new version of one that is there has room
  Flush();
  EXPECT_EQ(spool_->unsafe(), 1u);
  spool_->Forget({"t3"});
  EXPECT_EQ(spool_->unsafe(), 0u);
  spool_->Forget({"t1"});
  spool_->Keep(Result("t4"));
  Flush();
  EXPECT_EQ(spool_->unsafe(), 0u);
  EXPECT_THAT(Kept(), UnorderedElementsAre("t2", "t4"));
}

TEST_F(ResultSpoolTest, IsBoundedByBytes) {
  options_.max_bytes = 20'000;
  Open();
  for (int i = 0; i < 10; ++i) spool_->Keep(Result("t" + std::to_string(i), 5000));
  Flush();
  EXPECT_EQ(spool_->unsafe(), 7u);
  EXPECT_EQ(Files(), 3u);
  // What is forgotten makes room.
  for (int i = 0; i < 10; ++i) spool_->Forget({"t" + std::to_string(i)});
  for (int i = 10; i < 13; ++i) spool_->Keep(Result("t" + std::to_string(i), 5000));
  Flush();
  EXPECT_EQ(spool_->unsafe(), 0u);
  EXPECT_EQ(Files(), 3u);
}

TEST_F(ResultSpoolTest, ADiskThatRefusesCostsNothingElse) {
  Open();
  spool_->Keep(Result("t1"));
  Flush();
  // No file of this process may grow beyond 100 bytes: what a full disk does.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit tiny = before;
  tiny.rlim_cur = 100;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tiny), 0);
  spool_->Keep(Result("t2"));
  spool_->Keep(Result("t1", 500));
  Flush();
  EXPECT_EQ(spool_->unsafe(), 2u);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(Files(), 1u) << "no half file is left, and the old version is whole";
  spool_->Keep(Result("t3"));
  Flush();
  EXPECT_EQ(spool_->unsafe(), 2u);
  EXPECT_THAT(Kept(), UnorderedElementsAre("t1", "t3"));
}

TEST_F(ResultSpoolTest, AllThatWasAskedForIsDoneWhenItEnds) {
  Open();
  for (int i = 0; i < 300; ++i) spool_->Keep(Result("t" + std::to_string(i)));
  EXPECT_THAT(Kept(), SizeIs(300));
}

}  // namespace
}  // namespace smokemesh::agent
