// What is known of runs that have ended: judged again, verified, listed, compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/e2e/verdict_fixture.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RecordsTest : public VerdictTest {
 protected:
  // One-shot, recorded in the store.
  RunDocument Record(const std::string& plan, const Ending& ending) {
    return ExpectRun(plan, ending, {"--store", store()});
  }

  std::string Policy(const std::string& text) { return dir().Write("policy.yaml", text).string(); }
};

TEST_F(RecordsTest, AnotherPolicyJudgesARunAgain) {
  const RunDocument held = Record(TenChecks(), kHold);
  const Finished stricter =
      Ask({"replay", held.run_id(), "--policy",
           Policy("rollback: [{rule: any, select: smoke, not_passed_at_least: 1}]\n")});
  EXPECT_EQ(stricter.exit_code, 1) << stricter.out << stricter.err;
  EXPECT_THAT(stricter.out, AllOf(HasSubstr("ROLLBACK: "), HasSubstr("HOLD"), HasSubstr("any"),
                                  HasSubstr("broken")));

  const RunDocument rolled_back = Record(TenChecks("smoke, critical"), kRollback);
  const Finished looser =
      Ask({"replay", "latest", "--policy",
           Policy("rollback: [{rule: half, select: smoke, not_passed_ratio_above: 0.5}]\n")});
  EXPECT_EQ(looser.exit_code, 5) << looser.out << looser.err;
  EXPECT_THAT(looser.out, AllOf(HasSubstr(rolled_back.run_id()), HasSubstr("HOLD: ")));

  // A failure is promoted only where that is said in so many words.
  const Finished tolerated =
      Ask({"replay", held.run_id(), "--policy",
           Policy("rollback: [{rule: half, select: smoke, not_passed_ratio_above: 0.5}]\n"
                  "tolerate: [{rule: one, select: smoke, not_passed_at_most: 1}]\n")});
  EXPECT_EQ(tolerated.exit_code, 0) << tolerated.out << tolerated.err;
  EXPECT_THAT(tolerated.out, AllOf(HasSubstr("PROMOTE: "), HasSubstr("broken")));

  // Nothing of this has changed what is recorded.
  EXPECT_EQ(Ask({"verdict", held.run_id()}).exit_code, 5);
  EXPECT_EQ(Ask({"verdict", rolled_back.run_id()}).exit_code, 1);
  EXPECT_EQ(server_.Count("/broken"), 2);
}

TEST_F(RecordsTest, APolicyThatCannotBeReadJudgesNothing) {
  const RunDocument run = Record(TenChecks(), kHold);
  for (const char* text :
       {"", "rollback: [", "rollback: [{rule: x, select: smoke}]\n", "rolback: []\n",
        "rollback: [{rule: x, select: \"and\", not_passed_at_least: 1}]\n"}) {
    SCOPED_TRACE(text);
    const Finished replay = Ask({"replay", run.run_id(), "--policy", Policy(text)});
    EXPECT_EQ(replay.exit_code, 2) << replay.out << replay.err;
    EXPECT_THAT(replay.err, HasSubstr("policy.yaml"));
    EXPECT_EQ(replay.out, "");
  }
  EXPECT_EQ(Ask({"replay", run.run_id(), "--policy", "/nowhere.yaml"}).exit_code, 2);
  EXPECT_EQ(Ask({"replay", "no-such-run", "--policy", TenChecks()}).exit_code, 2);
}

TEST_F(RecordsTest, ARecordOfAMeshVerifies) {
  StartCoordinator();
  StartAgent("a");
  StartAgent("b");
  server_.Answer("/late", {503, 200});
  const std::string plan =
      Plan(Check("everywhere", "smoke", "/ok", "on: {service: \"*\"}, ") +
           Check("late", "smoke", "/late", "retry: {attempts: 2, interval: 10ms}, ") +
           Check("skipped", "smoke", "/ok", "skip: not here, "));
  const RunDocument good = ExpectRun(plan, kPromote, {"--coordinator", address()});
  const RunDocument bad = ExpectRun(TenChecks(), kHold, {"--coordinator", address()});
  const RunDocument missing =
      ExpectRun(Plan(Check("there", "smoke", "/ok", "on: {service: c}, ") +
                     Check("after", "smoke", "/ok", "needs: [there], ")),
                kInconclusive, {"--coordinator", address(), "--agent-wait", "100ms"});
  for (const RunDocument* run : {&good, &bad, &missing}) {
    const Finished verified = Run({"verify", run->run_id(), "--coordinator", address()});
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    EXPECT_THAT(verified.out, HasSubstr(run->decision()));
    // The file says the same as the coordinator.
    const Finished from_file = Ask({"verify", run->run_id()});
    EXPECT_EQ(from_file.exit_code, 0) << from_file.out << from_file.err;
  }
  EXPECT_EQ(Run({"verify", "no-such-run", "--coordinator", address()}).exit_code, 2);
}

