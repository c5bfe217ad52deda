// `smokemesh run --bake` in real time, against a server whose answers change between the rounds.

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/integration/cli/cli_fixture.h"
#include "tests/testing/free_port.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Bake : public CliFixture {
 protected:
  // One check that only the policy judges.
  std::string PlanWith(const std::string& policy, const std::string& path = "/a") {
    return Plan("policy:\n" + policy + "checks:\n" + Check("one", "smoke", path));
  }
  static std::string Always() {
    return "  rollback: [{rule: any, select: smoke, not_passed_at_least: 1}]\n";
  }
  static std::string TwoOfThree() {
    return "  rollback:\n    - {rule: often, select: smoke, not_passed_at_least: 1, rounds: "
           "{at_least: 2, of_last: 3}}\n";
  }

  nlohmann::json RunJson(std::vector<std::string> arguments, int code) {
    arguments.insert(arguments.end(), {"--output", "json"});
    const Ended run = Run({std::move(arguments)});
    EXPECT_EQ(run.code, code) << run.out << run.err;
    return nlohmann::json::parse(run.out, nullptr, false);
  }

  static std::vector<std::string> Decisions(const nlohmann::json& document) {
    std::vector<std::string> decisions;
    for (const auto& round : document["bake"]["rounds"]) decisions.push_back(round["decision"]);
    return decisions;
  }
};

// On a machine with much to do rounds take longer than planned, and there are fewer: no test counts
// on their number.
TEST_F(Bake, RoundsThatAllPassArePromoted) {
  const auto document = RunJson(
      {"run", PlanWith(Always()), "--bake", "2s", "--every", "500ms", "--request-id", "d7"}, 0);
  EXPECT_EQ(document["bake"]["decision"], "PROMOTE");
  EXPECT_EQ(document["bake"]["id"], "d7");
  const std::vector<std::string> decisions = Decisions(document);
  EXPECT_THAT(decisions, AllOf(SizeIs(Ge(2)), SizeIs(Le(4)), Each("PROMOTE")));
  EXPECT_EQ(gate_.Count("/a"), decisions.size());
  EXPECT_EQ(document["run_id"], document["bake"]["rounds"].back()["run_id"]);
}

TEST_F(Bake, NoRoundLeavesANoteBehindWhenItHasCleanedUp) {
  const Ended run = Run({"run", PlanWith(Always()), "--bake", "300ms", "--every", "100ms"},
                        {{"XDG_STATE_HOME", folder_.path()}});
  EXPECT_EQ(run.code, 0) << run.err;
  const auto notes = folder_.path() / "smokemesh" / "unfinished";
  ASSERT_TRUE(std::filesystem::exists(notes)) << "they were made";
  EXPECT_TRUE(std::filesystem::is_empty(notes));
}

TEST_F(Bake, ARollbackEndsItEarly) {
  gate_.Answer("/a", {200, 500, 200});
  const auto document = RunJson(
      {"run", PlanWith(Always()), "--bake", "60s", "--every", "500ms", "--report", "out"}, 1);
  EXPECT_THAT(Decisions(document), ElementsAre("PROMOTE", "ROLLBACK"));
  EXPECT_EQ(gate_.Count("/a"), 2);
  EXPECT_EQ(document["run_id"], document["bake"]["rounds"][1]["run_id"]);
  EXPECT_EQ(nlohmann::json::parse(Read("out/report.json"))["bake"]["decision"], "ROLLBACK");
}

TEST_F(Bake, ARuleOverSeveralRoundsRollsBackAtTheSecondFailureOfThree) {
  gate_.Answer("/a", {200, 500, 200, 500, 200});
  const auto document =
      RunJson({"run", PlanWith(TwoOfThree()), "--bake", "60s", "--every", "500ms"}, 1);
  EXPECT_THAT(Decisions(document), ElementsAre("PROMOTE", "HOLD", "PROMOTE", "ROLLBACK"));
  EXPECT_EQ(gate_.Count("/a"), 4);
}

