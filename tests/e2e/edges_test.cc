// Edges between services with the built programs: each probed from beside its caller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/mesh_fixture.h"
#include "tests/e2e/run_document.h"
#include "tests/testing/free_port.h"
#include "tests/testing/gate/gate_server.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

class EdgesTest : public MeshTest {
 protected:
  // Who calls stock finds it where its own environment says.
  std::string Plan() {
    return dir()
        .Write("plan.yaml", R"(name: calls
connections:
  orders: {http: "${ORDERS_URL}"}
  stock: {http: "${STOCK_URL}"}
checks:
  - name: calls
    tags: [smoke]
    timeout: 5s
    edges:
      edges:
        - {from: web, to: orders, connection: orders, url: /health}
        - {from: web, to: stock, connection: stock, url: /health}
        - {from: orders, to: stock, connection: stock, url: /health}
)")
        .string();
  }
  void StartCallers(const std::string& stock_of_web, const std::string& stock_of_orders) {
    StartCoordinator();
    StartAgent("web", {{"ORDERS_URL", orders_.url()}, {"STOCK_URL", stock_of_web}});
    StartAgent("orders", {{"ORDERS_URL", orders_.url()}, {"STOCK_URL", stock_of_orders}});
  }
  Finished RunPlan() {
    return Run({"run", Plan(), "--coordinator", address(), "--output", "json"});
  }
  // A cell of the matrix.
  static nlohmann::json Edge(const RunDocument& run, const std::string& from,
                             const std::string& to) {
    for (const auto& edge : run.json().value("edges", nlohmann::json::array())) {
      if (edge.value("from", "") == from && edge.value("to", "") == to) return edge;
    }
    return nlohmann::json::object();
  }
  static std::string Nobody() { return "http://127.0.0.1:" + std::to_string(FreePort()); }

  GateServer orders_;
  GateServer stock_;
};

TEST_F(EdgesTest, EveryEdgeIsProbedFromItsCaller) {
  StartCallers(stock_.url(), stock_.url());
  const Finished run = RunPlan();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const RunDocument document(run.out);
  EXPECT_EQ(document.Check("calls.orders.stock")["agents"][0]["agent"], "orders-1");
  EXPECT_EQ(document.Check("calls.web.orders")["agents"][0]["agent"], "web-1");
  EXPECT_EQ(orders_.Count("/health"), 1);
  EXPECT_EQ(stock_.Count("/health"), 2);
}

TEST_F(EdgesTest, OneCallerThatCannotReachAServiceIsRedAndTheOthersAreNot) {
  StartCallers(Nobody(), stock_.url());
  const Finished run = RunPlan();
  EXPECT_NE(run.exit_code, 0);
  const RunDocument document(run.out);
  EXPECT_EQ(document.Outcome("calls.web.stock"), "FAILED") << run.out;
  EXPECT_EQ(document.Outcome("calls.orders.stock"), "PASSED");
  // Others reach stock, and web reaches orders: it is what lies between web and stock.
  EXPECT_EQ(Edge(document, "web", "stock").value("outcome", ""), "FAILED");
  EXPECT_EQ(Edge(document, "web", "stock").value("cause", ""), "network")
      << Edge(document, "web", "stock");
  EXPECT_EQ(Edge(document, "orders", "stock").value("outcome", ""), "PASSED");
}

TEST_F(EdgesTest, AServiceThatNobodyReachesIsCutOffAndRollsBack) {
  StartCallers(Nobody(), Nobody());
  const Finished run = RunPlan();
  EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  EXPECT_EQ(RunDocument(run.out).Rule("service-cut-off")["holds"], true);
}

TEST_F(EdgesTest, ACallerWithoutAnAgentIsNoEvidence) {
  StartCoordinator();
  StartAgent("web", {{"ORDERS_URL", orders_.url()}, {"STOCK_URL", stock_.url()}});
  const Finished run =
      Run({"run", Plan(), "--coordinator", address(), "--agent-wait", "1s", "--output", "json"});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_EQ(RunDocument(run.out).Outcome("calls.orders.stock"), "MISSING");
}

}  // namespace
}  // namespace smokemesh::testing
