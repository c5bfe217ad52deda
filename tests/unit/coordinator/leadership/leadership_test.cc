#include "coordinator/leadership/leadership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace smokemesh::coordinator {
namespace {

using shared::Duration;
using shared::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kTtl = seconds(6);

std::string Text(const LeadershipEffect& effect) {
  struct Visitor {
    std::string operator()(const AskForLease&) { return "ask"; }
    std::string operator()(const RenewLease& e) { return absl::StrCat("renew ", e.epoch); }
    std::string operator()(const ReleaseLease& e) { return absl::StrCat("release ", e.epoch); }
    std::string operator()(const BeginLeading& e) { return absl::StrCat("begin ", e.epoch); }
    std::string operator()(const EndLeading& e) { return absl::StrCat("end: ", e.reason); }
    std::string operator()(const FollowLeader& e) { return absl::StrCat("follow ", e.address); }
    std::string operator()(const LeftLeadership&) { return "left"; }
  };
  return std::visit(Visitor{}, effect);
}

constexpr char kRanOut[] = "end: its lease has run out before the store confirmed it";
constexpr char kFenced[] = "end: a write was refused: another replica has taken the lease";

// One replica `me` at `me:1`, fed with events at times that the test sets.
class LeadershipTest : public testing::Test {
 protected:
  std::vector<std::string> Texts(const std::vector<LeadershipEffect>& effects) {
    std::vector<std::string> texts;
    for (const LeadershipEffect& effect : effects) texts.push_back(Text(effect));
    return texts;
  }

  std::vector<std::string> Start() { return Texts(machine_.Start(now_)); }

  std::vector<std::string> Feed(const LeadershipEvent& event) {
    return Texts(machine_.Step(event, now_));
  }

  std::vector<std::string> Tick() { return Feed(LeadershipTick{}); }

  // The store's answer, to a question that was asked `ago`.
  std::vector<std::string> Answer(absl::StatusOr<Lease> lease, Duration ago = {}) {
    return Feed(LeaseAnswered{std::move(lease), now_ - ago});
  }

  static Lease Mine(uint64_t epoch, Duration remaining = kTtl) {
    return {epoch, "me", "me:1", remaining};
  }
  static Lease Other(uint64_t epoch, Duration remaining = kTtl) {
    return {epoch, "other", "other:1", remaining};
  }

  // Leads with this epoch, from now on.
  void Lead(uint64_t epoch) {
    Start();
    ASSERT_THAT(Answer(Mine(epoch)), ElementsAre(absl::StrCat("begin ", epoch)));
    ASSERT_THAT(Feed(LeadingBegan{absl::OkStatus()}), IsEmpty());
    ASSERT_TRUE(machine_.Leads(now_));
  }

