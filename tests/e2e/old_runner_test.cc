// What users of the pytest runner that smokemesh takes the place of typed, and what they set, keeps
// its meaning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/verdict_fixture.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Names = std::set<std::string>;

// Runs in the test's folder, as in a repository's.
class OldRunner : public VerdictTest {
 protected:
  void SetUp() override {
    std::string checks;
    const std::pair<const char*, const char*> all[] = {
        {"database_connectivity", "smoke, database, critical"},
        {"database_performance", "smoke, database, slow"},
        {"redis_connectivity", "smoke, redis, critical"},
        {"redis_pub_sub", "smoke, redis"},
        {"gateway_health", "smoke, service, critical"},
        {"rate_limiting", "smoke, service, slow"},
        {"nightly_report", "nightly"},
    };
    for (const auto& [name, tags] : all) {
      checks += Check(name, tags, std::string("/check/") + name);
    }
    Plan(checks);
  }

  Finished RunHere(std::vector<std::string> flags,
                   std::map<std::string, std::string> environment = {},
                   const std::string& plan = "plan.yaml") {
    ProcessOptions options;
    options.argv = {Binary("smokemesh"), "run", plan};
    options.argv.insert(options.argv.end(), flags.begin(), flags.end());
    options.environment = std::move(environment);
    options.environment.emplace("XDG_STATE_HOME", (dir().path() / "state").string());
    options.clean_environment = true;
    options.working_directory = dir().path().string();
    auto started = Process::Start(options);
    if (!started.ok()) {
      ADD_FAILURE() << started.status();
      return {};
    }
    return Wait(started->get());
  }

  // The checks that a run with these flags judges; it must promote.
  Names Judged(std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--output", "json"});
    const Finished run = RunHere(std::move(flags));
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
    Names names;
    for (const auto& [name, outcome] : RunDocument(run.out).Outcomes()) names.insert(name);
    return names;
  }

  // A plan whose only request goes to `${GATEWAY_URL}`.
  void WritePlanOfTheGateway() {
    dir().Write("gateway.yaml",
                "name: p\nconnections: {gateway: {http: \"${GATEWAY_URL}\"}}\npublic_env: "
                "[GATEWAY_URL]\nchecks:\n" +
                    Check("gateway_health", "smoke", "/health"));
  }
  int RunGatewayPlan(std::vector<std::string> flags,
                     std::map<std::string, std::string> environment = {}) {
    const Finished run = RunHere(std::move(flags), std::move(environment), "gateway.yaml");
    EXPECT_NE(run.exit_code, -1) << run.out << run.err;
    return run.exit_code;
  }
};

TEST_F(OldRunner, MarkersSelectByTag) {
  EXPECT_EQ(Judged({"-m", "smoke and database"}),
            Names({"database_connectivity", "database_performance"}));
  EXPECT_EQ(Judged({"-m", "smoke and not (slow or redis)"}),
            Names({"database_connectivity", "gateway_health"}));
  EXPECT_EQ(Judged({"-m", "not (slow or redis)"}),
            Names({"database_connectivity", "gateway_health", "nightly_report"}));
  EXPECT_EQ(Judged({"-m", "nightly or (redis and critical)"}),
            Names({"nightly_report", "redis_connectivity"}));
  EXPECT_EQ(Judged({}).size(), 7u);
}

TEST_F(OldRunner, WordsSelectByName) {
  EXPECT_EQ(Judged({"-k", "health or connectivity"}),
            Names({"database_connectivity", "gateway_health", "redis_connectivity"}));
  EXPECT_EQ(Judged({"-k", "Connectivity and not redis"}), Names({"database_connectivity"}));
  EXPECT_EQ(Judged({"-m", "smoke and database", "-k", "performance"}),
            Names({"database_performance"}));
}

TEST_F(OldRunner, QuickIsTheCriticalPathAndOfItWhatIsSelected) {
  EXPECT_EQ(Judged({"--quick"}),
            Names({"database_connectivity", "gateway_health", "redis_connectivity"}));
  EXPECT_EQ(Judged({"--quick", "-m", "database or redis"}),
            Names({"database_connectivity", "redis_connectivity"}));
}

