#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "shared/duration.h"
#include "tests/integration/coordinator/coordinator_fixture.h"
#include "tests/integration/coordinator/scripted_agent.h"

// Flows over real streams and a real store.

namespace smokemesh::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FlowTest : public CoordinatorTest {
 protected:
  // `pub` beside gateway calls, `sub` beside users listens.
  static v1::CreateRunRequest Request() {
    v1::Plan plan = MakePlan({"event"}, "");
    v1::Check& check = *plan.mutable_checks(0);
    check.clear_on();
    check.clear_http();
    for (const auto& [name, service] : {std::pair{"pub", "gateway"}, {"sub", "users"}}) {
      v1::FlowRole& role = *check.mutable_flow()->add_roles();
      role.set_name(name);
      role.mutable_on()->set_service(service);
      role.add_steps()->mutable_http()->mutable_request()->set_url("http://localhost/");
    }
    v1::CreateRunRequest request = MakeRequest("q", plan);
    *request.mutable_options()->mutable_agent_wait() = shared::ToProto(std::chrono::seconds(1));
    return request;
  }
  static v1::Hello Holding(const v1::Hello& hello, const v1::Assignment& task) {
    v1::Hello again = hello;
    again.add_tasks_in_hand(task.task_id());
    return again;
  }

  const v1::Hello pub_ = MakeHello("gateway-1", "gateway");
  const v1::Hello sub_ = MakeHello("users-1", "users");
};

TEST_F(FlowTest, BothWaitForEachOtherAndTheRunIsPromoted) {
  Start();
  ScriptedAgent pub(NewChannel());
  ScriptedAgent sub(NewChannel());
  ASSERT_TRUE(pub.Join(pub_) && sub.Join(sub_));
  const std::string run_id = MustCreate(Request());
  const auto a = pub.NextAssignment();
  const auto b = sub.NextAssignment();
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_THAT(a->roles(), ElementsAre("pub"));
  EXPECT_THAT(b->roles(), ElementsAre("sub"));
  ASSERT_TRUE(pub.Accept(*a) && sub.Accept(*b));
  ASSERT_TRUE(sub.SayReady(*b));
  ASSERT_TRUE(pub.SayReady(*a));
  EXPECT_EQ(pub.NextGo(), a->task_id());
  EXPECT_EQ(sub.NextGo(), b->task_id());
  ASSERT_TRUE(pub.SendResults(1, {ResultOf(*a, "gateway-1")}));
  ASSERT_TRUE(sub.SendResults(1, {ResultOf(*b, "users-1")}));
  const v1::Run run = AwaitEnd(run_id);
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_PROMOTE) << run.verdict().summary();
  EXPECT_THAT(run.checks(0).tasks(1).roles(), ElementsAre("sub"));
}

TEST_F(FlowTest, ACoordinatorThatIsRestartedMidwayBringsItToItsEnd) {
  Start();
  const std::string run_id = MustCreate(Request());
  std::optional<v1::Assignment> a;
  std::optional<v1::Assignment> b;
  {
    ScriptedAgent pub(NewChannel());
    ScriptedAgent sub(NewChannel());
    ASSERT_TRUE(pub.Join(pub_) && sub.Join(sub_));
    a = pub.NextAssignment();
    b = sub.NextAssignment();
    ASSERT_TRUE(a.has_value() && b.has_value());
    ASSERT_TRUE(sub.Accept(*b) && sub.SayReady(*b));
  }
  Stop();
  Start();
  ScriptedAgent pub(NewChannel());
  ScriptedAgent sub(NewChannel());
  // One still waits, and the other one was restarted.
  ASSERT_TRUE(sub.Join(Holding(sub_, *b)));
  ASSERT_TRUE(sub.SayReady(*b));
  v1::Hello again = pub_;
  again.set_incarnation("second-life");
  ASSERT_TRUE(pub.Join(again));
  const auto second = pub.NextAssignment();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->attempt(), 2);
  ASSERT_TRUE(pub.Accept(*second) && pub.SayReady(*second));
  EXPECT_EQ(pub.NextGo(), second->task_id());
  EXPECT_EQ(sub.NextGo(), b->task_id());
  ASSERT_TRUE(pub.SendResults(1, {ResultOf(*second, "gateway-1")}));
  ASSERT_TRUE(sub.SendResults(1, {ResultOf(*b, "users-1")}));
  EXPECT_EQ(AwaitEnd(run_id).verdict().decision(), v1::DECISION_PROMOTE);
}

