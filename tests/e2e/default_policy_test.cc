// The policy that a plan without one gets, on 47 checks with the names and tags of the Aura plan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "tests/e2e/aura_plan.h"
#include "tests/e2e/verdict_fixture.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Names = std::vector<std::string>;

class DefaultPolicy : public VerdictTest {
 protected:
  // Names of the first `count` checks with this tag and without those.
  Names With(const std::string& tag, const std::set<std::string>& without, size_t count) const {
    Names names;
    for (const AuraCheck& check : checks_) {
      bool meant = check.tags.contains(tag);
      for (const std::string& other : without) meant = meant && !check.tags.contains(other);
      if (meant && names.size() < count) names.push_back(check.name);
    }
    EXPECT_EQ(names.size(), count) << "the plan has fewer of " << tag;
    return names;
  }

  // Checks that only `too-many-failures` counts.
  Names Ordinary(size_t count) const { return With("smoke", {"critical", "transaction"}, count); }

  void Break(const Names& names) {
    for (const std::string& name : names) server_.Answer("/check/" + name, {503});
  }

  // The 47 checks, each a request of its own path. `MORE` of a check is in front of its kind.
  std::string Plan(const std::function<std::string(const AuraCheck&)>& more = nullptr) const {
    std::string lines;
    for (const AuraCheck& check : checks_) {
      lines += Check(check.name, absl::StrJoin(check.tags, ", "), "/check/" + check.name,
                     "suite: " + check.suite + ", " + (more ? more(check) : ""));
    }
    return VerdictTest::Plan(lines,
                             "suites: [{name: database, title: Database}, {name: event_bus, title: "
                             "Event bus}, {name: services, title: Services}]\n");
  }

  // Those that hold, in the plan's order.
  static Names Holding(const RunDocument& run) {
    Names names;
    for (const auto& rule : run.json()["verdict"]["rules"]) {
      if (rule["holds"] == true) names.push_back(rule["rule"]);
    }
    return names;
  }

  std::vector<AuraCheck> checks_ = AuraChecks();
};

TEST_F(DefaultPolicy, AllOf47Promote) {
  std::map<std::string, int> suites;
  for (const AuraCheck& check : checks_) ++suites[check.suite];
  EXPECT_EQ(suites,
            (std::map<std::string, int>{{"database", 11}, {"event_bus", 14}, {"services", 22}}));
  const RunDocument run = ExpectRun(Plan(), kPromote);
  EXPECT_EQ(run.Count("planned"), 47);
  EXPECT_EQ(run.Count("passed"), 47);
  EXPECT_EQ(run.summary(), "PROMOTE: all 47 checks passed");
}

TEST_F(DefaultPolicy, NineOf47Hold) {
  Break(Ordinary(9));
  const RunDocument run = ExpectRun(Plan(), kHold);
  EXPECT_EQ(run.Count("failed"), 9);
  EXPECT_EQ(run.Rule("too-many-failures")["value"], "9 of 47 (19.1%)");
  EXPECT_EQ(Holding(run), Names());
}

TEST_F(DefaultPolicy, TenOf47RollBack) {
  Break(Ordinary(10));
  const RunDocument run = ExpectRun(Plan(), kRollback);
  EXPECT_EQ(run.Rule("too-many-failures")["value"], "10 of 47 (21.3%)");
  EXPECT_EQ(Holding(run), Names({"too-many-failures"}));
  const nlohmann::json counted = run.Rule("too-many-failures")["counted"];
  EXPECT_EQ(std::set<std::string>(counted.begin(), counted.end()), run.NotPassed());
}

TEST_F(DefaultPolicy, TheSameThroughAMesh) {
  StartCoordinator();
  for (const char* service : {"gateway", "identity", "engagement"}) StartAgent(service);
  const std::vector<std::string> mesh = {"--coordinator", address()};
  Break(Ordinary(9));
  ExpectRun(Plan(), kHold, mesh);
  Break(Ordinary(10));
  EXPECT_EQ(Holding(ExpectRun(Plan(), kRollback, mesh)), Names({"too-many-failures"}));
}

// 9 of 45 are 20%, and not above it.
TEST_F(DefaultPolicy, SkippedChecksLeaveTheDenominator) {
  const Names broken = Ordinary(9);
  const Names all = Ordinary(11);
  const std::set<std::string> skipped(all.begin() + 9, all.end());
  Break(broken);
  const RunDocument run = ExpectRun(Plan([&](const AuraCheck& check) -> std::string {
                                      return skipped.contains(check.name) ? "skip: not here, " : "";
                                    }),
                                    kHold);
  EXPECT_EQ(run.Rule("too-many-failures")["value"], "9 of 45 (20%)");
}

TEST_F(DefaultPolicy, OneCriticalCheckRollsBack) {
  const Names core = With("critical", {"transaction", "database"}, 1);
  Break(core);
  const RunDocument run = ExpectRun(Plan(), kRollback);
  EXPECT_EQ(run.Count("passed"), 46);
  EXPECT_EQ(Holding(run), Names({"critical-path"}));
  EXPECT_EQ(run.Rule("critical-path")["counted"], nlohmann::json(core));
}

