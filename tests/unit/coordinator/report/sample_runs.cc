#include "tests/unit/coordinator/report/sample_runs.h"

#include <string>
#include <vector>

#include "coordinator/verdict/verdict.h"
#include "tests/unit/coordinator/report/sample_parts.h"

namespace smokemesh::coordinator {

v1::Run PromotedRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);
  v1::CheckRecord* left_out = AddCheck(&run, "rate_limit", "services", {"slow", "service"}, "");
  left_out->set_deselected(true);
  left_out->set_outcome(v1::OUTCOME_SKIPPED);
  run.mutable_options()->set_select("smoke and not slow");
  JudgeSample(&run, SamplePolicy());
  return run;
}

v1::Run RolledBackRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);

  v1::CheckRecord* events = AddCheck(&run, "event_persistence", "event_bus", {"smoke", "redis"},
                                     "Events that nobody listened to are lost.");
  Fail(events, AddTask(events, "identity", v1::OUTCOME_FAILED, 800, 1310),
       "TTL of the stored event", "ttl >= 86000", "-1 (the key never expires)", "127.0.0.1:6379/0",
       "Look for a writer that stores events without EXPIRE.");

  v1::CheckRecord* constraint = AddCheck(&run, "constraint_enforcement", "database",
                                         {"smoke", "database", "transaction", "critical"},
                                         "Invalid engagements are stored and break the reports.");
  Fail(constraint, AddTask(constraint, "engagement", v1::OUTCOME_FAILED, 460, 31),
       "insert an unknown status", "sqlstate == 23514", "00000 (1 row inserted)",
       "127.0.0.1:5432/smoke",
       "The CHECK constraint on engagements.status is gone: compare the schema with the migrations "
       "of this release.");
  constraint->mutable_tasks(0)->mutable_result()->set_cleanup_error(
      "finally step 1, DELETE FROM engagements: permission denied for table engagements");

  v1::CheckRecord* blocked = AddCheck(&run, "status_transition", "services", {"smoke", "service"},
                                      "Auditors cannot complete an engagement.");
  blocked->set_outcome(v1::OUTCOME_BLOCKED);
  blocked->set_blocked_by(v1::OUTCOME_FAILED);
  blocked->set_reason("needs constraint_enforcement, which FAILED");
  v1::Task* task = blocked->add_tasks();
  task->set_agent_id("gateway-1");
  task->set_service("gateway");
  task->set_state(v1::Task::STATE_DONE);
  task->set_outcome(v1::OUTCOME_BLOCKED);
  task->set_reason("needs constraint_enforcement, which FAILED");

  Pass(AddCheck(&run, "token_expiry", "services", {"smoke", "service"}, ""), "gateway", 1600, 240,
       v1::OUTCOME_FLAKY);
  v1::CheckRecord* skipped =
      AddCheck(&run, "pgvector", "database", {"smoke", "database"}, "Search is slow.");
  skipped->set_outcome(v1::OUTCOME_SKIPPED);
  skipped->set_reason("the server does not offer the extension vector");

  JudgeSample(&run, SamplePolicy());
  return run;
}

v1::Run InconclusiveRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);
  v1::CheckRecord* lost = AddCheck(&run, "engagement_create_read", "services", {"smoke", "service"},
                                   "Engagements cannot be created.");
  lost->set_outcome(v1::OUTCOME_MISSING);
  lost->set_reason("agent \"engagement-1\" was lost and did not come back within 15s");
  v1::Task* task = lost->add_tasks();
  task->set_agent_id("engagement-1");
  task->set_service("engagement");
  task->set_state(v1::Task::STATE_DONE);
  task->set_outcome(v1::OUTCOME_MISSING);
  task->set_reason(lost->reason());

  v1::CheckRecord* unset =
      AddCheck(&run, "row_level_security", "database", {"smoke", "database"}, "Tenants mix.");
  unset->set_outcome(v1::OUTCOME_ERRORED);
  task = AddTask(unset, "engagement", v1::OUTCOME_ERRORED, 500, 1);
  task->mutable_result()->set_message("${RLS_DATABASE_URL} is not set on agent \"engagement-1\"");
  unset->set_reason(task->result().message());

  v1::CheckRecord* nobody =
      AddCheck(&run, "reporting_health", "services", {"smoke", "service"}, "");
  nobody->set_outcome(v1::OUTCOME_MISSING);
  nobody->set_reason("no agent matches service \"reporting\"");
  nobody->add_tasks()->set_outcome(v1::OUTCOME_MISSING);

  JudgeSample(&run, SamplePolicy());
  return run;
}

v1::Run HeldRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);
  v1::CheckRecord* slow =
      AddCheck(&run, "event_latency", "event_bus", {"smoke", "redis"}, "Events come late.");
  Fail(slow, AddTask(slow, "identity", v1::OUTCOME_FAILED, 900, 2100), "publish and wait",
       "duration < 500ms", "2.08s", "127.0.0.1:6379/0", "");
  v1::CheckRecord* everywhere =
      AddCheck(&run, "dns", "services", {"smoke"}, "Services cannot find one another.");
  AddTask(everywhere, "engagement", v1::OUTCOME_PASSED, 700, 12);
  AddTask(everywhere, "gateway", v1::OUTCOME_PASSED, 700, 9);
  Fail(everywhere, AddTask(everywhere, "identity", v1::OUTCOME_FAILED, 700, 14), "resolve",
       "status == 200", "could not resolve host", "http://gateway.internal", "");
  everywhere->set_outcome(v1::OUTCOME_PASSED);
  everywhere->set_reason("");
  JudgeSample(&run, SamplePolicy());
  return run;
}