TEST_F(Bake, ABlipDoesNotRollBackAndHoldsUnlessCleanRoundsForgiveIt) {
  gate_.Answer("/a", {500, 200});
  std::vector<std::string> arguments = {"run",  PlanWith(TwoOfThree()), "--bake", "3s", "--every",
                                        "500ms"};
  const auto held = RunJson(arguments, 5);
  EXPECT_THAT(Decisions(held), AllOf(SizeIs(Ge(2)), Contains("HOLD").Times(1)));
  EXPECT_EQ(held["run_id"], held["bake"]["rounds"][0]["run_id"]);

  gate_.Answer("/a", {500, 200});
  arguments[1] = PlanWith(TwoOfThree() + "  clean_rounds: 2\n");
  const auto forgiven = RunJson(arguments, 0);
  EXPECT_EQ(Decisions(forgiven)[0], "HOLD");
  EXPECT_EQ(forgiven["bake"]["decision"], "PROMOTE");
  EXPECT_EQ(forgiven["run_id"], forgiven["bake"]["rounds"].back()["run_id"]);
}

TEST_F(Bake, ASignalInTheWaitEndsItAndSaysWhatCameOfTheRounds) {
  const std::unique_ptr<Process> run =
      Start({"run", PlanWith(Always()), "--bake", "60m", "--every", "30m", "--output", "json"});
  ASSERT_TRUE(run->WaitForOutput("round 1 of 2: PROMOTE", Soon())) << run->Stderr();
  run->Signal(SIGTERM);
  const Ended ended = End(run.get());
  EXPECT_EQ(ended.code, 143);
  EXPECT_THAT(ended.err, HasSubstr("interrupted"));
  const auto document = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << ended.out;
  EXPECT_EQ(document["bake"]["decision"], "INCONCLUSIVE");
  EXPECT_EQ(document["bake"]["reasons"][0],
            "the bake was cut short: interrupted after round 1 of 2");
  EXPECT_THAT(Decisions(document), ElementsAre("PROMOTE"));
}

TEST_F(Bake, ASignalInARoundCancelsThatRound) {
  const std::unique_ptr<Process> run =
      Start({"run", PlanWith(Always(), "/gate"), "--bake", "60m", "--output", "json"});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  run->Signal(SIGINT);
  const Ended ended = End(run.get());
  EXPECT_EQ(ended.code, 130);
  const auto document = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << ended.out;
  EXPECT_EQ(document["checks"][0]["outcome"], "ABORTED");
  EXPECT_THAT(std::string(document["bake"]["summary"]), HasSubstr("interrupted in round 1 of 120"));
}

TEST_F(Bake, ACoordinatorThatIsAwayBetweenTwoRoundsIsWaitedFor) {
  const std::string address = "127.0.0.1:" + std::to_string(FreePort());
  const auto serve = [&] {
    auto process = Start({"serve", "--listen", address, "--store", "runs.db"});
    EXPECT_TRUE(process->WaitForOutput("listening on", Soon())) << process->Stderr();
    return process;
  };
  std::unique_ptr<Process> coordinator = serve();
  const std::unique_ptr<Process> agent =
      Start({"--coordinator", address, "--service", "gateway"}, {}, SMOKEMESH_AGENT_BINARY);
  const std::unique_ptr<Process> run = Start({"run", PlanWith(Always()), "--bake", "4s", "--every",
                                              "2s", "--coordinator", address, "--output", "json"});
  ASSERT_TRUE(run->WaitForOutput("round 1 of 2: PROMOTE", Soon())) << run->Stderr();
  coordinator->Signal(SIGKILL);
  ASSERT_TRUE(coordinator->WaitUntil(Soon()).has_value());
  ASSERT_TRUE(run->WaitForOutput("lost the coordinator", Soon())) << run->Stderr();
  coordinator = serve();
  const Ended ended = End(run.get());
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("is back"));
  EXPECT_THAT(Decisions(nlohmann::json::parse(ended.out)), ElementsAre("PROMOTE", "PROMOTE"));
}

TEST_F(Bake, TheSameRequestIdIsTheSameBake) {
  const std::vector<std::string> arguments = {
      "run", PlanWith(Always()), "--bake",  "2s",           "--every",
      "1s",  "--store",          "runs.db", "--request-id", "d7"};
  const auto first = RunJson(arguments, 0);
  gate_.Answer("/a", {500});
  const auto second = RunJson(arguments, 0);
  EXPECT_EQ(gate_.Count("/a"), 2) << "the rounds that there are were not run again";
  EXPECT_EQ(first["bake"]["rounds"], second["bake"]["rounds"]);

  // Another plan under the same id is refused, and not mixed with the first.
  std::vector<std::string> other = arguments;
  other[1] = PlanWith(TwoOfThree());
  const Ended refused = Run(other);
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, AllOf(StartsWith("smokemesh: "), HasSubstr("d7.1")));
}

}  // namespace
}  // namespace smokemesh::testing