TEST_F(DefaultPolicy, ACriticalCheckThatIsSkippedIsInconclusive) {
  const std::string core = With("critical", {}, 1).front();
  const auto skip = [&](const AuraCheck& check) -> std::string {
    return check.name == core ? "skip: not today, " : "";
  };
  EXPECT_THAT(ExpectRun(Plan(skip), kInconclusive).summary(), HasSubstr(core + " was SKIPPED"));
  // It is weightier than a failure that only holds.
  Break(Ordinary(1));
  ExpectRun(Plan(skip), kInconclusive);
}

TEST_F(DefaultPolicy, ATransactionThatDoesNotWorkRollsBack) {
  const std::string transaction = With("transaction", {}, 1).front();
  Break({transaction});
  EXPECT_EQ(Holding(ExpectRun(Plan(), kRollback)),
            Names({"critical-path", "database-transactions"}));
  // Also when nobody called it critical.
  for (AuraCheck& check : checks_) {
    if (check.name == transaction) check.tags.erase("critical");
  }
  EXPECT_EQ(Holding(ExpectRun(Plan(), kRollback)), Names({"database-transactions"}));
}

TEST_F(DefaultPolicy, ServicesThatCannotTalkAtAllRollBack) {
  const Names services = With("service", {}, 22);
  Break(Names(services.begin(), services.end() - 1));
  const RunDocument some = ExpectRun(Plan(), kRollback);
  EXPECT_EQ(some.Rule("services-cannot-talk")["holds"], false);
  EXPECT_EQ(some.Rule("services-cannot-talk")["value"], "21 of 22 (95.5%)");
  Break(services);
  const RunDocument all = ExpectRun(Plan(), kRollback);
  EXPECT_EQ(all.Rule("services-cannot-talk")["holds"], true);
  EXPECT_EQ(all.Rule("services-cannot-talk")["value"], "22 of 22 (100%)");
}

TEST_F(DefaultPolicy, NothingSelectedIsWrongUse) {
  const std::string plan = Plan();
  ExpectRefused({"run", plan, "-m", "nowhere"}, {"-m", "nowhere", "database"});
  ExpectRefused({"run", plan, "-m", "database and redis"}, {"database and redis"});
  ExpectRefused({"run", plan, "-k", "nowhere"}, {"-k", "nowhere"});
  ExpectRefused({"run", plan, "--quick", "-m", "not critical"}, {"critical"});
  for (AuraCheck& check : checks_) check.tags.erase("critical");
  ExpectRefused({"run", Plan(), "--quick"}, {"--quick", "critical"});
}

TEST_F(DefaultPolicy, QuickIsTheCriticalPath) {
  Break(Ordinary(10));
  const RunDocument run = ExpectRun(Plan(), kPromote, {"--quick"});
  size_t critical = 0;
  for (const AuraCheck& check : checks_) critical += check.tags.contains("critical") ? 1 : 0;
  EXPECT_EQ(run.Outcomes().size(), critical);
}

// A critical failure while another check stands at the gate.
class DefaultPolicyGate : public DefaultPolicy {
 protected:
  void SetUp() override {
    core_ = With("critical", {"transaction"}, 1).front();
    waits_ = Ordinary(1).front();
    Break({core_});
  }

  std::string GatedPlan() {
    std::string text = ReadFile(Plan());
    const std::string path = "/check/" + waits_ + "}";
    const size_t at = text.find(path);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, path.size(), "/gate}");
    return dir().Write("gated.yaml", text).string();
  }

  std::string core_;
  std::string waits_;
};

TEST_F(DefaultPolicyGate, ARollbackIsAnnouncedTheMomentItIsCertain) {
  const std::unique_ptr<Process> run = Begin({"run", GatedPlan()});
  ASSERT_TRUE(server_.WaitForArrivals(1, Soon()));
  ASSERT_TRUE(run->WaitForOutput("ROLLBACK is certain: ", Soon())) << run->Stdout();
  EXPECT_TRUE(run->running());
  EXPECT_THAT(run->Stdout(), AllOf(HasSubstr("critical-path"), HasSubstr(core_)));
  EXPECT_THAT(run->Stdout(), Not(HasSubstr(waits_)));
  server_.Open();
  const Finished end = Wait(run.get());
  EXPECT_EQ(end.exit_code, 1) << end.out;
  EXPECT_LT(end.out.find("ROLLBACK is certain: "), end.out.find("PASSED  " + waits_));
  EXPECT_NE(end.out.find("PASSED  " + waits_), std::string::npos) << end.out;
  EXPECT_EQ(end.out.find("ROLLBACK is certain"), end.out.rfind("ROLLBACK is certain"));
}

TEST_F(DefaultPolicyGate, FailFastEndsTheRunWhileTheGateIsShut) {
  const RunDocument run = ExpectRun(GatedPlan(), kRollback, {"--fail-fast"});
  EXPECT_EQ(run.Outcome(core_), "FAILED");
  EXPECT_EQ(run.Outcome(waits_), "ABORTED");
  EXPECT_EQ(Holding(run), Names({"critical-path"}));

  StartCoordinator();
  for (const char* service : {"gateway", "identity", "engagement"}) StartAgent(service);
  const RunDocument mesh =
      ExpectRun(GatedPlan(), kRollback, {"--fail-fast", "--coordinator", address()});
  EXPECT_EQ(mesh.Outcome(waits_), "ABORTED");
}

}  // namespace
}  // namespace smokemesh::testing