v1::Run HostileRun() {
  v1::Run run = NewRun();
  const std::string nasty =
      "</script><script>alert(1)</script> ]]> <b> & \"q\" 'a' \x1b[2J\x07 \xff\xfe \xef\xbf\xbf "
      "\xe2\x80\xae [[ATTACHMENT|/etc/passwd]] line\r\nend\tof it";
  run.set_run_id(nasty);
  run.set_plan_name(nasty);
  run.set_plan_digest(nasty);
  run.set_policy_digest(nasty);
  run.set_cancel_reason(nasty);
  for (v1::Suite& suite : *run.mutable_suites()) suite.set_title(nasty);
  for (const char* suite : {"database", nasty.c_str()}) {
    v1::CheckRecord* check = AddCheck(&run, nasty, suite, {nasty}, nasty);
    check->mutable_source()->set_file(nasty);
    check->mutable_comparison()->set_newly_failing(true);
    check->mutable_comparison()->set_newly_slow(true);
    Fail(check, AddTask(check, nasty, v1::OUTCOME_FAILED, 0, 5), nasty, nasty, nasty, nasty, nasty);
    check->mutable_tasks(0)->mutable_result()->set_cleanup_error(nasty);
    v1::Task* task = check->mutable_tasks(0);
    task->set_reason(nasty);
    task->set_deployment(nasty);
    for (v1::StepResult& step : *task->mutable_result()->mutable_steps()) step.set_role(nasty);
    task->mutable_result()->add_roles()->set_role(nasty);
    check->mutable_edge()->set_edges(nasty);
    check->mutable_edge()->set_from(nasty);
    check->mutable_edge()->set_to(nasty);
    v1::EdgeRecord* edge = run.add_edges();
    edge->set_check(nasty);
    edge->set_from(nasty);
    edge->set_to(nasty);
    edge->set_outcome(v1::OUTCOME_FAILED);
    edge->set_explanation(nasty);
  }
  (*run.mutable_options()->mutable_deployment())[nasty] = nasty;
  run.mutable_checks(1)->set_shadow(true);
  run.mutable_options()->set_select(nasty);
  run.mutable_options()->set_match(nasty);
  run.mutable_options()->set_requested_by(nasty);
  run.mutable_options()->mutable_round()->set_bake_id(nasty);
  run.mutable_options()->mutable_baseline()->set_run_id(nasty);
  v1::Verdict* verdict = run.mutable_verdict();
  for (const v1::RuleEffect effect :
       {v1::RULE_EFFECT_ROLLBACK, v1::RULE_EFFECT_HOLD, v1::RULE_EFFECT_TOLERATE}) {
    v1::RuleResult* rule = verdict->add_rules();
    rule->set_effect(effect);
    for (std::string* text :
         {rule->mutable_rule(), rule->mutable_select(), rule->mutable_limit(),
          rule->mutable_value(), rule->add_counted(), rule->mutable_first_evidence(),
          rule->mutable_what_if(), rule->mutable_rounds()}) {
      *text = nasty;
    }
    rule->set_holds(true);
  }
  Count(v1::OUTCOME_FAILED, verdict->mutable_counts());
  Count(v1::OUTCOME_FAILED, verdict->mutable_shadow());
  verdict->add_tolerated(nasty);
  verdict->set_decision(v1::DECISION_ROLLBACK);
  verdict->set_final(true);
  verdict->set_summary("ROLLBACK: " + nasty);
  verdict->add_reasons(nasty);
  v1::Bake* bake = run.mutable_bake();
  bake->set_bake_id(nasty);
  bake->set_plan_name(nasty);
  bake->set_decision(v1::DECISION_ROLLBACK);
  bake->set_summary("ROLLBACK: " + nasty);
  bake->add_reasons("a second reason: " + nasty);
  v1::BakeRound* round = bake->add_rounds();
  round->set_run_id(nasty);
  round->set_number(1);
  round->set_summary(nasty);
  round->add_crossed(nasty);
  return run;
}

std::vector<std::pair<std::string, v1::Run>> AllSampleRuns() {
  return {{"promote", PromotedRun()},          {"rollback", RolledBackRun()},
          {"inconclusive", InconclusiveRun()}, {"hold", HeldRun()},
          {"hostile", HostileRun()},           {"shadow", ShadowRun()},
          {"tolerated", ToleratedRun()},       {"flaky_hold", FlakyHoldRun()},
          {"over_target", OverTargetRun()},    {"compared", ComparedRun()},
          {"fail_fast", FailFastRun()},        {"bake_rollback", BakeRolledBackRun()},
          {"bake_promote", BakePromotedRun()}, {"mesh", MeshRun()}};
}

}  // namespace smokemesh::coordinator