TEST_F(OldRunner, ReportWritesAllFilesIntoTheFolder) {
  EXPECT_EQ(RunHere({"--report", "out/smoke"}).exit_code, 0);
  for (const char* name : {"report.html", "junit.xml", "report.json", "report.tap"}) {
    EXPECT_THAT(ReadFile(dir().path() / "out/smoke" / name), HasSubstr("redis_pub_sub")) << name;
  }
  for (const char* name : {"report.md", "report.txt"}) {
    EXPECT_THAT(ReadFile(dir().path() / "out/smoke" / name), HasSubstr("all 7 checks passed"));
  }
}

TEST_F(OldRunner, ParallelWithoutANumberMayStay) {
  EXPECT_EQ(Judged({"--parallel"}).size(), 7u);
  EXPECT_EQ(Judged({"--parallel", "-m", "smoke and database"}).size(), 2u);
}

// Four checks at a gate that is shut: as many as may run at once arrive, and no more.
TEST_F(OldRunner, ParallelWithANumberIsTheMostAtOnce) {
  std::string checks;
  for (const char* name : {"one", "two", "three", "four"}) {
    checks += Check(name, "smoke", std::string("/gate/") + name);
  }
  const std::string plan =
      Plan(checks + Check("last", "smoke", "/ok", "needs: [one, two, three, four], "));
  const auto arrived = [this] {
    int count = 0;
    for (const char* name : {"one", "two", "three", "four"}) {
      count += server_.Count(std::string("/gate/") + name);
    }
    return count;
  };
  std::unique_ptr<Process> run = Begin({"run", plan, "--parallel=2", "--timeout", "2s"});
  ASSERT_TRUE(server_.WaitForArrivals(2, Soon()));
  // Nothing more comes while the gate is shut: the run ends by its time.
  const Finished shut = Wait(run.get());
  EXPECT_EQ(shut.exit_code, 4) << shut.out;
  EXPECT_EQ(arrived(), 2);

  run = Begin({"run", plan, "--parallel=2"});
  ASSERT_TRUE(server_.WaitForArrivals(4, Soon()));
  server_.Open();
  const Finished open = Wait(run.get());
  EXPECT_EQ(open.exit_code, 0) << open.out << open.err;
  EXPECT_EQ(arrived(), 6);
  EXPECT_THAT(open.out, HasSubstr("PROMOTE: all 5 checks passed"));
}

TEST_F(OldRunner, VerboseShowsStepsOfWhatPassed) {
  const Finished quiet = RunHere({"-k", "gateway"});
  EXPECT_THAT(quiet.out, Not(HasSubstr("GET /check/gateway_health")));
  for (const char* flag : {"--verbose", "-v"}) {
    const Finished verbose = RunHere({"-k", "gateway", flag});
    EXPECT_EQ(verbose.exit_code, 0) << verbose.err;
    EXPECT_THAT(verbose.out, HasSubstr("GET /check/gateway_health")) << flag;
  }
}

TEST_F(OldRunner, TimeoutEndsTheRunFromTheCommandLineAndFromTheEnvironment) {
  dir().Write("gated.yaml", ReadFile(Plan(Check("waits", "smoke", "/gate"))));
  EXPECT_EQ(RunHere({"--timeout", "300ms"}, {}, "gated.yaml").exit_code, 4);
  const Finished by_variable = RunHere({}, {{"SMOKE_TEST_TIMEOUT", "0.3"}}, "gated.yaml");
  EXPECT_EQ(by_variable.exit_code, 4);
  EXPECT_THAT(by_variable.out, HasSubstr("ABORTED"));
  EXPECT_EQ(RunHere({}, {{"SMOKE_TEST_TIMEOUT", "300ms"}}, "gated.yaml").exit_code, 4);
  // The command line goes before it, and nonsense is not passed over.
  server_.Open();
  EXPECT_EQ(RunHere({"--timeout", "30s"}, {{"SMOKE_TEST_TIMEOUT", "1ms"}}, "gated.yaml").exit_code,
            0);
  const Finished nonsense = RunHere({}, {{"SMOKE_TEST_TIMEOUT", "soon"}}, "gated.yaml");
  EXPECT_EQ(nonsense.exit_code, 2);
  EXPECT_THAT(nonsense.err, HasSubstr("SMOKE_TEST_TIMEOUT"));
}

