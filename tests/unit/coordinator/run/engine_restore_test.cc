#include "tests/unit/coordinator/run/engine_fixture.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EngineRestoreTest : public EngineFixture {
 protected:
  // The coordinator dies and finds `results` in the store.
  void Restart(std::vector<v1::TaskResult> results) {
    stored_.results = std::move(results);
    engine_ = std::make_unique<Engine>(options_);
    effects_.clear();
    Give(RunRestored{stored_});
  }
};

TEST_F(EngineRestoreTest, StoredResultsStayAndTheRestWaitsForItsAgents) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a")});
  Restart({Result("one", "a")});
  EXPECT_TRUE(All<RunAccepted>().empty()) << "nobody asked";
  EXPECT_EQ(Run().state(), v1::Run::STATE_RUNNING);
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_UNSPECIFIED);
  EXPECT_EQ(engine_->Agents(Now())[0].state(), v1::AgentInfo::STATE_LOST);
  Pass(seconds(14));
  EXPECT_FALSE(Finished());
  Pass(seconds(1));
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_MISSING);
}

TEST_F(EngineRestoreTest, TasksInHandGoOnAndTheOthersAreSentAsASecondAttempt) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Create();
  Restart({});
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/one/a/1");
  Connect("s2", hello);
  // What a predecessor sent may have left things behind.
  EXPECT_THAT(Sent(), ElementsAre("run/two/a/2"));
  Report("s2", 9, {Result("one", "a"), Result("two", "a", v1::OUTCOME_PASSED, 2)});
  EXPECT_THAT(Acks(), ElementsAre(9));
  EXPECT_EQ(Decision(), v1::DECISION_PROMOTE);
}

TEST_F(EngineRestoreTest, ASuiteWhoseChecksAreAllInHandStillHasItsMax) {
  v1::Suite& suite = *request_.mutable_plan()->add_suites();
  suite.set_name("db");
  suite.mutable_max()->set_seconds(4);
  AddCheck("one").set_suite("db");
  Connect("s1", Hello("a"));
  Create();
  Restart({});
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/one/a/1");
  Connect("s2", hello);
  EXPECT_THAT(Sent(), IsEmpty());
  Pass(seconds(4));
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(Check("one").reason(), "suite \"db\" was ended after 4s: its max is 4s");
}

TEST_F(EngineRestoreTest, ARunThatHadEverythingEndsAtOnce) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  Restart({Result("one", "a", v1::OUTCOME_FAILED)});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_HOLD);
}

TEST_F(EngineRestoreTest, TheFirstAttemptCountsInWhateverOrderTheyAreRead) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  Restart({Result("one", "a", v1::OUTCOME_PASSED, 2), Result("one", "a", v1::OUTCOME_FAILED, 1)});
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_FAILED);
}

TEST_F(EngineRestoreTest, ARunWithoutAManifestWaitsForAgentsAnew) {
  AddCheck("one");
  Create();
  ASSERT_FALSE(stored_.has_manifest);
  Restart({});
  EXPECT_EQ(Run().state(), v1::Run::STATE_PENDING);
  Connect("s1", Hello("a"));
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
}

TEST_F(EngineRestoreTest, ACancelledRunEndsAtOnce) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  stored_.cancel_reason = "cancelled: no";
  Restart({});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_ABORTED);
}

TEST_F(EngineRestoreTest, AFinishedRunIsLeftAlone) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a")});
  ASSERT_TRUE(stored_.final_run.has_value());
  Restart({});
  EXPECT_TRUE(effects_.empty());
}

TEST_F(EngineRestoreTest, TheTimeoutBeginsAnew) {
  AddCheck("one").mutable_timeout()->set_seconds(100);
  request_.mutable_plan()->mutable_timeout()->set_seconds(30);
  Connect("s1", Hello("a"));
  Create();
  PassWithHeartbeats(seconds(20), {"s1"});
  Restart({});
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/one/a/1");
  Connect("s2", hello);
  PassWithHeartbeats(seconds(29), {"s2"});
  EXPECT_FALSE(Finished());
  PassWithHeartbeats(seconds(1), {"s2"});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Run().duration().seconds(), 50) << "the run's own time goes on";
}

TEST_F(EngineRestoreTest, AClaimToATaskWhoseNeedsAreOpenIsNotTaken) {
  AddCheck("one");
  AddCheck("two").add_needs("one");
  Connect("s1", Hello("a"));
  Create();
  Restart({});
  v1::Hello hello = Hello("a");
  hello.add_tasks_in_hand("run/two/a/1");
  Connect("s2", hello);
  Report("s2", 1, {Result("two", "a")});
  EXPECT_TRUE(All<AppendResults>().empty());
  EXPECT_THAT(Cancelled(), ElementsAre("run/two/a/1"));
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/2"));
}

}  // namespace
}  // namespace smokemesh::coordinator
