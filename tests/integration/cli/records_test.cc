// The commands that read recorded runs, as scripts see them.

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "coordinator/store/open_store.h"
#include "tests/integration/cli/cli_fixture.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kStrict[] = "rollback: [{rule: any, select: smoke, not_passed_at_least: 1}]\n";

class RecordsTest : public CliFixture {
 protected:
  // Two checks; the second one fails when `/b` is answered so.
  std::string TwoChecks() {
    return Plan("checks:\n" + Check("login", "smoke", "/a") + Check("events", "smoke", "/b") +
                Check("c3", "smoke", "/a") + Check("c4", "smoke", "/a") +
                Check("c5", "smoke", "/a") +
                "policy: {rollback: [{rule: most, select: smoke, not_passed_ratio_above: 0.5}]}\n");
  }

  // Runs that were PROMOTE, PROMOTE, HOLD, in `runs.db`; the newest last.
  std::vector<std::string> ThreeRuns() {
    gate_.Answer("/b", {200, 200, 500});
    for (const int code : {0, 0, 5}) {
      const Ended run = Run({"run", TwoChecks(), "--store", "runs.db"});
      EXPECT_EQ(run.code, code) << run.out << run.err;
    }
    std::vector<std::string> ids;
    const nlohmann::json document = Json({"runs"});
    for (const auto& run : document["runs"]) ids.insert(ids.begin(), run["run_id"]);
    EXPECT_EQ(ids.size(), 3U);
    ids.resize(3);
    return ids;
  }

  Ended Query(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--store", "runs.db"});
    return Run(std::move(arguments));
  }

  nlohmann::json Json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--output", "json"});
    const Ended ended = Query(std::move(arguments));
    auto document = nlohmann::json::parse(ended.out, nullptr, false);
    EXPECT_FALSE(document.is_discarded()) << ended.out << ended.err;
    return document;
  }
};

TEST_F(RecordsTest, VerdictHasTheExitCodeAndEveryOutput) {
  const std::vector<std::string> ids = ThreeRuns();
  const Ended latest = Query({"verdict", "latest"});
  EXPECT_EQ(latest.code, 5);
  EXPECT_THAT(latest.out, HasSubstr("✗ FAILED  events"));
  EXPECT_EQ(Query({"verdict", ids[0]}).code, 0);
  EXPECT_EQ(Json({"verdict", ids[0]})["verdict"]["decision"], "PROMOTE");
  EXPECT_THAT(Query({"verdict", ids[0], "--output", "tap"}).out, StartsWith("TAP version "));
  EXPECT_THAT(Query({"verdict", ids[0]}).out, Not(HasSubstr("GET /a")));
  EXPECT_THAT(Query({"verdict", ids[0], "-v"}).out, HasSubstr("GET /a"));
  const Ended none = Query({"verdict", "none"});
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.err, "smokemesh: there is no run \"none\"\n");
}

TEST_F(RecordsTest, ReplayOfOneRunIsTheReportByTheOtherPolicy) {
  const std::vector<std::string> ids = ThreeRuns();
  folder_.Write("strict.yaml", kStrict);
  const Ended replay = Query({"replay", "latest", "--policy", "strict.yaml"});
  EXPECT_EQ(replay.code, 1) << replay.err;
  EXPECT_THAT(replay.out, StartsWith("Replay of run " + ids[2] + " of p, "));
  EXPECT_THAT(replay.out, HasSubstr("by the policy in strict.yaml\nThen: HOLD: "));
  EXPECT_THAT(replay.out, HasSubstr("\nNow:  ROLLBACK: rule any holds"));
  EXPECT_THAT(replay.out, HasSubstr("✗ FAILED  events"));
  EXPECT_EQ(Query({"replay", ids[0], "--policy", "strict.yaml"}).code, 0);
  EXPECT_EQ(Query({"replay", "latest", "--policy", "plan.yaml"}).code, 5)
      << "the plan's own policy";
  EXPECT_EQ(Query({"verdict", "latest"}).code, 5) << "the record stays as it is";
}

