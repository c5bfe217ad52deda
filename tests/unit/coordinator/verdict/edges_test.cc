#include "coordinator/verdict/edges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "coordinator/verdict/verdict.h"
#include "tests/unit/coordinator/verdict/records.h"

namespace smokemesh::coordinator {
namespace {

using smokemesh::testing::AddRule;
using smokemesh::testing::Records;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What an agent says of an edge, in one word.
v1::Reach ReachOf(const std::string& word) {
  static const auto& words = *new std::map<std::string, v1::Reach>{
      {"unknown", v1::REACH_UNSPECIFIED},  {"unresolved", v1::REACH_NO_ADDRESS},
      {"silent", v1::REACH_NO_CONNECTION}, {"refused", v1::REACH_REFUSED},
      {"tls", v1::REACH_CONNECTED},        {"slow", v1::REACH_NO_ANSWER},
      {"wrong", v1::REACH_ANSWERED},       {"forbidden", v1::REACH_FORBIDDEN}};
  return words.at(word);
}

v1::Outcome OutcomeOf(const std::string& word) {
  static const auto& words = *new std::map<std::string, v1::Outcome>{
      {"ok", v1::OUTCOME_PASSED},        {"flaky", v1::OUTCOME_FLAKY},
      {"open", v1::OUTCOME_UNSPECIFIED}, {"missing", v1::OUTCOME_MISSING},
      {"errored", v1::OUTCOME_ERRORED},  {"aborted", v1::OUTCOME_ABORTED},
      {"blocked", v1::OUTCOME_BLOCKED},  {"skipped", v1::OUTCOME_SKIPPED}};
  const auto found = words.find(word);
  return found == words.end() ? v1::OUTCOME_FAILED : found->second;
}

class Mesh {
 public:
  // `web>orders:silent`: what the agent beside `web` saw. `web>orders:ok,silent`: what its two
  // agents saw. With `one_shot`, one agent stands for all.
  explicit Mesh(const std::string& edges, bool one_shot = false) {
    std::istringstream all(edges);
    for (std::string edge; all >> edge;) {
      const size_t arrow = edge.find('>');
      const size_t colon = edge.find(':');
      Add(edge.substr(0, arrow), edge.substr(arrow + 1, colon - arrow - 1), edge.substr(colon + 1),
          one_shot);
    }
  }

  // `callee`, `caller`, `network`, `?` with an explanation, `-` without, of each edge.
  std::vector<std::string> Causes() const {
    std::vector<std::string> causes;
    for (const v1::EdgeRecord& edge : EdgeMatrix(records_.get())) {
      switch (edge.cause()) {
        case v1::EDGE_CAUSE_CALLER:
          causes.emplace_back("caller");
          break;
        case v1::EDGE_CAUSE_NETWORK:
          causes.emplace_back("network");
          break;
        case v1::EDGE_CAUSE_CALLEE:
          causes.emplace_back("callee");
          break;
        default:
          causes.emplace_back(edge.explanation().empty() ? "-" : "?");
      }
      EXPECT_EQ(edge.explanation().empty(), causes.back() == "-") << edge.ShortDebugString();
    }
    return causes;
  }

  std::string Explanation(int edge) const { return EdgeMatrix(records_.get())[edge].explanation(); }
  Records& records() { return records_; }

 private:
  void Add(const std::string& from, const std::string& to, const std::string& words,
           bool one_shot) {
    v1::CheckRecord& check = records_.Add(v1::OUTCOME_PASSED, {"edge"});
    check.set_name("calls." + from + "." + to);
    check.mutable_edge()->set_edges("calls");
    check.mutable_edge()->set_from(from);
    check.mutable_edge()->set_to(to);
    std::istringstream each(words);
    std::vector<v1::Outcome> outcomes;
    int number = 0;
    for (std::string word; std::getline(each, word, ',');) {
      ++number;
      outcomes.push_back(OutcomeOf(word));
      const std::string agent = one_shot ? "local" : from + "-" + std::to_string(number);
      v1::Task& task = Records::AddTask(&check, agent.c_str(), 0, number * 10);
      task.set_service(one_shot ? "local" : from);
      task.set_outcome(outcomes.back());
      if (outcomes.back() == v1::OUTCOME_FAILED) {
        task.mutable_result()->add_failures()->set_reach(ReachOf(word));
      }
    }
    check.set_outcome(Quorum(outcomes, "all"));
    if (outcomes.size() == 1) check.set_outcome(outcomes[0]);
  }

