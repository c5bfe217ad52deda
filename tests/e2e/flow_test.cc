// A flow with the built programs: one publishes on a real Redis, two must see it, each exactly
// once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/local_redis.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FlowTest : public MeshTest {
 protected:
  void SetUp() override {
    auto redis = LocalRedis::Start({.config = {"user deaf on >secret ~* &* +@all -subscribe"}});
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    StartCoordinator({"--agent-grace", "2s"});
  }
  void StartPublisher() { StartAgent("gateway", {{"BUS_URL", redis_->Url()}}); }
  void StartListener(const std::string& service, const std::string& url) {
    StartAgent(service, {{"BUS_URL", url}}, "", {"--label", "listens=yes"});
  }
  void StartAll() {
    StartPublisher();
    StartListener("users", redis_->Url());
    StartListener("mailer", redis_->Url());
  }

  // `repeat` as in plans: how often the event is published.
  std::string Plan(const std::string& repeat = "") {
    return dir()
        .Write("plan.yaml", R"(name: flowing
connections: {bus: {redis: "${BUS_URL}"}}
checks:
  - name: user_created
    tags: [smoke, critical]
    timeout: 10s
    flow:
      roles:
        - name: publisher
          on: {service: gateway}
          steps:
            - event_bus:
                publish: {channel: user.created, event_id: "{{correlation_id}}", data: {name: Ann}})" +
                                repeat + R"(
        - name: listener
          on: {labels: {listens: "yes"}}
          prepare:
            - event_bus: {session: ears, subscribe: [user.created]}
          steps:
            - event_bus:
                session: ears
                receive: {count: 1, within: 2s, settle: 200ms, where: ['json /data/event_id == "{{correlation_id}}"']}
                expect: [events == 1, event 0/name == Ann]
    finally:
      - event_bus: {forget: {channel: user.created, event_id: "{{correlation_id}}"}}
)")
        .string();
  }
  Finished RunPlan(const std::string& plan) {
    return Run({"run", plan, "--coordinator", address(), "--agent-wait", "2s"});
  }

  std::unique_ptr<LocalRedis> redis_;
};

TEST_F(FlowTest, AnEventThatBothListenersSeeOncePromotes) {
  StartAll();
  const Finished run = RunPlan(Plan());
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err << AgentLog("users");
  EXPECT_THAT(run.out, HasSubstr("PROMOTE"));
  const auto left = redis_->Command({"KEYS", "*"});
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(*left, "") << "what it stored is gone";
  // Again: nothing is left over from the first time.
  EXPECT_EQ(RunPlan(Plan()).exit_code, 0);
}

TEST_F(FlowTest, AnEventThatComesTwiceIsRed) {
  StartAll();
  const Finished run = RunPlan(Plan("\n                repeat: {times: 2}"));
  EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("FAILED"), HasSubstr("listener"), Not(HasSubstr("PROMOTE"))));
}

TEST_F(FlowTest, AListenerThatHearsAnotherBusIsRed) {
  auto other = LocalRedis::Start();
  ASSERT_TRUE(other.ok()) << other.status();
  StartPublisher();
  StartListener("users", redis_->Url());
  StartListener("mailer", (*other)->Url());
  const Finished run = RunPlan(Plan());
  EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("FAILED"), HasSubstr("mailer-1"), HasSubstr("listener")));
}

TEST_F(FlowTest, AListenerThatCannotSubscribeEndsTheFlowForAll) {
  StartPublisher();
  StartListener("users", redis_->Url());
  StartListener("mailer", redis_->Url("deaf", "secret"));
  const Finished run = RunPlan(Plan());
  EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  const Finished shown = Run({"verdict", "latest", "--coordinator", address(), "--json"});
  EXPECT_THAT(run.out, HasSubstr("mailer-1"));
  EXPECT_THAT(shown.out + run.out, HasSubstr("NOPERM"));
}

TEST_F(FlowTest, AListenerThatIsNotThereIsNoEvidence) {
  StartPublisher();
  const Finished run = RunPlan(Plan());
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("INCONCLUSIVE"), HasSubstr("role \"listener\""),
                             Not(HasSubstr("PROMOTE"))));
}

TEST_F(FlowTest, AListenerThatDiesAtTheBarrierIsNoEvidence) {
  StartAll();
  // It hangs where it prepares, so the others wait for it until it is killed.
  redis_->Pause();
  const std::unique_ptr<Process> run =
      Begin({"run", Plan(), "--coordinator", address(), "--agent-wait", "2s"});
  ASSERT_TRUE(run->WaitForOutput("flowing", Soon())) << run->Stdout() << run->Stderr();
  KillAgent("mailer");
  redis_->Resume();
  const Finished finished = Wait(run.get());
  EXPECT_EQ(finished.exit_code, 4) << finished.out << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("MISSING"), HasSubstr("mailer-1")));
}

TEST_F(FlowTest, OneProcessTakesAllRolesInAOneShotRun) {
  const Finished run = Run({"run", Plan()}, {{"BUS_URL", redis_->Url()}});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
}

}  // namespace
}  // namespace smokemesh::testing