TEST_F(RecordsTest, ReplayOfSeveralIsATable) {
  const std::vector<std::string> ids = ThreeRuns();
  folder_.Write("strict.yaml", kStrict);
  const Ended replay = Query({"replay", "--last", "20", "--policy", "strict.yaml"});
  EXPECT_EQ(replay.code, 0) << replay.err;
  EXPECT_THAT(replay.out, ContainsRegex(ids[2] + "  [^ ]+  HOLD     ROLLBACK  rule any holds"));
  EXPECT_THAT(replay.out, ContainsRegex(ids[0] + "  [^ ]+  PROMOTE  PROMOTE\n"));
  EXPECT_THAT(replay.out, EndsWith("1 of 3 runs would have been judged otherwise\n"));
  const auto json = Json({"replay", ids[0], ids[2], "--policy", "strict.yaml"});
  EXPECT_EQ(json["otherwise"], 1);
  EXPECT_EQ(json["runs"][1]["now"]["decision"], "ROLLBACK");
  const Ended some = Query({"replay", ids[0], "none", "--policy", "strict.yaml"});
  EXPECT_EQ(some.code, 2) << "one could not be judged";
  EXPECT_THAT(some.out, HasSubstr(ids[0]));
  EXPECT_THAT(some.err, HasSubstr("there is no run \"none\""));
  EXPECT_EQ(Query({"replay", "--last", "2", "--plan", "other", "--policy", "strict.yaml"}).code, 2);
}

TEST_F(RecordsTest, ReplayRefusesAPolicyThatIsWrong) {
  ThreeRuns();
  folder_.Write("bad.yaml", "rollback: [{rule: any, selct: smoke, not_passed_at_least: 1}]\n");
  for (const std::vector<std::string>& runs :
       std::vector<std::vector<std::string>>{{"latest"}, {"--last", "3"}}) {
    std::vector<std::string> arguments = {"replay", "--policy", "bad.yaml"};
    arguments.insert(arguments.end(), runs.begin(), runs.end());
    const Ended replay = Query(arguments);
    EXPECT_EQ(replay.code, 2);
    EXPECT_EQ(replay.out, "");
    EXPECT_THAT(replay.err, HasSubstr("bad.yaml:1:"));
    EXPECT_THAT(replay.err, HasSubstr("did you mean \"select\"?"));
    EXPECT_EQ(replay.err.find("bad.yaml", replay.err.find("bad.yaml") + 1), std::string::npos)
        << "once, not for each run: " << replay.err;
  }
  EXPECT_EQ(Query({"replay", "latest", "--policy", "none.yaml"}).code, 2);
}

TEST_F(RecordsTest, VerifyMakesTheVerdictAgain) {
  const std::vector<std::string> ids = ThreeRuns();
  const Ended verify = Query({"verify", "latest"});
  EXPECT_EQ(verify.code, 0) << verify.out << verify.err;
  EXPECT_THAT(verify.out, StartsWith("Run " + ids[2] + " of p, "));
  EXPECT_THAT(verify.out, HasSubstr("looked at  5 checks, 5 pairs, 5 stored results\n"));
  EXPECT_THAT(verify.out, ContainsRegex("plan       sha256 [0-9a-f]{64}\n"));
  EXPECT_THAT(verify.out, ContainsRegex("policy     sha256 [0-9a-f]{64}\n"));
  EXPECT_THAT(verify.out, EndsWith("VERIFIED: the verdict follows from the stored evidence\n"));
  EXPECT_EQ(Json({"verify", ids[0]})["verified"], true);
  EXPECT_EQ(Query({"verify", "none"}).code, 2);
}

