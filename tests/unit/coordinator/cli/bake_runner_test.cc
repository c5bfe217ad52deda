#include "coordinator/cli/bake_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/exit_code.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

v1::Run RunOf(const v1::CreateRunRequest& request, v1::Decision decision) {
  v1::Run run;
  run.set_run_id("run-of-" + request.request_id());
  run.set_plan_name(request.plan().name());
  run.set_state(v1::Run::STATE_FINISHED);
  *run.mutable_options() = request.options();
  run.mutable_verdict()->set_decision(decision);
  run.mutable_verdict()->set_final(decision != v1::DECISION_UNSPECIFIED);
  run.mutable_verdict()->set_summary("what happened");
  return run;
}

// A world without a clock: time goes on when a round takes some, or when it is waited for.
class FakeHost final : public BakeHost {
 public:
  shared::SteadyTime Now() const override { return now; }
  bool Interrupted() const override { return interrupted; }
  bool WaitUntil(shared::SteadyTime time) override {
    EXPECT_GE(time, now);
    if (interrupted) return false;
    if (interrupt_in_wait == static_cast<int>(requests.size())) {
      interrupted = true;
      return false;
    }
    now = time;
    return true;
  }
  RunOutcome RunRound(v1::CreateRunRequest request) override {
    EXPECT_FALSE(going_on) << "never two at a time";
    going_on = true;
    starts.push_back(std::chrono::duration_cast<milliseconds>(now - zero).count());
    requests.push_back(request);
    const auto number = static_cast<int>(requests.size());
    now += took(number);
    RunOutcome outcome = result(number, request);
    going_on = false;
    return outcome;
  }
  void Show(const BakeProgress& progress) override {
    shown.push_back(absl::StrCat(
        progress.round, "/", progress.planned, " ended ", progress.ended.size(),
        progress.next
            ? absl::StrCat(" next in ",
                           std::chrono::duration_cast<seconds>(*progress.next - now).count(), "s")
            : ""));
  }

  std::function<shared::Duration(int)> took = [](int) { return seconds(6); };
  std::function<RunOutcome(int, const v1::CreateRunRequest&)> result =
      [](int, const v1::CreateRunRequest& request) {
        return RunOutcome{absl::OkStatus(), RunOf(request, v1::DECISION_PROMOTE)};
      };
  bool interrupted = false;
  int interrupt_in_wait = 0;  // after this round

  const shared::SteadyTime zero{std::chrono::hours(5)};
  shared::SteadyTime now = zero;
  bool going_on = false;
  std::vector<int64_t> starts;  // ms
  std::vector<v1::CreateRunRequest> requests;
  std::vector<std::string> shown;
};

class BakeRunner : public testing::Test {
 protected:
  BakeRunner() {
    request_.set_request_id("deploy-7");
    request_.mutable_plan()->set_name("p");
    request_.mutable_options()->set_select("critical");
  }

  RunOutcome Bake(shared::Duration bake, shared::Duration every) {
    return CarryOutBake(request_, {bake, every}, &host_);
  }

  // Each round as one of these, the last one from then on.
  void RoundsAre(std::vector<v1::Decision> decisions) {
    host_.result = [decisions = std::move(decisions)](int number,
                                                      const v1::CreateRunRequest& request) {
      const auto i = std::min(decisions.size(), static_cast<size_t>(number)) - 1;
      return RunOutcome{absl::OkStatus(), RunOf(request, decisions[i])};
    };
  }

  v1::CreateRunRequest request_;
  FakeHost host_;
};

TEST_F(BakeRunner, PlansARoundForEveryStartBeforeTheEnd) {
  const auto planned = [](shared::Duration bake, shared::Duration every) {
    return PlannedRounds({bake, every});
  };
  EXPECT_EQ(planned(minutes(10), seconds(30)), 20);
  EXPECT_EQ(planned(minutes(10) + milliseconds(1), seconds(30)), 21);
  EXPECT_EQ(planned(seconds(29), seconds(30)), 1);
  EXPECT_EQ(planned(seconds(30), seconds(30)), 1);
  EXPECT_EQ(planned(seconds(31), seconds(30)), 2);
  EXPECT_EQ(planned(shared::Duration(1), seconds(30)), 1);
}