  SteadyTime now_ = SteadyTime(seconds(1000));
  Leadership machine_{{.holder = "me", .address = "me:1", .ttl = kTtl}};
};

TEST_F(LeadershipTest, AsksAndRefusesUntilItKnowsALeader) {
  EXPECT_THAT(Start(), ElementsAre("follow ", "ask"));
  EXPECT_EQ(machine_.NextDeadline(), std::nullopt);  // one question at a time
  EXPECT_THAT(Tick(), IsEmpty());
  EXPECT_THAT(Answer(Other(3)), ElementsAre("follow other:1"));
  EXPECT_FALSE(machine_.Leads(now_));
  EXPECT_EQ(machine_.NextDeadline(), now_ + seconds(1));
  now_ += seconds(1);
  EXPECT_THAT(Tick(), ElementsAre("ask"));
  EXPECT_THAT(Answer(Other(3)), IsEmpty());  // told already
}

TEST_F(LeadershipTest, AsksAtTheMomentWhenTheLeaseOfTheOtherEnds) {
  Start();
  Answer(Other(3, milliseconds(200)));
  EXPECT_EQ(machine_.NextDeadline(), now_ + milliseconds(200));
}

TEST_F(LeadershipTest, KeepsItsLeaderWhileTheStoreDoesNotAnswer) {
  Start();
  Answer(Other(3));
  now_ += seconds(1);
  EXPECT_THAT(Tick(), ElementsAre("ask"));
  EXPECT_THAT(Answer(absl::UnavailableError("no store")), IsEmpty());
  EXPECT_EQ(machine_.NextDeadline(), now_ + seconds(1));
}

TEST_F(LeadershipTest, NobodyLeadsWhenTheLeaseHasEnded) {
  Start();
  Answer(Other(3));
  now_ += seconds(1);
  Tick();
  EXPECT_THAT(Answer(Other(3, -seconds(1))), ElementsAre("follow "));
}

TEST_F(LeadershipTest, NeverFollowsItsOwnAddress) {
  Start();
  // The process that was here before.
  EXPECT_THAT(Answer(Lease{3, "me, an hour ago", "me:1", kTtl}), IsEmpty());
}

TEST_F(LeadershipTest, LeadsFromTheMomentBeforeItAsked) {
  Start();
  now_ += seconds(2);
  EXPECT_THAT(Answer(Mine(1), seconds(2)), ElementsAre("begin 1", "renew 1"));
  // 6 s from then, less a twentieth.
  EXPECT_EQ(machine_.leads_until(), now_ + milliseconds(3700));
  EXPECT_TRUE(machine_.Leads(now_ + milliseconds(3699)));
  EXPECT_FALSE(machine_.Leads(now_ + milliseconds(3700)));
  EXPECT_EQ(machine_.epoch(), 1u);
}

TEST_F(LeadershipTest, DoesNotTakeALeaseThatHasEndedOnTheWay) {
  Start();
  now_ += seconds(7);
  EXPECT_THAT(Answer(Mine(1), seconds(7)), ElementsAre("release 1"));
  EXPECT_FALSE(machine_.Leads(now_));
}

TEST_F(LeadershipTest, DoesNotBelieveALeaseLongerThanItAskedFor) {
  Start();
  Answer(Mine(1, seconds(3600)));  // the store's clock was set back
  EXPECT_EQ(machine_.leads_until(), now_ + milliseconds(5700));
}

TEST_F(LeadershipTest, RenewsAfterAThird) {
  Lead(1);
  EXPECT_EQ(machine_.NextDeadline(), now_ + seconds(2));
  now_ += seconds(2);
  EXPECT_THAT(Tick(), ElementsAre("renew 1"));
  EXPECT_EQ(machine_.NextDeadline(), now_ + milliseconds(3700));  // the answer, or the end
  now_ += milliseconds(100);
  EXPECT_THAT(Answer(Mine(1), milliseconds(100)), IsEmpty());
  EXPECT_EQ(machine_.leads_until(), now_ + milliseconds(5600));
}

TEST_F(LeadershipTest, RenewsWhileItBegins) {
  Start();
  Answer(Mine(1));
  now_ += seconds(2);
  EXPECT_THAT(Tick(), ElementsAre("renew 1"));
  EXPECT_THAT(Answer(Mine(1)), IsEmpty());
  EXPECT_THAT(Feed(LeadingBegan{absl::OkStatus()}), IsEmpty());
  EXPECT_TRUE(machine_.Leads(now_));
}

TEST_F(LeadershipTest, TriesTheRenewalAgainUntilTheLeaseHasRunOut) {
  Lead(1);
  now_ += seconds(2);
  EXPECT_THAT(Tick(), ElementsAre("renew 1"));
  now_ += seconds(1);
  EXPECT_THAT(Answer(absl::UnavailableError("no store")), IsEmpty());
  EXPECT_EQ(machine_.NextDeadline(), now_ + milliseconds(500));
  now_ += milliseconds(500);
  EXPECT_THAT(Tick(), ElementsAre("renew 1"));
  now_ += milliseconds(2200);
  EXPECT_THAT(Tick(), ElementsAre(kRanOut));
  EXPECT_FALSE(machine_.Leads(now_));
  // The renewal is under way still: nothing is given back before its answer.
  EXPECT_THAT(Feed(LeadingEnded{}), IsEmpty());
  EXPECT_THAT(Answer(absl::UnavailableError("no store")),
              ElementsAre("release 1", "follow ", "ask"));
}

TEST_F(LeadershipTest, IsDeposedAfterASleepBeforeAnythingElse) {
  Lead(1);
  now_ += seconds(60);
  EXPECT_FALSE(machine_.Leads(now_));
  EXPECT_THAT(Feed(LeaseHint{}), ElementsAre(kRanOut));
  EXPECT_THAT(Feed(LeadingEnded{}), ElementsAre("release 1", "follow ", "ask"));
  EXPECT_THAT(Answer(Other(2)), ElementsAre("follow other:1"));
}

TEST_F(LeadershipTest, FollowsTheOneThatTookTheLease) {
  Lead(1);
  now_ += seconds(2);
  Tick();
  EXPECT_THAT(Answer(Other(2)),
              ElementsAre("end: another replica has taken the lease, with epoch 2"));
  EXPECT_THAT(Feed(LeadingEnded{}), ElementsAre("release 1", "follow other:1", "ask"));
}

TEST_F(LeadershipTest, ALeaseOfALaterEpochIsNotTheOneThatItLeads) {
  Lead(1);
  now_ += seconds(2);
  Tick();
  EXPECT_THAT(Answer(Mine(2)),
              ElementsAre("end: another replica has taken the lease, with epoch 2"));
}

TEST_F(LeadershipTest, AFencedWriteEndsIt) {
  Lead(5);
  EXPECT_THAT(Feed(WriteFenced{4}), IsEmpty());  // of an earlier time
  EXPECT_THAT(Feed(WriteFenced{5}), ElementsAre(kFenced));
  EXPECT_THAT(Feed(WriteFenced{5}), IsEmpty());
  EXPECT_THAT(Feed(LeadingEnded{}), ElementsAre("release 5", "follow ", "ask"));
  EXPECT_THAT(Feed(WriteFenced{5}), IsEmpty());
}

TEST_F(LeadershipTest, AFencedWriteEndsItWhileItBegins) {
  Start();
  Answer(Mine(1));
  EXPECT_THAT(Feed(WriteFenced{1}), ElementsAre(kFenced));
  EXPECT_THAT(Feed(LeadingBegan{absl::OkStatus()}), IsEmpty());
  EXPECT_FALSE(machine_.Leads(now_));
  EXPECT_THAT(Feed(LeadingEnded{}), ElementsAre("release 1", "follow ", "ask"));
}

TEST_F(LeadershipTest, LeadsNoEpochTwice) {
  Lead(1);
  EXPECT_THAT(Feed(WriteFenced{1}), ElementsAre(kFenced));
  Feed(LeadingEnded{});
  // The release was lost: the store still says that this replica holds epoch 1.
  EXPECT_THAT(Answer(Mine(1, seconds(3))), ElementsAre("release 1"));
  now_ += milliseconds(100);
  EXPECT_THAT(Tick(), ElementsAre("ask"));
  EXPECT_THAT(Answer(Mine(2)), ElementsAre("begin 2"));
}

TEST_F(LeadershipTest, TakesTheLeaseWhoseAnswerWasLost) {
  Start();
  EXPECT_THAT(Answer(absl::UnavailableError("the answer was lost")), IsEmpty());
  now_ += seconds(1);
  Tick();
  EXPECT_THAT(Answer(Mine(7, seconds(4))), ElementsAre("begin 7"));
  EXPECT_EQ(machine_.leads_until(), now_ + milliseconds(3700));
}

TEST_F(LeadershipTest, GivesTheLeaseToOthersWhenItCannotBegin) {
  Start();
  Answer(Mine(1));
  EXPECT_THAT(Feed(LeadingBegan{absl::UnavailableError("the port is taken")}),
              ElementsAre("release 1", "follow "));
  EXPECT_FALSE(machine_.Leads(now_));
  EXPECT_EQ(machine_.NextDeadline(), now_ + kTtl);
  EXPECT_THAT(Feed(LeaseHint{}), IsEmpty());  // it is the one who gave it back
  EXPECT_EQ(machine_.NextDeadline(), now_ + kTtl);
  now_ += kTtl;
  EXPECT_THAT(Tick(), ElementsAre("ask"));
}

TEST_F(LeadershipTest, AsksSoonAfterAHint) {
  Start();
  Answer(Other(1));
  now_ += milliseconds(50);
  EXPECT_THAT(Feed(LeaseHint{}), IsEmpty());  // it has just asked
  EXPECT_EQ(machine_.NextDeadline(), now_ + milliseconds(50));
  now_ += milliseconds(100);
  EXPECT_THAT(Feed(LeaseHint{}), ElementsAre("ask"));
  EXPECT_THAT(Feed(LeaseHint{}), IsEmpty());
}

TEST_F(LeadershipTest, LeavesAtOnceWhenItHoldsNothing) {
  Start();
  Answer(Other(1));
  EXPECT_THAT(Feed(LeaveRequested{}), ElementsAre("left"));
  EXPECT_THAT(Tick(), IsEmpty());
  EXPECT_EQ(machine_.NextDeadline(), std::nullopt);
}

TEST_F(LeadershipTest, GivesBackALeaseThatComesWhileItLeaves) {
  Start();
  EXPECT_THAT(Feed(LeaveRequested{}), IsEmpty());
  EXPECT_THAT(Answer(Mine(1)), ElementsAre("release 1", "left"));
}

TEST_F(LeadershipTest, LeavesWithoutALeaseAfterTheAnswer) {
  Start();
  Feed(LeaveRequested{});
  EXPECT_THAT(Answer(absl::UnavailableError("no store")), ElementsAre("left"));
}

TEST_F(LeadershipTest, GivesTheLeaseBackWhenNothingGoesOnAnyMore) {
  Lead(1);
  EXPECT_THAT(Feed(LeaveRequested{}), ElementsAre("end: this replica is stopping"));
  EXPECT_FALSE(machine_.Leads(now_));
  EXPECT_THAT(Feed(LeaveRequested{}), IsEmpty());
  EXPECT_THAT(Feed(LeadingEnded{}), ElementsAre("release 1", "left"));
}

TEST_F(LeadershipTest, LeavesWhileItIsBeingDeposed) {
  Lead(1);
  Feed(WriteFenced{1});
  EXPECT_THAT(Feed(LeaveRequested{}), IsEmpty());
  EXPECT_THAT(Feed(LeadingEnded{}), ElementsAre("release 1", "left"));
}

}  // namespace
}  // namespace smokemesh::coordinator
