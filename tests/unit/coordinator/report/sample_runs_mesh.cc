#include <string>
#include <vector>

#include "coordinator/verdict/edges.h"
#include "shared/duration.h"
#include "tests/unit/coordinator/report/sample_parts.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kVersion[] = "2025.48.1";

v1::CheckRecord* AddEdge(v1::Run* run, const std::string& from, const std::string& to) {
  v1::CheckRecord* check =
      AddCheck(run, "calls." + from + "." + to, "services", {"service", "edge"}, "");
  check->mutable_edge()->set_edges("calls");
  check->mutable_edge()->set_from(from);
  check->mutable_edge()->set_to(to);
  return check;
}

void Reached(v1::Run* run, const std::string& from, const std::string& to, int ms) {
  v1::CheckRecord* check = AddEdge(run, from, to);
  check->set_outcome(v1::OUTCOME_PASSED);
  v1::Task* task = AddTask(check, from, v1::OUTCOME_PASSED, 1200, ms);
  task->set_deployment(kVersion);
  AddStep(task->mutable_result(), "GET /health", ms, v1::OUTCOME_PASSED, "200 OK, 31 bytes");
}

void NotReached(v1::Run* run, const std::string& from, const std::string& to, v1::Reach reach,
                const std::string& seen) {
  v1::CheckRecord* check = AddEdge(run, from, to);
  v1::Task* task = AddTask(check, from, v1::OUTCOME_FAILED, 1200, 5000);
  task->set_deployment(kVersion);
  Fail(check, task, "GET /health", "status between 200, 299", seen, "http://" + to + ":8000", "");
  task->mutable_result()->mutable_failures(0)->set_reach(reach);
}

void AddRole(v1::CheckRecord* check, const std::string& service, const std::string& name,
             v1::Outcome outcome, int ready_ms, int latency_ms) {
  v1::Task* task = AddTask(check, service, outcome, 300, ready_ms + latency_ms);
  task->set_deployment(kVersion);
  task->add_roles(name);
  v1::TaskResult& result = *task->mutable_result();
  v1::RoleResult& role = *result.add_roles();
  role.set_role(name);
  role.set_outcome(outcome);
  *role.mutable_prepared_after() = shared::ToProto(std::chrono::milliseconds(ready_ms));
  *role.mutable_latency() = shared::ToProto(std::chrono::milliseconds(latency_ms));
  AddStep(&result, name == "publisher" ? "publish on smoke.4d1c" : "receive 1 event", latency_ms,
          outcome, outcome == v1::OUTCOME_PASSED ? "1 event" : "0 events");
  for (v1::StepResult& step : *result.mutable_steps()) step.set_role(name);
  if (outcome != v1::OUTCOME_FAILED) return;
  v1::Failure& failure = *result.add_failures();
  failure.set_step(1);
  failure.set_step_name("receive 1 event");
  failure.set_expected("events == 1");
  failure.set_actual("0");
  failure.set_reach(v1::REACH_ANSWERED);
}

}  // namespace

v1::Run MeshRun() {
  v1::Run run = NewRun();
  (*run.mutable_options()->mutable_deployment())["*"] = kVersion;
  (*run.mutable_options()->mutable_deployment())["worker"] = "2025.47.9";
  v1::CheckRecord* flow = AddCheck(&run, "events_reach_everyone", "event_bus", {"redis"},
                                   "Services do not hear of each other's work.");
  AddRole(flow, "engagement", "listener", v1::OUTCOME_FAILED, 12, 5004);
  AddRole(flow, "gateway", "listener", v1::OUTCOME_PASSED, 9, 14);
  AddRole(flow, "identity", "publisher", v1::OUTCOME_PASSED, 1, 3);
  flow->set_outcome(v1::OUTCOME_FAILED);

  Reached(&run, "gateway", "engagement", 12);
  NotReached(&run, "gateway", "identity", v1::REACH_REFUSED, "connection refused");
  NotReached(&run, "engagement", "identity", v1::REACH_REFUSED, "connection refused");
  Reached(&run, "engagement", "catalog", 8);
  NotReached(&run, "catalog", "engagement", v1::REACH_NO_CONNECTION, "nothing within 5s");
  NotReached(&run, "catalog", "billing", v1::REACH_NO_CONNECTION, "nothing within 5s");
  NotReached(&run, "gateway", "billing", v1::REACH_NO_ANSWER, "no answer within 5s");
  Reached(&run, "identity", "billing", 31);
  v1::CheckRecord* lost = AddEdge(&run, "worker", "billing");
  lost->set_outcome(v1::OUTCOME_MISSING);
  v1::Task* task = lost->add_tasks();
  task->set_agent_id("worker-1");
  task->set_service("worker");
  task->set_deployment("2025.47.8");
  task->set_outcome(v1::OUTCOME_MISSING);
  task->set_state(v1::Task::STATE_DONE);
  task->set_reason("agent worker-1 stands beside version 2025.47.8, and 2025.47.9 is judged");

  v1::Policy policy = SamplePolicy();
  v1::Rule* rule = policy.add_rollback();
  rule->set_rule("service-cut-off");
  rule->set_select("edge");
  rule->set_services_cut_off_at_least(1);
  JudgeSample(&run, policy);
  *run.mutable_edges() = EdgeMatrix(run.checks());
  return run;
}

}  // namespace smokemesh::coordinator
