#include "coordinator/run/clean_up.h"

#include "shared/duration.h"
#include "tests/unit/coordinator/run/engine_fixture.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `run by agent` of each target.
std::vector<std::string> Texts(
    const google::protobuf::RepeatedPtrField<v1::CleanUpTarget>& targets) {
  std::vector<std::string> texts;
  for (const v1::CleanUpTarget& target : targets) {
    texts.push_back(target.run_id() + " by " + target.agent_id());
  }
  return texts;
}

// A run that cleans up after `old` and others.
class CleanUpTest : public EngineFixture {
 protected:
  void CleanAfter(const std::string& run_id) {
    request_.mutable_options()->add_clean_runs()->set_run_id(run_id);
  }
  void CreateWith(std::vector<EarlierRun> earlier) {
    request_.mutable_plan()->set_name("plan");
    Give(RunCreated{"run", request_, std::move(earlier)});
  }
  std::vector<v1::Assignment> Assignments() const {
    std::vector<v1::Assignment> assignments;
    for (const v1::ConnectResponse& message : Messages()) {
      if (message.has_assignment()) assignments.push_back(message.assignment());
    }
    return assignments;
  }
};

TEST_F(CleanUpTest, EachCheckIsSentOnceWithTheNamesThatTheOldRunGaveIt) {
  AddCheck("one").mutable_on()->set_service("svc");
  AddCheck("two").mutable_on()->set_service("svc");
  CleanAfter("old");
  CleanAfter("older");
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  CreateWith({{"old", {{"one", "a", "svc"}, {"one", "gone", "svc"}, {"two", "gone", "svc"}}},
              {"older", {{"one", "a", "svc"}, {"two", "", ""}}}});
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/b/1"));
  ASSERT_EQ(Assignments().size(), 2u);
  EXPECT_THAT(Texts(Assignments()[0].clean_up()),
              ElementsAre("old by a", "old by gone", "older by a"));
  EXPECT_THAT(Texts(Assignments()[1].clean_up()), ElementsAre("old by gone"));
}

TEST_F(CleanUpTest, WithoutARecordTheNamesAreThoseOfEveryAgentThatCouldHaveDoneIt) {
  AddCheck("anywhere");
  AddCheck("on_b").mutable_on()->set_service("b");
  CleanAfter("lost");
  Connect("s1", Hello("agent-a", "a"));
  Connect("s2", Hello("agent-b", "b"));
  CreateWith({});
  ASSERT_EQ(Assignments().size(), 2u);
  EXPECT_THAT(Texts(Assignments()[0].clean_up()),
              ElementsAre("lost by agent-a", "lost by agent-b"));
  EXPECT_THAT(Texts(Assignments()[1].clean_up()), ElementsAre("lost by agent-b"));
}

TEST_F(CleanUpTest, AgentsThatTheRequestNamesComeBeforeTheRecord) {
  AddCheck("one");
  v1::CleanRun& run = *request_.mutable_options()->add_clean_runs();
  run.set_run_id("old");
  run.add_agent_ids("x");
  Connect("s1", Hello("a"));
  CreateWith({{"old", {{"one", "a", "svc"}}}});
  ASSERT_EQ(Assignments().size(), 1u);
  EXPECT_THAT(Texts(Assignments()[0].clean_up()), ElementsAre("old by x"));
}

TEST_F(CleanUpTest, NothingWaitsForNeedsOrIsLeftOutBySkipOrRunsAlone) {
  AddCheck("one").set_exclusive(true);
  AddCheck("two").add_needs("one");
  AddCheck("three").set_skip("not here");
  CleanAfter("old");
  Connect("s1", Hello("a"));
  CreateWith({});
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/a/1", "run/three/a/1"));
  Report("s1", 1,
         {Result("one", "a", v1::OUTCOME_FAILED), Result("two", "a"), Result("three", "a")});
  EXPECT_TRUE(Finished());
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(Run().verdict().summary(), "Clean: 1 run, 3 checks: 1 not removed");
}