TEST_F(BakeRunner, TwentyRoundsArePromoted) {
  const RunOutcome outcome = Bake(minutes(10), seconds(30));
  EXPECT_TRUE(outcome.status.ok());
  ASSERT_TRUE(outcome.run.has_value());
  EXPECT_EQ(outcome.run->run_id(), "run-of-deploy-7.20");
  const v1::Bake& bake = outcome.run->bake();
  EXPECT_EQ(bake.bake_id(), "deploy-7");
  EXPECT_EQ(bake.plan_name(), "p");
  EXPECT_EQ(bake.decision(), v1::DECISION_PROMOTE);
  EXPECT_TRUE(bake.final());
  ASSERT_THAT(bake.rounds(), SizeIs(20));
  EXPECT_EQ(bake.rounds(2).run_id(), "run-of-deploy-7.3");
  EXPECT_EQ(bake.rounds(2).number(), 3);
  EXPECT_EQ(ExitCodeForRun(*outcome.run), 0);
  ASSERT_THAT(host_.starts, SizeIs(20));
  for (size_t i = 0; i < host_.starts.size(); ++i) {
    EXPECT_EQ(host_.starts[i], static_cast<int64_t>(i) * 30'000);
  }
}

TEST_F(BakeRunner, EachRoundIsARequestOfItsOwnWithTheSameOptions) {
  Bake(minutes(1), seconds(30));
  ASSERT_THAT(host_.requests, SizeIs(2));
  const v1::CreateRunRequest& second = host_.requests[1];
  EXPECT_EQ(second.request_id(), "deploy-7.2");
  EXPECT_EQ(second.plan().name(), "p");
  EXPECT_EQ(second.options().select(), "critical");
  EXPECT_EQ(second.options().round().bake_id(), "deploy-7");
  EXPECT_EQ(second.options().round().number(), 2);
  EXPECT_EQ(second.options().round().planned(), 2);
  EXPECT_THAT(second.options().round().earlier(), IsEmpty());
}

TEST_F(BakeRunner, ShowsWhereItStands) {
  Bake(seconds(90), seconds(30));
  EXPECT_THAT(host_.shown, ElementsAre("1/3 ended 0", "1/3 ended 1 next in 24s", "2/3 ended 1",
                                       "2/3 ended 2 next in 24s", "3/3 ended 2", "3/3 ended 3"));
}

TEST_F(BakeRunner, ASlowRoundIsFollowedAtOnceAndNotByABurst) {
  host_.took = [](int number) { return number == 2 ? seconds(75) : seconds(5); };
  Bake(minutes(4), seconds(30));
  EXPECT_THAT(host_.starts, ElementsAre(0, 30'000, 105'000, 135'000, 165'000, 195'000, 225'000));
}

TEST_F(BakeRunner, SlowRoundsMakeFewerOfThem) {
  host_.took = [](int) { return seconds(50); };
  const RunOutcome outcome = Bake(minutes(2), seconds(30));
  EXPECT_THAT(host_.starts, ElementsAre(0, 50'000, 100'000));
  EXPECT_EQ(outcome.run->bake().decision(), v1::DECISION_PROMOTE);
}

TEST_F(BakeRunner, TheFirstRollbackEndsItAtOnceAndIsReported) {
  RoundsAre({v1::DECISION_PROMOTE, v1::DECISION_HOLD, v1::DECISION_ROLLBACK});
  const RunOutcome outcome = Bake(minutes(10), seconds(30));
  EXPECT_THAT(host_.requests, SizeIs(3));
  EXPECT_EQ(outcome.run->run_id(), "run-of-deploy-7.3");
  EXPECT_EQ(outcome.run->bake().decision(), v1::DECISION_ROLLBACK);
  EXPECT_THAT(outcome.run->bake().rounds(), SizeIs(3));
  EXPECT_EQ(ExitCodeForRun(*outcome.run), 1);
  EXPECT_EQ(host_.shown.back(), "3/20 ended 3");
}

TEST_F(BakeRunner, GoesOnThroughHoldAndInconclusiveAndReportsTheWorstRound) {
  RoundsAre(
      {v1::DECISION_PROMOTE, v1::DECISION_INCONCLUSIVE, v1::DECISION_HOLD, v1::DECISION_PROMOTE});
  const RunOutcome outcome = Bake(minutes(10), seconds(30));
  EXPECT_THAT(host_.requests, SizeIs(20));
  EXPECT_EQ(outcome.run->run_id(), "run-of-deploy-7.2");
  EXPECT_EQ(outcome.run->bake().decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(ExitCodeForRun(*outcome.run), 4);
}

TEST_F(BakeRunner, AHoldInOneRoundHoldsTheBake) {
  RoundsAre({v1::DECISION_PROMOTE, v1::DECISION_HOLD, v1::DECISION_PROMOTE});
  const RunOutcome outcome = Bake(minutes(2), seconds(30));
  EXPECT_EQ(outcome.run->run_id(), "run-of-deploy-7.2");
  EXPECT_EQ(ExitCodeForRun(*outcome.run), 5);
}

TEST_F(BakeRunner, ThePolicyOfThePlanSaysHowManyRoundsMustBeClean) {
  request_.mutable_plan()->mutable_policy()->set_clean_rounds(2);
  RoundsAre({v1::DECISION_HOLD, v1::DECISION_HOLD, v1::DECISION_PROMOTE});
  const RunOutcome outcome = Bake(minutes(2), seconds(30));
  EXPECT_EQ(outcome.run->bake().decision(), v1::DECISION_PROMOTE);
  EXPECT_EQ(outcome.run->run_id(), "run-of-deploy-7.4");
  EXPECT_EQ(ExitCodeForRun(*outcome.run), 0);
}

TEST_F(BakeRunner, AnInterruptionInTheWaitIsNeverAPromotion) {
  host_.interrupt_in_wait = 3;
  const RunOutcome outcome = Bake(minutes(10), seconds(30));
  EXPECT_THAT(host_.requests, SizeIs(3));
  EXPECT_TRUE(outcome.status.ok());
  const v1::Bake& bake = outcome.run->bake();
  EXPECT_EQ(bake.decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_EQ(bake.summary(),
            "INCONCLUSIVE: the bake was cut short: interrupted after round 3 of 20");
  EXPECT_EQ(bake.reasons(0), "the bake was cut short: interrupted after round 3 of 20");
  EXPECT_TRUE(bake.final());
  EXPECT_THAT(bake.rounds(), SizeIs(3)) << "what came of the rounds so far is there";
  EXPECT_EQ(ExitCodeForRun(*outcome.run), 4);
}

TEST_F(BakeRunner, AnInterruptionInTheLastRoundIsNoPromotionEither) {
  host_.result = [this](int number, const v1::CreateRunRequest& request) {
    if (number == 2) host_.interrupted = true;
    return RunOutcome{absl::OkStatus(), RunOf(request, v1::DECISION_PROMOTE)};
  };
  const RunOutcome outcome = Bake(minutes(1), seconds(30));
  EXPECT_THAT(outcome.run->bake().summary(), HasSubstr("interrupted in round 2 of 2"));
  EXPECT_EQ(ExitCodeForRun(*outcome.run), 4);
}

TEST_F(BakeRunner, ARollbackStaysOneThoughItsRoundWasInterrupted) {
  host_.result = [this](int, const v1::CreateRunRequest& request) {
    host_.interrupted = true;
    return RunOutcome{absl::OkStatus(), RunOf(request, v1::DECISION_ROLLBACK)};
  };
  EXPECT_EQ(ExitCodeForRun(*Bake(minutes(1), seconds(30)).run), 1);
}

TEST_F(BakeRunner, ALostCoordinatorCutsItShort) {
  host_.result = [](int number, const v1::CreateRunRequest& request) {
    if (number < 3) return RunOutcome{absl::OkStatus(), RunOf(request, v1::DECISION_PROMOTE)};
    RunOutcome lost{absl::UnavailableError("lost for too long"),
                    RunOf(request, v1::DECISION_UNSPECIFIED)};
    lost.run->set_state(v1::Run::STATE_RUNNING);
    return lost;
  };
  const RunOutcome outcome = Bake(minutes(10), seconds(30));
  EXPECT_THAT(host_.requests, SizeIs(3));
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(outcome.run->run_id(), "run-of-deploy-7.3");
  EXPECT_EQ(outcome.run->bake().decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_THAT(outcome.run->bake().summary(),
              HasSubstr("cut short: round 3 of 20: lost for too long"));
}

TEST_F(BakeRunner, ARoundThatCouldNotBeMadeCutsItShort) {
  host_.result = [](int number, const v1::CreateRunRequest& request) {
    if (number < 3) return RunOutcome{absl::OkStatus(), RunOf(request, v1::DECISION_PROMOTE)};
    return RunOutcome{absl::AlreadyExistsError("another plan"), std::nullopt};
  };
  const RunOutcome outcome = Bake(minutes(10), seconds(30));
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(outcome.run->bake().rounds(), SizeIs(2));
  EXPECT_THAT(outcome.run->bake().summary(), StartsWith("INCONCLUSIVE: "));
}

TEST_F(BakeRunner, WithoutAnyRoundThereIsNothingToReport) {
  host_.result = [](int, const v1::CreateRunRequest&) {
    return RunOutcome{absl::UnavailableError("nobody answers"), std::nullopt};
  };
  const RunOutcome outcome = Bake(minutes(10), seconds(30));
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(outcome.run.has_value());
}

TEST_F(BakeRunner, ARollbackRuleOverSeveralRoundsIsJudgedAtTheEndToo) {
  // Crossed in each of the two rounds that there are; it asks for three of three.
  v1::Rule& rule = *request_.mutable_plan()->mutable_policy()->add_rollback();
  rule.set_rule("often");
  rule.set_select("smoke");
  rule.set_not_passed_at_least(1);
  rule.mutable_rounds()->set_at_least(3);
  rule.mutable_rounds()->set_of_last(3);
  host_.result = [](int, const v1::CreateRunRequest& request) {
    RunOutcome outcome{absl::OkStatus(), RunOf(request, v1::DECISION_HOLD)};
    v1::RuleResult& result = *outcome.run->mutable_verdict()->add_rules();
    result.set_rule("often");
    result.set_crossed(true);
    result.set_effect(v1::RULE_EFFECT_ROLLBACK);
    return outcome;
  };
  const RunOutcome outcome = Bake(minutes(1), seconds(30));
  EXPECT_EQ(outcome.run->bake().decision(), v1::DECISION_ROLLBACK);
  EXPECT_EQ(outcome.run->run_id(), "run-of-deploy-7.2");
  EXPECT_EQ(ExitCodeForRun(*outcome.run), 1);
}

}  // namespace
}  // namespace smokemesh::coordinator
