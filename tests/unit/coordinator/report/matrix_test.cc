#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "coordinator/report/matrix_view.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

void AddEdge(v1::Run* run, const char* from, const char* to, v1::Outcome outcome,
             v1::EdgeCause cause = v1::EDGE_CAUSE_UNSPECIFIED, const char* explanation = "") {
  v1::EdgeRecord& edge = *run->add_edges();
  edge.set_check(std::string("calls.") + from + "." + to);
  edge.set_from(from);
  edge.set_to(to);
  edge.set_outcome(outcome);
  edge.set_cause(cause);
  edge.set_explanation(explanation);
  edge.mutable_duration()->set_nanos(5'000'000);
}

TEST(MatrixView, HasCallersAndCalleesInPlanOrder) {
  v1::Run run;
  AddEdge(&run, "web", "orders", v1::OUTCOME_PASSED);
  AddEdge(&run, "orders", "stock", v1::OUTCOME_FAILED, v1::EDGE_CAUSE_NETWORK, "why");
  AddEdge(&run, "web", "stock", v1::OUTCOME_SKIPPED);
  AddEdge(&run, "web", "orders", v1::OUTCOME_MISSING, v1::EDGE_CAUSE_UNSPECIFIED, "no evidence");
  const MatrixView view = ArrangeMatrix(run);
  EXPECT_THAT(view.callers, ElementsAre("web", "orders"));
  EXPECT_THAT(view.callees, ElementsAre("orders", "stock"));
  EXPECT_THAT(view.cells[0][0], ElementsAre(&run.edges(0), &run.edges(3)));
  EXPECT_THAT(view.cells[0][1], ElementsAre(&run.edges(2)));
  EXPECT_THAT(view.cells[1][0], ElementsAre());
  EXPECT_THAT(view.cells[1][1], ElementsAre(&run.edges(1)));
  EXPECT_THAT(view.broken, ElementsAre(&run.edges(1), &run.edges(3)));
  EXPECT_TRUE(ArrangeMatrix(v1::Run()).empty());
}

TEST(MatrixView, SaysWhatIsBrokenInWords) {
  v1::Run run;
  AddEdge(&run, "a", "b", v1::OUTCOME_FAILED, v1::EDGE_CAUSE_CALLER, "x");
  AddEdge(&run, "a", "c", v1::OUTCOME_FAILED, v1::EDGE_CAUSE_UNSPECIFIED, "x");
  AddEdge(&run, "a", "d", v1::OUTCOME_UNSPECIFIED);
  EXPECT_EQ(EdgeWords(run.edges(0)), "failed: caller");
  EXPECT_EQ(EdgeWords(run.edges(1)), "failed: cause unknown");
  EXPECT_EQ(EdgeWords(run.edges(2)), "open");
  EXPECT_EQ(EdgeLabel(run.edges(0), true), "a → b");
  EXPECT_EQ(EdgeLabel(run.edges(0), false), "a -> b");
}

TEST(MatrixText, IsAListWhereThePageIsTooNarrow) {
  const v1::Run run = MeshRun();
  const std::string wide = TextReport(run, {.width = 100});
  EXPECT_THAT(wide, HasSubstr("\n  catalog     ✗ caller    ·         ·        ✗ caller\n"));
  const std::string narrow = TextReport(run, {.width = 40});
  EXPECT_THAT(narrow,
              AllOf(Not(HasSubstr("✗ caller    ·")), HasSubstr("gateway → engagement: 12ms"),
                    HasSubstr("catalog → billing failed: caller")));
  EXPECT_THAT(TextReport(run, {.unicode = false}), HasSubstr("gateway -> billing failed: network"));
}

TEST(MatrixReports, NothingIsSaidOfEdgesFlowsAndVersionsWhereThereAreNone) {
  const v1::Run run = RolledBackRun();
  for (const std::string& report :
       {TextReport(run, {}), MarkdownReport(run, 900'000), HtmlReport(run)}) {
    for (const char* word : {"rows call columns", "### Services", "id=\"services\"", "since go",
                             "judges version", "Latency"}) {
      EXPECT_THAT(report, Not(HasSubstr(word)));
    }
  }
}

TEST(MatrixReports, EveryReportForPeopleHasTheCausesTheLatenciesAndTheVersion) {
  const v1::Run run = MeshRun();
  for (const std::string& report :
       {TextReport(run, {.width = 200}), MarkdownReport(run, 900'000), HtmlReport(run)}) {
    EXPECT_THAT(report, HasSubstr("nothing listens: the connection was refused"));
    EXPECT_THAT(report, HasSubstr("14ms"));
    EXPECT_THAT(report, HasSubstr("version 2025.48.1, worker 2025.47.9"));
    EXPECT_THAT(report, HasSubstr("version 2025.47.8"));
  }
  const auto json = nlohmann::json::parse(JsonReport(run));
  EXPECT_EQ(json["options"]["deployment"]["worker"], "2025.47.9");
  EXPECT_EQ(json["edges"].size(), 9u);
  EXPECT_EQ(json["edges"][1]["cause"], "callee");
  EXPECT_EQ(json["edges"][0]["cause"], nullptr);
  EXPECT_EQ(json["checks"][0]["agents"][1]["roles"][0]["latency_ms"], 14);
  EXPECT_EQ(json["checks"][2]["edge"]["to"], "identity");
  EXPECT_EQ(json["checks"][2]["agents"][0]["failures"][0]["reach"], "refused");
}

// Names of checks in pipelines' reports do not change with the version.
TEST(MatrixReports, PipelinesReadTheSameNamesForEveryVersion) {
  EXPECT_THAT(JunitReport(MeshRun()), Not(HasSubstr("(gateway), version")));
  EXPECT_THAT(TapReport(MeshRun()), Not(HasSubstr("(gateway), version")));
}

TEST(DeploymentLabel, NamesAFewVersions) {
  v1::Run run;
  EXPECT_EQ(DeploymentLabel(run), "");
  auto& deployment = *run.mutable_options()->mutable_deployment();
  deployment["web"] = "2";
  EXPECT_EQ(DeploymentLabel(run), "web version 2");
  deployment["*"] = "1";
  EXPECT_EQ(DeploymentLabel(run), "version 1, web 2");
  for (char c = 'a'; c < 'k'; ++c) deployment[std::string(1, c)] = "3";
  EXPECT_THAT(DeploymentLabel(run), HasSubstr("g 3, and 4 more"));
}

TEST(RoleText, SaysHowFarItCame) {
  v1::RoleResult role;
  role.set_outcome(v1::OUTCOME_FAILED);
  EXPECT_EQ(RoleText(role), "FAILED, not ready, nobody said go");
  role.mutable_prepared_after()->set_nanos(2'000'000);
  EXPECT_EQ(RoleText(role), "FAILED, ready after 2ms, nobody said go");
  role.mutable_latency();
  EXPECT_EQ(RoleText(role), "FAILED, ready after 2ms, nothing passed since go");
  role.mutable_latency()->set_seconds(1);
  role.set_outcome(v1::OUTCOME_PASSED);
  EXPECT_EQ(RoleText(role), "ready after 2ms, 1s since go");
}

}  // namespace
}  // namespace smokemesh::coordinator