TEST_F(RecordsTest, RunsAreListedByPlanAndChecksByRun) {
  Record(TenChecks(), kHold);
  server_.Answer("/broken", {200});
  const auto other = [this] {
    std::string text = ReadFile(Plan(Check("lonely", "smoke", "/ok")));
    text.replace(text.find("name: p"), 7, "name: other");
    return dir().Write("other.yaml", text).string();
  };
  Record(other(), kPromote);
  std::string checks = Check("broken", "smoke", "/repaired");
  for (int i = 1; i < 10; ++i) checks += Check("fine" + std::to_string(i), "smoke", "/ok");
  Record(Plan(checks), kPromote);

  const Finished of_plan = Ask({"runs", "--plan", "p"});
  EXPECT_EQ(of_plan.exit_code, 0) << of_plan.err;
  EXPECT_THAT(of_plan.out, AllOf(HasSubstr("PROMOTE"), HasSubstr("HOLD"), Not(HasSubstr("other"))));
  EXPECT_LT(of_plan.out.find("PROMOTE"), of_plan.out.find("HOLD")) << "the newest comes first";
  EXPECT_THAT(Ask({"runs"}).out, HasSubstr("other"));

  const Finished history = Ask({"history", "--plan", "p", "--output", "json"});
  EXPECT_EQ(history.exit_code, 0) << history.err;
  const nlohmann::json document = nlohmann::json::parse(history.out);
  ASSERT_EQ(document["runs"].size(), 2u) << history.out;
  EXPECT_EQ(document["checks"].size(), 10u);
  EXPECT_EQ(document["checks"][0]["name"], "broken");
  EXPECT_EQ(document["checks"][0]["outcomes"], nlohmann::json({"FAILED", "PASSED"}));
  const Finished as_text = Ask({"history", "--plan", "p"});
  EXPECT_THAT(as_text.out, AllOf(HasSubstr("broken"), HasSubstr("fine9")));
}

// The newest promoted run is what others are compared with; nothing else is.
TEST_F(RecordsTest, ARunIsComparedWithTheLastOnesThatWerePromoted) {
  StartCoordinator();
  StartAgent("a");
  const std::vector<std::string> mesh = {"--coordinator", address()};
  const auto plan = [this](const std::string& path, const std::string& policy = "") {
    std::string checks = Check("subject", "smoke", path);
    for (int i = 0; i < 5; ++i) checks += Check("fine" + std::to_string(i), "smoke", "/ok");
    return Plan(checks, policy);
  };
  server_.Answer("/broken", {503});
  const auto subject = [](const RunDocument& run) { return run.Check("subject")["comparison"]; };

  EXPECT_TRUE(subject(ExpectRun(plan("/broken"), kHold, mesh)).is_null()) << "nothing to compare";
  EXPECT_TRUE(subject(ExpectRun(plan("/ok"), kPromote, mesh)).is_null());
  const RunDocument broken = ExpectRun(plan("/broken"), kHold, mesh);
  EXPECT_EQ(subject(broken)["newly_failing"], true);
  const RunDocument still = ExpectRun(plan("/broken"), kHold, mesh);
  EXPECT_EQ(subject(still)["newly_failing"], true) << "the run before was not promoted";
  EXPECT_THAT(ReadFile(reports() + "/report.txt"), HasSubstr("newly failing"));

  // Shown, and counted only by a rule that says so.
  const RunDocument counted = ExpectRun(
      plan("/broken",
           "policy: {rollback: [{rule: regression, select: smoke, newly_failing_at_least: 1}]}\n"),
      kRollback, mesh);
  EXPECT_EQ(counted.Rule("regression")["counted"], nlohmann::json({"subject"}));

  // Three promoted runs say how long it takes; then it stands at a gate.
  for (int i = 0; i < 2; ++i) ExpectRun(plan("/ok"), kPromote, mesh);
  const std::unique_ptr<Process> slow = BeginRun(plan("/gate"), mesh);
  ASSERT_TRUE(server_.WaitForArrivals(1, Soon()));
  const auto arrived = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - arrived < std::chrono::milliseconds(400)) continue;
  server_.Open();
  const RunDocument late = ExpectEnd(slow.get(), kPromote);
  EXPECT_EQ(subject(late)["newly_slow"], true) << subject(late);
  EXPECT_EQ(subject(late)["runs"], 3);

  // A coordinator that starts again on the store still knows.
  KillCoordinator();
  StartCoordinator();
  StartAgent("a");
  EXPECT_EQ(subject(ExpectRun(plan("/broken"), kHold, mesh))["newly_failing"], true);
}

}  // namespace
}  // namespace smokemesh::testing