// Changes the store's file behind everybody's back.
void Execute(const std::filesystem::path& store, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(store.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  EXPECT_EQ(sqlite3_changes(db), 1);
  sqlite3_close(db);
}

TEST_F(RecordsTest, VerifyFindsEvidenceThatIsGone) {
  ThreeRuns();
  Execute(folder_.path() / "runs.db",
          "DELETE FROM result WHERE rowid = (SELECT max(rowid) FROM result)");
  const Ended verify = Query({"verify", "latest"});
  EXPECT_EQ(verify.code, 1) << verify.out << verify.err;
  EXPECT_THAT(verify.out, HasSubstr("looked at  5 checks, 5 pairs, 4 stored results\n"));
  EXPECT_THAT(verify.out, HasSubstr("\nproblem    "));
  EXPECT_THAT(verify.out, ContainsRegex("NOT VERIFIED: [0-9]+ problems?\n$"));
  const auto json = Json({"verify", "latest"});
  EXPECT_EQ(json["verified"], false);
  EXPECT_FALSE(json["problems"].empty());
}

TEST_F(RecordsTest, HistoryIsAGridOfChecksByRuns) {
  const std::vector<std::string> ids = ThreeRuns();
  const Ended history = Query({"history"});
  EXPECT_EQ(history.code, 0) << history.err;
  EXPECT_THAT(history.out, StartsWith("History of p: 3 runs, "));
  EXPECT_THAT(history.out, ContainsRegex("CHECK +PPH  MEDIAN   LAST\n"));
  EXPECT_THAT(history.out, ContainsRegex("login +✓✓✓  "));
  EXPECT_THAT(history.out, ContainsRegex("events +✓✓✗  [^\n]*newly failing since " + ids[2]));
  const Ended some = Query({"history", "EVENT", "--limit", "2"});
  EXPECT_THAT(some.out, ContainsRegex("events +✓✗  "));
  EXPECT_THAT(some.out, Not(HasSubstr("login")));
  EXPECT_EQ(Json({"history", "events"})["checks"][0]["failing_since"], ids[2]);
  const Ended none = Query({"history", "evnets"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("(did you mean \"events\"?)"));
  EXPECT_EQ(Query({"history", "--plan", "other"}).out, "no runs\n");
}

TEST_F(RecordsTest, RoundsOfABakeAreListedAndShownTogether) {
  const Ended bake = Run({"run", TwoChecks(), "--store", "runs.db", "--bake", "300ms", "--every",
                          "100ms", "--request-id", "d7"});
  ASSERT_EQ(bake.code, 0) << bake.out << bake.err;
  EXPECT_THAT(Query({"runs", "--bake", "d7"}).out, HasSubstr("round 1 of bake d7: all 5 checks"));
  EXPECT_EQ(Query({"runs", "--bake", "d8"}).out, "no runs\n");
  const auto verdict = Json({"verdict", "d7"});
  const size_t rounds = verdict["bake"]["rounds"].size();
  EXPECT_EQ(rounds, Json({"runs", "--bake", "d7"})["runs"].size());
  // A machine that is slow makes fewer rounds than planned: to a reader it is open then.
  const Ended shown = Query({"verdict", "d7"});
  EXPECT_EQ(shown.code, rounds == 3 ? 0 : 4) << shown.out;
  EXPECT_EQ(verdict["bake"]["decision"], rounds == 3 ? nlohmann::json("PROMOTE") : nullptr);
}

TEST_F(RecordsTest, ABakeThatWasCutShortIsNoPass) {
  gate_.Answer("/b", {200});
  const std::string plan =
      Plan("checks:\n" + Check("login", "smoke", "/a") + Check("held", "smoke", "/gate"));
  const std::unique_ptr<Process> bake = Start(
      {"run", plan, "--store", "runs.db", "--bake", "30s", "--every", "10s", "--request-id", "d7"});
  ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
  gate_.Open();
  ASSERT_TRUE(bake->WaitForOutput("PROMOTE", Soon())) << bake->Stdout();
  bake->Signal(SIGKILL);
  EXPECT_EQ(End(bake.get()).code, 128 + SIGKILL);
  const auto verdict = Json({"verdict", "d7"});
  EXPECT_EQ(verdict["bake"]["rounds"][0]["decision"], "PROMOTE");
  EXPECT_EQ(verdict["bake"]["decision"], nullptr);
  EXPECT_EQ(Query({"verdict", "d7"}).code, 4);
}

TEST_F(RecordsTest, AStoreThatIsNoneIsSaid) {
  folder_.Write("text.db", "this is not a database, however long it may be, and it never was one");
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"runs"},
           {"verdict", "latest"},
           {"verify", "latest"},
           {"history"},
           {"replay", "latest", "--policy", folder_.Write("strict.yaml", kStrict)}}) {
    for (const char* store : {"none.db", "text.db", "."}) {
      std::vector<std::string> arguments = command;
      arguments.insert(arguments.end(), {"--store", store});
      const Ended ended = Run(arguments);
      EXPECT_EQ(ended.code, 2) << command[0] << " " << store << ": " << ended.err;
      EXPECT_EQ(ended.out, "");
      EXPECT_THAT(ended.err, AllOf(StartsWith("smokemesh: "), HasSubstr(store)));
    }
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "none.db")) << "reading makes no store";
  }
}

TEST_F(RecordsTest, ADatabaseIsReadAsAFileIs) {
  const auto server = LocalPostgres::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string url = (*server)->Url();
  const Ended nothing = Run({"runs", "--store", url});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("no coordinator has used it yet"));
  EXPECT_THAT(nothing.err, Not(HasSubstr(LocalPostgres::kSuperuserPassword)));
  {
    const auto leases = coordinator::OpenLeaseStore(url);
    ASSERT_TRUE(leases.ok()) << leases.status();
    const auto lease = (*leases)->Acquire("test", "", std::chrono::minutes(1));
    ASSERT_TRUE(lease.ok()) << lease.status();
    const auto store = coordinator::OpenRunStore(url, lease->epoch);
    ASSERT_TRUE(store.ok()) << store.status();
    coordinator::StoredRun run;
    run.run_id = "r-of-database";
    run.request.set_request_id("q");
    run.request.mutable_plan()->set_name("shop");
    run.final_run.emplace();
    run.final_run->set_run_id(run.run_id);
    run.final_run->set_state(v1::Run::STATE_FINISHED);
    run.final_run->mutable_verdict()->set_decision(v1::DECISION_HOLD);
    run.final_run->mutable_verdict()->set_final(true);
    (*store)->PutRun(run, [](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
  }
  const Ended listed = Run({"runs", "--store", url});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("r-of-database"));
  EXPECT_EQ(Run({"verdict", "latest", "--store", url}).code, 5);
}

