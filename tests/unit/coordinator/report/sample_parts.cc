#include "tests/unit/coordinator/report/sample_parts.h"

#include "coordinator/verdict/comparison.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {

using std::chrono::milliseconds;

shared::WallTime At(int ms) {
  return shared::WallTime(std::chrono::seconds(1764588000)) + milliseconds(ms);
}

v1::Run NewRun() {
  v1::Run run;
  run.set_run_id("7f0c41d2-93aa-4f6e-8a51-2f6d0b7c9e10");
  run.set_plan_name("aura-smoke");
  run.set_state(v1::Run::STATE_FINISHED);
  run.set_plan_digest("9b1f0c5e6d2a48f7b3c19e0d4a5f6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6");
  *run.mutable_create_time() = shared::ToProto(At(0));
  *run.mutable_end_time() = shared::ToProto(At(4210));
  *run.mutable_duration() = shared::ToProto(milliseconds(4210));
  const auto suite = [&](const char* name, const char* title, int target_ms) {
    v1::Suite* added = run.add_suites();
    added->set_name(name);
    added->set_title(title);
    *added->mutable_target() = shared::ToProto(milliseconds(target_ms));
  };
  suite("database", "Database", 30000);
  suite("event_bus", "Event bus", 1000);
  suite("services", "Services", 30000);
  return run;
}

v1::CheckRecord* AddCheck(v1::Run* run, const std::string& name, const std::string& suite,
                          const std::vector<std::string>& tags, const std::string& impact) {
  v1::CheckRecord* check = run->add_checks();
  check->set_name(name);
  check->set_suite(suite);
  for (const std::string& tag : tags) check->add_tags(tag);
  check->set_impact(impact);
  check->mutable_source()->set_file("deploy/plans/aura.yaml");
  check->mutable_source()->set_line(20 + 14 * run->checks_size());
  return check;
}

void AddStep(v1::TaskResult* result, const std::string& name, int ms, v1::Outcome outcome,
             const std::string& observed) {
  v1::StepResult* step = result->add_steps();
  step->set_name(name);
  *step->mutable_duration() = shared::ToProto(milliseconds(ms));
  step->set_outcome(outcome);
  step->set_observed(observed);
}

v1::Task* AddTask(v1::CheckRecord* check, const std::string& service, v1::Outcome outcome,
                  int start_ms, int ms) {
  v1::Task* task = check->add_tasks();
  task->set_agent_id(service + "-1");
  task->set_service(service);
  task->set_state(v1::Task::STATE_DONE);
  task->set_outcome(outcome);
  v1::TaskResult* result = task->mutable_result();
  result->set_task_id("t-" + check->name());
  result->set_check(check->name());
  result->set_agent_id(task->agent_id());
  result->set_attempt(1);
  result->set_outcome(outcome);
  result->set_tries(outcome == v1::OUTCOME_FLAKY ? 2 : 1);
  *result->mutable_start_time() = shared::ToProto(At(start_ms));
  *result->mutable_duration() = shared::ToProto(milliseconds(ms));
  return task;
}

void Pass(v1::CheckRecord* check, const std::string& service, int start_ms, int ms,
          v1::Outcome outcome) {
  check->set_outcome(outcome);
  v1::TaskResult* result = AddTask(check, service, outcome, start_ms, ms)->mutable_result();
  AddStep(result, "ask", ms / 3, v1::OUTCOME_PASSED, "200 OK, 312 bytes");
  AddStep(result, "look again", ms - ms / 3, v1::OUTCOME_PASSED, "1 row: 0");
}

void Fail(v1::CheckRecord* check, v1::Task* task, const std::string& step,
          const std::string& expected, const std::string& actual, const std::string& target,
          const std::string& hint) {
  check->set_outcome(v1::OUTCOME_FAILED);
  v1::TaskResult* result = task->mutable_result();
  result->set_message("step 2, " + step + ": expected " + expected + ", seen " + actual);
  check->set_reason("on " + task->agent_id() + ": " + result->message());
  v1::Failure* failure = result->add_failures();
  failure->set_step(2);
  failure->set_step_name(step);
  failure->set_expected(expected);
  failure->set_actual(actual);
  failure->set_target(target);
  failure->set_hint(hint);
  AddStep(result, "set up", 9, v1::OUTCOME_PASSED, "CREATE TABLE");
  AddStep(result, step, 22, v1::OUTCOME_FAILED, actual);
  AddStep(result, "look again", 0, v1::OUTCOME_SKIPPED, "");
}

void AddHealthyChecks(v1::Run* run) {
  const std::string impact = "Data integrity and error recovery.";
  Pass(AddCheck(run, "database_connectivity", "database", {"smoke", "database", "critical"},
                "Nothing works without the database."),
       "engagement", 40, 61);
  Pass(AddCheck(run, "transaction_commit", "database",
                {"smoke", "database", "transaction", "critical"}, impact),
       "engagement", 45, 380);
  Pass(AddCheck(run, "redis_pub_sub", "event_bus", {"smoke", "redis"}, "Events do not arrive."),
       "identity", 60, 720);
  Pass(AddCheck(run, "gateway_health", "services", {"smoke", "service", "critical"},
                "Users cannot reach anything."),
       "gateway", 30, 140);
  Pass(
      AddCheck(run, "login", "services", {"smoke", "service", "critical"}, "Users cannot sign in."),
      "gateway", 180, 1320);
}

v1::Policy SamplePolicy() {
  v1::Policy policy;
  v1::Rule* rule = policy.add_rollback();
  rule->set_rule("too-many-failures");
  rule->set_select("smoke");
  rule->set_not_passed_ratio_above(0.2);
  rule = policy.add_rollback();
  rule->set_rule("critical-path");
  rule->set_select("critical");
  rule->set_not_passed_at_least(1);
  rule = policy.add_rollback();
  rule->set_rule("services-cannot-talk");
  rule->set_select("service");
  rule->set_not_passed_ratio_at_least(1.0);
  return policy;
}

void JudgeSample(v1::Run* run, const v1::Policy& policy) {
  Compare(run->options().baseline(), run->mutable_checks());
  *run->mutable_verdict() = Judge(EvidenceOf(*run), policy);
}

}  // namespace smokemesh::coordinator