  Records records_;
};

struct Case {
  const char* edges;
  std::vector<std::string> causes;
};

TEST(EdgesTest, TellsTheCausesApart) {
  const Case cases[] = {
      // Nothing is broken.
      {"web>orders:ok web>stock:flaky orders>stock:skipped", {"-", "-", "-"}},
      {"web>orders:open orders>stock:ok", {"-", "-"}},

      // The callee answers, wrongly: whatever else is seen.
      {"web>orders:wrong", {"callee"}},
      {"web>orders:wrong stock>orders:ok web>stock:silent", {"callee", "-", "?"}},
      {"web>orders:wrong,silent web>stock:ok,ok stock>orders:ok", {"callee", "-", "-"}},

      // The callee refuses, and serves nobody.
      {"web>orders:refused", {"callee"}},
      {"web>orders:refused stock>orders:refused web>stock:ok", {"callee", "callee", "-"}},
      {"web>orders:refused stock>orders:silent web>stock:ok", {"callee", "callee", "-"}},
      // It refuses one and serves another: not the callee.
      {"web>orders:refused stock>orders:ok web>stock:ok", {"network", "-", "-"}},
      {"web>orders:refused stock>orders:ok web>stock:silent", {"caller", "-", "caller"}},

      // Nobody reaches it, and something else works.
      {"web>orders:silent stock>orders:slow web>stock:ok", {"callee", "callee", "-"}},
      {"web>orders:silent stock>orders:slow stock>mail:ok", {"callee", "callee", "-"}},
      {"web>orders:tls stock>orders:tls", {"callee", "callee"}},
      // Somebody reaches it who is answered wrongly.
      {"web>orders:silent stock>orders:wrong web>stock:ok", {"network", "callee", "-"}},

      // Others reach it, the caller reaches others.
      {"web>orders:silent stock>orders:ok web>stock:ok", {"network", "-", "-"}},
      {"web>orders:slow stock>orders:ok web>stock:wrong", {"network", "-", "callee"}},
      {"web>orders:tls stock>orders:flaky web>stock:ok", {"network", "-", "-"}},

      // The caller reaches nothing that others do.
      {"web>orders:silent web>stock:silent mail>orders:ok mail>stock:ok",
       {"caller", "caller", "-", "-"}},
      {"web>orders:silent web>stock:slow mail>stock:ok", {"caller", "caller", "-"}},

      // Names.
      {"web>orders:unresolved", {"caller"}},
      {"web>orders:unresolved stock>orders:ok web>stock:ok", {"caller", "-", "-"}},
      {"web>orders:unresolved stock>orders:silent web>stock:ok", {"caller", "callee", "-"}},
      {"web>orders:unresolved stock>orders:unresolved web>stock:ok", {"callee", "callee", "-"}},
      {"web>orders:unresolved stock>orders:unresolved", {"?", "?"}},

      // Too little to compare with.
      {"web>orders:silent", {"?"}},
      {"web>orders:silent stock>orders:ok", {"?", "-"}},
      {"web>orders:silent web>stock:ok", {"?", "-"}},
      {"web>orders:silent web>stock:silent", {"?", "?"}},
      {"web>orders:silent stock>orders:silent orders>stock:silent web>stock:silent",
       {"?", "?", "?", "?"}},
      {"web>orders:unknown stock>orders:ok web>stock:ok", {"?", "-", "-"}},
      {"web>orders:forbidden stock>orders:ok web>stock:ok", {"?", "-", "-"}},

      // What is missing is no cause and supports none.
      {"web>orders:missing stock>orders:ok web>stock:ok", {"?", "-", "-"}},
      {"web>orders:errored", {"?"}},
      {"web>orders:aborted", {"?"}},
      {"web>orders:blocked", {"?"}},
      {"web>orders:silent stock>orders:missing web>stock:ok", {"?", "?", "-"}},
      {"web>orders:silent stock>orders:ok web>stock:missing", {"?", "-", "?"}},
      {"web>orders:silent web>stock:errored mail>orders:ok", {"?", "?", "-"}},

      // What is open may still say otherwise.
      {"web>orders:silent stock>orders:open mail>orders:silent web>stock:ok", {"?", "-", "?", "-"}},
      {"web>orders:refused stock>orders:open", {"?", "-"}},
      {"web>orders:silent stock>orders:ok web>stock:silent web>mail:open", {"?", "-", "?", "-"}},
      {"web>orders:wrong stock>orders:open", {"callee", "-"}},
      {"web>orders:silent stock>orders:ok web>stock:ok web>mail:open", {"network", "-", "-", "-"}},

      // Two agents beside the caller: the other one is a witness, too.
      {"web>orders:silent,ok web>stock:ok,ok", {"network", "-"}},
      {"web>orders:silent,ok web>stock:silent,ok", {"caller", "caller"}},
      {"web>orders:ok,missing web>stock:ok,ok", {"?", "-"}},
  };
  for (const Case& each : cases) EXPECT_EQ(Mesh(each.edges).Causes(), each.causes) << each.edges;
}

TEST(EdgesTest, OneAgentForAllTellsOnlyWhatItCan) {
  const Case cases[] = {
      {"web>orders:wrong stock>orders:ok", {"callee", "-"}},
      {"web>orders:refused stock>mail:ok", {"callee", "-"}},
      {"web>orders:refused", {"callee"}},
      // Two addresses of one service, say.
      {"web>orders:refused stock>orders:ok", {"?", "-"}},
      {"web>orders:silent stock>orders:silent web>stock:ok", {"?", "?", "-"}},
      {"web>orders:silent stock>orders:ok web>stock:ok", {"?", "-", "-"}},
      {"web>orders:unresolved", {"?"}},
      {"web>orders:unresolved stock>orders:ok", {"?", "-"}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(Mesh(each.edges, /*one_shot=*/true).Causes(), each.causes) << each.edges;
  }
  EXPECT_EQ(Mesh("web>orders:slow stock>orders:ok", true).Explanation(0),
            "no whole answer came in time; one agent stands for several services, and cannot tell "
            "their sides apart");
}

TEST(EdgesTest, SaysWhy) {
  EXPECT_EQ(Mesh("web>orders:silent stock>orders:ok web>stock:ok").Explanation(0),
            "nothing came back, while stock reaches orders, and web reaches stock");
  EXPECT_EQ(Mesh("web>orders:silent stock>orders:silent web>stock:ok").Explanation(0),
            "nobody reaches orders, stock does not either");
  EXPECT_EQ(Mesh("web>a:silent web>b:silent x>a:ok y>a:ok z>a:ok v>a:ok").Explanation(0),
            "web reaches nothing that it calls (a and b), while v, x, y and 1 more reach a");
  EXPECT_EQ(Mesh("web>a:refused").Explanation(0), "nothing listens: the connection was refused");
  EXPECT_EQ(Mesh("web>a:silent,ok web>b:ok,ok").Explanation(0),
            "nothing came back, while another agent of web reaches a, and web reaches b");
  EXPECT_EQ(Mesh("web>a:missing").Explanation(0), "no evidence: MISSING");
}

TEST(EdgesTest, IsTheMatrixInPlanOrder) {
  Mesh mesh("web>orders:ok,ok stock>orders:silent");
  mesh.records().Add(v1::OUTCOME_FAILED, {"edge"});  // a tag is no edge
  v1::CheckRecord& left_out = mesh.records().Add(v1::OUTCOME_SKIPPED);
  left_out.set_deselected(true);
  left_out.mutable_edge()->set_from("web");
  left_out.mutable_edge()->set_to("mail");
  const auto edges = EdgeMatrix(mesh.records().get());
  ASSERT_EQ(edges.size(), 3);
  EXPECT_EQ(edges[0].check(), "calls.web.orders");
  EXPECT_EQ(edges[0].from(), "web");
  EXPECT_EQ(edges[0].to(), "orders");
  EXPECT_EQ(edges[0].outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(edges[0].duration().nanos(), 20'000'000);
  EXPECT_EQ(edges[1].outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(edges[2].to(), "mail");
  EXPECT_EQ(edges[2].cause(), v1::EDGE_CAUSE_UNSPECIFIED);
  EXPECT_TRUE(EdgeMatrix({}).empty());
}

// Two `edges` checks may probe the same pair: each is judged by what its own agents saw.
TEST(EdgesTest, ASecondProbeOfAPairIsNotTheFirst) {
  Mesh mesh("web>orders:ok web>orders:wrong");
  mesh.records().get()[1].set_name("other.web.orders");
  EXPECT_THAT(mesh.Causes(), ElementsAre("-", "callee"));
}

// ---- The rule ----------------------------------------------------------------------------------

v1::RuleResult CutOff(const Mesh& mesh, int limit, v1::Counts counts = v1::COUNTS_FAILURES) {
  v1::Policy policy;
  v1::Rule* rule = AddRule(policy.mutable_rollback(), "cut-off", "edge");
  rule->set_services_cut_off_at_least(limit);
  rule->set_counts(counts);
  return Judge(const_cast<Mesh&>(mesh).records().evidence(), policy).rules(0);
}

std::vector<std::string> CountedIn(const std::string& edges,
                                   v1::Counts counts = v1::COUNTS_FAILURES) {
  const v1::RuleResult result = CutOff(Mesh(edges), 1, counts);
  EXPECT_EQ(result.holds(), !result.counted().empty());
  return {result.counted().begin(), result.counted().end()};
}

TEST(ServicesCutOffTest, CountsServicesThatNobodyReachesOrThatReachNobody) {
  // All of two or more to it.
  EXPECT_THAT(CountedIn("web>orders:silent stock>orders:wrong web>stock:ok orders>stock:ok"),
              ElementsAre("orders"));
  // All of two or more from it.
  EXPECT_THAT(CountedIn("web>orders:silent web>stock:silent orders>stock:ok stock>orders:ok"),
              ElementsAre("web"));
  // One of several.
  EXPECT_THAT(CountedIn("web>orders:silent web>stock:ok orders>stock:ok stock>orders:ok"),
              ElementsAre());
  // Its only one: the plan knows of no other way from web, or to it.
  EXPECT_THAT(CountedIn("web>orders:silent orders>stock:ok stock>orders:ok"), ElementsAre("web"));
  EXPECT_THAT(CountedIn("web>orders:silent"), ElementsAre("web", "orders"));
  // The only one to it, while one from it works: it is alive.
  EXPECT_THAT(CountedIn("web>orders:silent orders>stock:ok web>stock:ok"), ElementsAre());
  // One to it and one from it, and none works.
  EXPECT_THAT(CountedIn("web>orders:silent orders>stock:silent web>stock:ok mail>stock:ok"),
              ElementsAre("orders"));
}

TEST(ServicesCutOffTest, CountsWhatItsCountsSay) {
  const std::string edges = "web>orders:silent stock>orders:missing web>stock:ok";
  EXPECT_THAT(CountedIn(edges), ElementsAre());
  EXPECT_THAT(CountedIn(edges, v1::COUNTS_FAILURES_AND_MISSING), ElementsAre("orders"));
  // Open edges count for nothing yet; skipped ones are not there.
  EXPECT_THAT(CountedIn("web>orders:silent stock>orders:open web>stock:ok"), ElementsAre());
  EXPECT_THAT(CountedIn("web>orders:silent stock>orders:skipped web>stock:ok"),
              ElementsAre("orders"));
  EXPECT_THAT(CountedIn("web>orders:silent mail>orders:slow stock>orders:skipped web>stock:ok"
                        " mail>stock:ok"),
              ElementsAre("orders"));
}

TEST(ServicesCutOffTest, ExplainsItself) {
  const Mesh mesh("web>orders:silent stock>orders:silent web>stock:ok");
  const v1::RuleResult holds = CutOff(mesh, 1);
  EXPECT_EQ(holds.limit(), "at least 1 of 3 services cut off");
  EXPECT_EQ(holds.value(), "1 of 3 (33.3%)");
  EXPECT_EQ(holds.denominator(), 3);
  EXPECT_EQ(holds.what_if(), "would not hold with 1 service fewer cut off");
  EXPECT_THAT(holds.first_evidence(),
              HasSubstr("service orders: all 2 edges to it did not pass, first calls.web.orders"));
  EXPECT_EQ(CutOff(mesh, 2).what_if(), "would hold with 1 service more cut off");
  EXPECT_EQ(CutOff(mesh, 4).what_if(), "could not hold: it is over 3 services only");
  v1::Policy policy;
  AddRule(policy.mutable_rollback(), "cut-off", "edge")->set_services_cut_off_at_least(1);
  EXPECT_EQ(Judge(const_cast<Mesh&>(mesh).records().evidence(), policy).summary(),
            "ROLLBACK: rule cut-off holds (1 service cut off, limit 1)");
  EXPECT_EQ(CutOff(Mesh("web>orders:skipped"), 1).what_if(),
            "is over nothing: none of the 1 check that it selects probes an edge, or all are "
            "SKIPPED");
  EXPECT_EQ(CutOff(Mesh(""), 1).what_if(), "is over nothing: it selects no check of this run");
}

}  // namespace
}  // namespace smokemesh::coordinator
