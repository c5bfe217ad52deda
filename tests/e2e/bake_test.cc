// Rounds over a window of time, judged together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/e2e/verdict_fixture.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A check whose answer is chosen round by round, among six.
class BakeTest : public VerdictTest {
 protected:
  std::string BakePlan(const std::string& policy = "", const std::string& tags = "smoke") {
    std::string checks = Check("subject", tags, "/subject");
    for (int i = 0; i < 5; ++i) checks += Check("fine" + std::to_string(i), "smoke", "/ok");
    return Plan(checks, policy);
  }

  // Three rounds, each of which has more time than it needs on a busy machine.
  static std::vector<std::string> ThreeRounds() {
    return {"--bake", "4s", "--every", "1500ms", "--store"};
  }
  std::vector<std::string> Flags() const {
    std::vector<std::string> flags = ThreeRounds();
    flags.push_back(store());
    return flags;
  }

  // The bake of a report.
  static nlohmann::json BakeOf(const RunDocument& run) { return run.json()["bake"]; }
  static std::vector<std::string> Decisions(const RunDocument& run) {
    std::vector<std::string> decisions;
    const nlohmann::json bake = BakeOf(run);
    for (const auto& round : bake["rounds"]) {
      decisions.push_back(round["decision"].is_string() ? round["decision"].get<std::string>()
                                                        : "");
    }
    return decisions;
  }

  // Ends like this, by its exit code and by what the bake says.
  RunDocument ExpectBake(const std::string& plan, const Ending& ending,
                         const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {"run", plan, "--output", "json"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Finished finished = Run(arguments);
    EXPECT_EQ(finished.exit_code, ending.exit_code) << finished.out << finished.err;
    const RunDocument document(finished.out);
    EXPECT_EQ(BakeOf(document)["decision"], ending.decision) << finished.out;
    return document;
  }
};

TEST_F(BakeTest, AllRoundsPromote) {
  const RunDocument run = ExpectBake(BakePlan(), kPromote, Flags());
  EXPECT_EQ(Decisions(run), std::vector<std::string>(3, "PROMOTE"));
  EXPECT_EQ(server_.Count("/subject"), 3);
  const Finished runs = Run({"runs", "--store", store()});
  EXPECT_EQ(runs.exit_code, 0) << runs.err;
  size_t rounds = 0;
  for (size_t at = runs.out.find("PROMOTE"); at != std::string::npos;
       at = runs.out.find("PROMOTE", at + 1)) {
    ++rounds;
  }
  EXPECT_GE(rounds, 3u) << runs.out;
}

TEST_F(BakeTest, ABlipHoldsUnlessOnlyTheLastRoundsCount) {
  server_.Answer("/subject", {503, 200});
  const RunDocument held = ExpectBake(BakePlan(), kHold, Flags());
  EXPECT_EQ(Decisions(held), (std::vector<std::string>{"HOLD", "PROMOTE", "PROMOTE"}));

  server_.Answer("/subject", {503, 200});
  const RunDocument clean =
      ExpectBake(BakePlan("policy: {clean_rounds: 2, rollback: [{rule: all, select: smoke, "
                          "not_passed_ratio_above: 0.5}]}\n"),
                 kPromote, Flags());
  EXPECT_EQ(Decisions(clean), (std::vector<std::string>{"HOLD", "PROMOTE", "PROMOTE"}));
}

TEST_F(BakeTest, ARuleOverRoundsSeesMoreThanABlip) {
  const std::string policy =
      "policy: {rollback: [{rule: steady, select: smoke, not_passed_at_least: 1, rounds: "
      "{at_least: 2, of_last: 3}}]}\n";
  server_.Answer("/subject", {503, 200});
  const RunDocument blip = ExpectBake(BakePlan(policy), kHold, Flags());
  EXPECT_EQ(Decisions(blip), (std::vector<std::string>{"HOLD", "PROMOTE", "PROMOTE"}));

  server_.Answer("/subject", {503, 200, 503});
  const RunDocument steady = ExpectBake(BakePlan(policy), kRollback, Flags());
  EXPECT_EQ(Decisions(steady), (std::vector<std::string>{"HOLD", "PROMOTE", "ROLLBACK"}));
}

// The bake is planned for three minutes. It ends with the round that is a ROLLBACK.
TEST_F(BakeTest, ARollbackEndsTheBakeAtOnce) {
  server_.Answer("/subject", {200, 503});
  const RunDocument run = ExpectBake(BakePlan("", "smoke, critical"), kRollback,
                                     {"--bake", "3m", "--every", "200ms", "--store", store()});
  EXPECT_EQ(Decisions(run), (std::vector<std::string>{"PROMOTE", "ROLLBACK"}));
  EXPECT_EQ(server_.Count("/subject"), 2);
  EXPECT_EQ(run.decision(), "ROLLBACK");
}

TEST_F(BakeTest, ABakeThatIsInterruptedIsNoPass) {
  const std::unique_ptr<Process> bake =
      Begin({"run", BakePlan(), "--bake", "1h", "--every", "30m", "--output", "json"});
  ASSERT_TRUE(bake->WaitForOutput("PASSED", Soon())) << bake->Stderr();
  bake->Signal(SIGINT);
  const Finished finished = Wait(bake.get());
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
  EXPECT_EQ(BakeOf(RunDocument(finished.out))["decision"], "INCONCLUSIVE") << finished.out;
}

TEST_F(BakeTest, AMeshKeepsEveryRound) {
  StartCoordinator();
  StartAgent("a");
  server_.Answer("/subject", {200, 503});
  const RunDocument run = ExpectBake(
      BakePlan("", "smoke, critical"), kRollback,
      {"--bake", "3m", "--every", "200ms", "--request-id", "deploy-7", "--coordinator", address()});
  const nlohmann::json bake = BakeOf(run);
  EXPECT_EQ(bake["id"], "deploy-7");
  const Finished verdict = Run({"verdict", "deploy-7", "--coordinator", address()});
  EXPECT_EQ(verdict.exit_code, 1) << verdict.out << verdict.err;
  const Finished rounds = Run({"runs", "--bake", "deploy-7", "--coordinator", address()});
  EXPECT_THAT(rounds.out, AllOf(HasSubstr("PROMOTE"), HasSubstr("ROLLBACK")));
  for (const auto& round : bake["rounds"]) {
    const Finished verified =
        Run({"verify", round["run_id"].get<std::string>(), "--coordinator", address()});
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  }
}

}  // namespace
}  // namespace smokemesh::testing