TEST_F(OldRunner, ADatabaseUrlMayNameItsPythonDriver) {
  auto postgres = LocalPostgres::Start();
  ASSERT_TRUE(postgres.ok()) << postgres.status();
  dir().Write("database.yaml",
              "name: p\nconnections: {db: {postgres: \"${SMOKE_TEST_DATABASE_URL}\"}}\nchecks:\n"
              "  - {name: database_connectivity, tags: [smoke], postgres: {steps: [{sql: SELECT 1, "
              "expect: [value == 1]}]}}\n");
  const auto url = (*postgres)->PlainUrl();
  ASSERT_TRUE(url.ok()) << url.status();
  const std::string rest = url->substr(std::string("postgresql").size());
  for (const char* scheme :
       {"postgresql", "postgresql+asyncpg", "postgresql+psycopg2", "postgres"}) {
    const Finished run = RunHere({}, {{"SMOKE_TEST_DATABASE_URL", scheme + rest}}, "database.yaml");
    EXPECT_EQ(run.exit_code, 0) << scheme << run.out << run.err;
    EXPECT_THAT(run.out + run.err, Not(HasSubstr(LocalPostgres::kPlainPassword)));
  }
}

TEST_F(OldRunner, EnvironmentFilesAreRead) {
  WritePlanOfTheGateway();
  EXPECT_EQ(RunGatewayPlan({}), 4);  // nobody says where the gateway is
  EXPECT_EQ(RunGatewayPlan({}, {{"GATEWAY_URL", server_.url()}}), 0);

  // `.env` is read as it is.
  dir().Write(".env", "# where it is\nGATEWAY_URL=" + server_.url() + "\n");
  EXPECT_EQ(RunGatewayPlan({}), 0);

  // `--env staging` goes before `.env`, and the process's own environment before both.
  GateServer staging;
  dir().Write(".env.staging", "export GATEWAY_URL=\"" + staging.url() + "\"\n");
  const int before = server_.Count("/health");
  EXPECT_EQ(RunGatewayPlan({"--env", "staging"}), 0);
  EXPECT_EQ(staging.Count("/health"), 1);
  EXPECT_EQ(server_.Count("/health"), before);
  EXPECT_EQ(RunGatewayPlan({"--env", "staging"}, {{"GATEWAY_URL", server_.url()}}), 0);
  EXPECT_EQ(server_.Count("/health"), before + 1);
}

// An environment that cannot be read is not the one that was meant.
TEST_F(OldRunner, AnEnvironmentFileThatCannotBeReadIsAnError) {
  WritePlanOfTheGateway();
  dir().Write(".env", "GATEWAY_URL=" + server_.url() + "\n");
  const Finished absent = RunHere({"--env", "production"}, {}, "gateway.yaml");
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_THAT(absent.err, HasSubstr(".env.production"));
  dir().Write(".env.staging", "GATEWAY_URL=" + server_.url() + "\nthis is no assignment\n");
  const Finished wrong = RunHere({"--env", "staging"}, {}, "gateway.yaml");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr(".env.staging:2"));
  EXPECT_EQ(server_.Count("/health"), 0);
}

// An unknown option is not passed over, as `xargs` and shell scripts do.
TEST_F(OldRunner, OptionsOfPytestThatThereAreNotAreRefused) {
  for (const char* flag : {"--cov=services", "--maxfail=1", "--junitxml=x.xml", "--repot"}) {
    const Finished run = RunHere({flag});
    EXPECT_EQ(run.exit_code, 2) << flag;
    EXPECT_EQ(run.out, "") << flag;
  }
  EXPECT_THAT(RunHere({"--repot"}).err, HasSubstr("--report"));
}

}  // namespace
}  // namespace smokemesh::testing