TEST_F(CleanUpTest, NeverHasADecisionWhateverComesOfIt) {
  AddCheck("one").add_tags("critical");
  AddCheck("two").add_tags("critical");
  v1::Rule& rule = *request_.mutable_plan()->mutable_policy()->add_rollback();
  rule.set_rule("any");
  rule.set_select("critical");
  rule.set_not_passed_at_least(1);
  CleanAfter("old");
  Connect("s1", Hello("a"));
  CreateWith({});
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED)});
  EXPECT_EQ(Decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_FALSE(Run().verdict().final());
  Report("s1", 2, {Result("two", "a")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_UNSPECIFIED);
  EXPECT_TRUE(Run().verdict().final());
  EXPECT_EQ(Run().verdict().rules_size(), 0);
  for (const NotifyWatchers& notice : All<NotifyWatchers>()) {
    EXPECT_EQ(notice.event.verdict().decision(), v1::DECISION_UNSPECIFIED);
  }
}

TEST_F(CleanUpTest, ACheckThatWasToRunNowhereNeedsNobody) {
  AddCheck("one");
  AddCheck("never").mutable_on()->set_service("nobody");
  CleanAfter("old");
  Connect("s1", Hello("a"));
  CreateWith({{"old", {{"one", "a", "svc"}, {"never", "", ""}}}});
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1")) << "and nobody is waited for";
  Report("s1", 1, {Result("one", "a")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("never").outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(Run().verdict().summary(), "Clean: 1 run, 1 check: all clean");
}

TEST_F(CleanUpTest, ARunInWhichNothingHadBegunIsOverAtOnce) {
  AddCheck("one");
  CleanAfter("old");
  CreateWith({{"old", {}}});
  ASSERT_TRUE(Finished());
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(Run().verdict().summary(), "Clean: 1 run, 0 checks: nothing had begun");
}

TEST_F(CleanUpTest, AnAgentThatIsNotThereIsMissing) {
  AddCheck("one").mutable_on()->set_service("nobody");
  CleanAfter("old");
  Connect("s1", Hello("a"));
  CreateWith({{"old", {{"one", "x", "nobody"}}}});
  PassWithHeartbeats(seconds(11), {"s1"});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_MISSING);
  EXPECT_EQ(Run().verdict().summary(), "Clean: 1 run, 1 check: 1 not looked at");
}

TEST_F(CleanUpTest, ADrainingAgentHandsItsPartToAnotherThatMatches) {
  AddCheck("one").mutable_on()->set_service("svc");
  AddCheck("two").mutable_on()->set_service("svc");
  CleanAfter("old");
  v1::Hello busy = Hello("a");
  busy.set_max_parallel(1);
  Connect("s1", busy);
  CreateWith({});
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1"));
  Connect("s2", Hello("b"));
  v1::ConnectRequest drain;
  drain.mutable_drain_notice();
  Give(AgentMessage{"s1", drain});
  EXPECT_THAT(Sent(), ElementsAre("run/one/a/1", "run/two/b/1"));
}

TEST_F(CleanUpTest, AfterARestartTheAssignmentsStillOnlyCleanUp) {
  AddCheck("one");
  CleanAfter("old");
  Connect("s1", Hello("a"));
  const std::vector<EarlierRun> earlier = {{"old", {{"one", "x", "svc"}}}};
  CreateWith(earlier);
  engine_ = std::make_unique<Engine>(options_);
  effects_.clear();
  Give(RunRestored{stored_, earlier});
  Connect("s2", Hello("a"));
  ASSERT_EQ(Assignments().size(), 1u);
  EXPECT_EQ(Assignments()[0].attempt(), 2);
  EXPECT_THAT(Texts(Assignments()[0].clean_up()), ElementsAre("old by x"));
}

TEST_F(CleanUpTest, AnOrdinaryRunIsNeverSentAsOneThatCleansUp) {
  AddCheck("one");
  Connect("s1", Hello("a"));
  Create();
  ASSERT_EQ(Assignments().size(), 1u);
  EXPECT_THAT(Assignments()[0].clean_up(), IsEmpty());
}

TEST_F(CleanUpTest, TheRequestIsStoredAsItWasAsked) {
  AddCheck("one").add_needs("two");
  AddCheck("two").set_skip("later");
  CleanAfter("old");
  Connect("s1", Hello("a"));
  CreateWith({});
  EXPECT_EQ(stored_.request.SerializeAsString(), request_.SerializeAsString());
}

TEST(CleanUpPlan, GivesAHangingCheckTimeForEachRunUpToABound) {
  v1::Plan plan;
  *plan.add_checks()->mutable_timeout() = shared::ToProto(seconds(10));
  *plan.add_checks()->mutable_timeout() = shared::ToProto(seconds(300));
  const auto timeout = [](const v1::Plan& of, int check) {
    return shared::FromProto(of.checks(check).timeout());
  };
  EXPECT_EQ(timeout(CleanUpPlan(plan, 1), 0), seconds(10));
  EXPECT_EQ(timeout(CleanUpPlan(plan, 3), 0), seconds(30));
  EXPECT_EQ(timeout(CleanUpPlan(plan, 100), 0), seconds(120));
  EXPECT_EQ(timeout(CleanUpPlan(plan, 100), 1), seconds(300)) << "never less than for one";
}

TEST(OneAgentEach, TakesTheAgentsInTurns) {
  const std::vector<ManifestPair> manifest = {
      {"one", "a", ""}, {"one", "b", ""}, {"two", "a", ""}, {"two", "b", ""}, {"three", "", ""}};
  std::vector<std::string> chosen;
  for (const ManifestPair& pair : OneAgentEach(manifest)) {
    chosen.push_back(pair.check + " " + pair.agent_id);
  }
  EXPECT_THAT(chosen, ElementsAre("one a", "two b", "three "));
}

}  // namespace
}  // namespace smokemesh::coordinator