TEST_F(FlowTest, WhenOneCannotGetReadyTheOtherIsCancelledAtOnce) {
  Start();
  ScriptedAgent pub(NewChannel());
  ScriptedAgent sub(NewChannel());
  ASSERT_TRUE(pub.Join(pub_) && sub.Join(sub_));
  const std::string run_id = MustCreate(Request());
  const auto a = pub.NextAssignment();
  const auto b = sub.NextAssignment();
  ASSERT_TRUE(a.has_value() && b.has_value());
  ASSERT_TRUE(pub.Accept(*a) && pub.SayReady(*a));
  v1::TaskResult failed = ResultOf(*b, "users-1");
  failed.set_outcome(v1::OUTCOME_FAILED);
  failed.set_message("subscribe: connection refused");
  ASSERT_TRUE(sub.SendResults(1, {failed}));
  const auto cancelled = pub.Next();
  ASSERT_TRUE(cancelled.has_value() && cancelled->has_cancellation());
  EXPECT_EQ(cancelled->cancellation().task_id(), a->task_id());
  EXPECT_THAT(cancelled->cancellation().reason(), HasSubstr("subscribe: connection refused"));
  const v1::Run run = AwaitEnd(run_id);
  EXPECT_EQ(run.checks(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_NE(run.verdict().decision(), v1::DECISION_PROMOTE);
}

// An agent of before flows: it names no features and has never heard of the kind.
TEST_F(FlowTest, AnOlderAgentIsLeftOutAndTheReasonSaysWhatToDo) {
  Start();
  v1::Hello old = sub_;
  old.clear_features();
  old.clear_capabilities();
  old.add_capabilities("http");
  old.set_build_version("0.4.0");
  ScriptedAgent pub(NewChannel());
  ScriptedAgent sub(NewChannel());
  ASSERT_TRUE(pub.Join(pub_) && sub.Join(old));
  const v1::Run run = AwaitEnd(MustCreate(Request()));
  EXPECT_EQ(run.verdict().decision(), v1::DECISION_INCONCLUSIVE);
  EXPECT_THAT(run.checks(0).reason(),
              AllOf(HasSubstr("agent \"users-1\" is of build 0.4.0"), HasSubstr("install")));
  // It goes on with what it can do.
  MustCreate(MakeRequest("plain", MakePlan({"one"}, "users")));
  EXPECT_TRUE(sub.NextAssignment().has_value());
}

// An agent of a later version says things that nobody here knows.
TEST_F(FlowTest, ANewerAgentIsUnderstoodAsFarAsItCanBe) {
  Start();
  ScriptedAgent agent(NewChannel());
  v1::Hello hello = sub_;
  hello.add_features("telepathy");
  hello.add_capabilities("telepathy");
  hello.GetReflection()->MutableUnknownFields(&hello)->AddVarint(500, 1);
  ASSERT_TRUE(agent.Join(hello));
  v1::ConnectRequest unknown;
  unknown.GetReflection()->MutableUnknownFields(&unknown)->AddLengthDelimited(500, "thought");
  ASSERT_TRUE(agent.Send(unknown));
  const std::string run_id = MustCreate(MakeRequest("plain", MakePlan({"one"}, "users")));
  const auto task = agent.NextAssignment();
  ASSERT_TRUE(task.has_value());
  ASSERT_TRUE(agent.Send(unknown) && agent.Accept(*task));
  ASSERT_TRUE(agent.SendResults(1, {ResultOf(*task, "users-1")}));
  EXPECT_EQ(AwaitEnd(run_id).verdict().decision(), v1::DECISION_PROMOTE);
}

}  // namespace
}  // namespace smokemesh::testing