TEST_F(RecordsTest, ACoordinatorAnswersTheSame) {
  const std::vector<std::string> ids = ThreeRuns();
  folder_.Write("strict.yaml", kStrict);
  const std::unique_ptr<Process> serve =
      Start({"serve", "--listen", "127.0.0.1:0", "--store", "runs.db"});
  ASSERT_TRUE(serve->WaitForOutput("\n", Soon())) << serve->Stderr();
  const std::string line = serve->Stdout();
  const Variables environment = {{"SMOKEMESH_COORDINATOR", line.substr(13, line.find('\n') - 13)}};
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"runs"},
           {"runs", "--plan", "p", "--limit", "2", "--output", "json"},
           {"verdict", "latest"},
           {"verify", ids[1]},
           {"history"},
           {"replay", "--last", "3", "--policy", "strict.yaml"},
           {"replay", ids[2], "--policy", "strict.yaml"}}) {
    const Ended asked = Run(command, environment);
    const Ended read = Query(command);
    EXPECT_EQ(asked.out, read.out) << command[0];
    EXPECT_EQ(asked.code, read.code) << command[0] << asked.err;
    EXPECT_NE(asked.out, "");
  }
  // A run that is open: nothing can be verified or replayed yet.
  const std::string gated = Plan("checks:\n" + Check("one", "smoke", "/a"));
  const std::unique_ptr<Process> open = Start({"run", gated, "--agent-wait", "60s"}, environment);
  Ended runs;
  do {
    runs = Run({"runs", "--limit", "1"}, environment);
  } while (runs.out.find("waiting") == std::string::npos && open->running());
  ASSERT_THAT(runs.out, HasSubstr("waiting"));
  const Ended verify = Run({"verify", "latest"}, environment);
  EXPECT_EQ(verify.code, 4);
  EXPECT_THAT(verify.err, HasSubstr("is still open"));
  EXPECT_EQ(Run({"verdict", "latest"}, environment).code, 4);
  const Ended replay = Run({"replay", "latest", "--policy", "strict.yaml"}, environment);
  EXPECT_EQ(replay.code, 2);
  EXPECT_THAT(replay.err, HasSubstr("is still open"));
  EXPECT_THAT(Run({"replay", "--last", "9", "--policy", "strict.yaml"}, environment).out,
              EndsWith("1 of 3 runs would have been judged otherwise\n"));
  open->Signal(SIGTERM);
  End(open.get());
}

TEST_F(RecordsTest, QueriesExitWithThreeWhenNobodyAnswers) {
  folder_.Write("strict.yaml", kStrict);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"runs"},
                                             {"verify", "latest"},
                                             {"history"},
                                             {"replay", "a", "b", "--policy", "strict.yaml"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--coordinator", "127.0.0.1:1"});
    const Ended ended = Run(arguments);
    EXPECT_EQ(ended.code, 3) << command[0];
    EXPECT_THAT(ended.err, StartsWith("smokemesh: no coordinator answers at 127.0.0.1:1"));
  }
}

TEST_F(RecordsTest, LintReadsStandardInputAndPrintsTheSchema) {
  const std::string plan = TwoChecks();
  ProcessOptions options;
  options.argv = {SMOKEMESH_BINARY, "lint", plan, "-"};
  options.input = "name: p\nchekcs: []\n";
  const auto process = Process::Start(options);
  ASSERT_TRUE(process.ok());
  const Ended both = End(process->get());
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(both.out, plan + ": 5 checks, no problems\n");
  EXPECT_THAT(both.err, HasSubstr("stdin:2:1: unknown field \"chekcs\""));
  const Ended schema = Run({"lint", "--schema"});
  EXPECT_EQ(schema.code, 0);
  const auto document = nlohmann::json::parse(schema.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded());
  EXPECT_EQ(document["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_TRUE(document["properties"].contains("checks"));
}

}  // namespace
}  // namespace smokemesh::testing
