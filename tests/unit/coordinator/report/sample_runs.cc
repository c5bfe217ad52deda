#include "tests/unit/coordinator/report/sample_runs.h"

#include <string>
#include <vector>

#include "coordinator/verdict/verdict.h"
#include "tests/unit/coordinator/report/sample_parts.h"

namespace smokemesh::coordinator {
namespace {

void AddRule(v1::Run* run, const std::string& name, const std::string& select,
             const std::string& limit, const std::string& value,
             const std::vector<std::string>& counted, bool holds, const std::string& evidence) {
  v1::RuleResult* rule = run->mutable_verdict()->add_rules();
  rule->set_rule(name);
  rule->set_select(select);
  rule->set_limit(limit);
  rule->set_value(value);
  rule->set_holds(holds);
  for (const std::string& check : counted) rule->add_counted(check);
  rule->set_first_evidence(evidence);
}

void Count(v1::Run* run) {
  v1::OutcomeCounts* counts = run->mutable_verdict()->mutable_counts();
  for (const v1::CheckRecord& check : run->checks()) {
    if (check.deselected()) continue;
    counts->set_planned(counts->planned() + 1);
    switch (check.outcome()) {
      case v1::OUTCOME_PASSED:
        counts->set_passed(counts->passed() + 1);
        break;
      case v1::OUTCOME_FLAKY:
        counts->set_flaky(counts->flaky() + 1);
        break;
      case v1::OUTCOME_FAILED:
        counts->set_failed(counts->failed() + 1);
        break;
      case v1::OUTCOME_ERRORED:
        counts->set_errored(counts->errored() + 1);
        break;
      case v1::OUTCOME_BLOCKED:
        counts->set_blocked(counts->blocked() + 1);
        break;
      case v1::OUTCOME_ABORTED:
        counts->set_aborted(counts->aborted() + 1);
        break;
      case v1::OUTCOME_MISSING:
        counts->set_missing(counts->missing() + 1);
        break;
      case v1::OUTCOME_SKIPPED:
        counts->set_skipped(counts->skipped() + 1);
        break;
      default:
        counts->set_open(counts->open() + 1);
    }
  }
}

void Decide(v1::Run* run, v1::Decision decision, const std::string& summary) {
  Count(run);
  run->mutable_verdict()->set_decision(decision);
  run->mutable_verdict()->set_final(true);
  run->mutable_verdict()->set_summary(std::string(Name(decision)) + ": " + summary);
  run->mutable_verdict()->add_reasons(summary);
}

}  // namespace

v1::Run PromotedRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);
  AddRule(&run, "too-many-failures", "smoke", "more than 20% of 5 checks not passed", "0 of 5 (0%)",
          {}, false, "");
  AddRule(&run, "critical-path", "critical", "at least 1 of 4 checks not passed", "0 of 4 (0%)", {},
          false, "");
  v1::CheckRecord* left_out = AddCheck(&run, "rate_limit", "services", {"slow", "service"}, "");
  left_out->set_deselected(true);
  left_out->set_outcome(v1::OUTCOME_SKIPPED);
  run.mutable_options()->set_select("smoke and not slow");
  Decide(&run, v1::DECISION_PROMOTE, "all 5 checks passed");
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

  AddRule(&run, "too-many-failures", "smoke", "more than 20% of 9 checks not passed",
          "3 of 9 (33.3%)", {"event_persistence", "constraint_enforcement", "status_transition"},
          true,
          "event_persistence on identity-1, step 2: expected ttl >= 86000, seen -1 (the key never "
          "expires)");
  AddRule(&run, "critical-path", "critical", "at least 1 of 5 checks not passed", "1 of 5 (20%)",
          {"constraint_enforcement"}, true,
          "constraint_enforcement on engagement-1, step 2: expected sqlstate == 23514, seen 00000");
  AddRule(&run, "services-cannot-talk", "service", "at least 100% of 4 checks not passed",
          "1 of 4 (25%)", {"status_transition"}, false, "");
  Decide(&run, v1::DECISION_ROLLBACK,
         "rules too-many-failures (3 of 9 not passed (33.3%), limit 20%) and critical-path (1 not "
         "passed, limit 1) hold");
  run.mutable_verdict()->add_reasons(
      "rule critical-path holds (1 not passed, limit 1): constraint_enforcement on engagement-1");
  run.mutable_verdict()->add_reasons(
      "constraint_enforcement on engagement-1, step 2: expected sqlstate == 23514, saw 00000");
  run.mutable_verdict()->add_reasons("no evidence from 1 of 10 checks (1 BLOCKED)");
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

  AddRule(&run, "too-many-failures", "smoke", "more than 20% of 8 checks not passed", "0 of 8 (0%)",
          {}, false, "");
  Decide(&run, v1::DECISION_INCONCLUSIVE, "no evidence for 3 of 8 checks: 1 errored, 2 missing");
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
  AddRule(&run, "too-many-failures", "smoke", "more than 20% of 7 checks not passed",
          "1 of 7 (14.3%)", {"event_latency"}, false, "");
  Decide(&run, v1::DECISION_HOLD, "1 of 7 checks did not pass, and no rollback rule holds");
  return run;
}

v1::Run HostileRun() {
  v1::Run run = NewRun();
  const std::string nasty =
      "</script><script>alert(1)</script> ]]> <b> & \"q\" 'a' \x1b[2J\x07 \xff\xfe \xef\xbf\xbf "
      "\xe2\x80\xae line\r\nend\tof it";
  run.set_plan_name(nasty);
  run.set_cancel_reason(nasty);
  v1::CheckRecord* check = AddCheck(&run, nasty, nasty, {nasty}, nasty);
  check->mutable_source()->set_file(nasty);
  Fail(check, AddTask(check, nasty, v1::OUTCOME_FAILED, 0, 5), nasty, nasty, nasty, nasty, nasty);
  check->mutable_tasks(0)->mutable_result()->set_cleanup_error(nasty);
  check->mutable_tasks(0)->set_reason(nasty);
  run.mutable_options()->set_select(nasty);
  run.mutable_options()->set_requested_by(nasty);
  AddRule(&run, nasty, nasty, nasty, nasty, {nasty}, true, nasty);
  Decide(&run, v1::DECISION_ROLLBACK, nasty);
  return run;
}

std::vector<std::pair<std::string, v1::Run>> AllSampleRuns() {
  return {{"promote", PromotedRun()},          {"rollback", RolledBackRun()},
          {"inconclusive", InconclusiveRun()}, {"hold", HeldRun()},
          {"hostile", HostileRun()},           {"shadow", ShadowRun()},
          {"tolerated", ToleratedRun()},       {"flaky_hold", FlakyHoldRun()},
          {"over_target", OverTargetRun()},    {"compared", ComparedRun()},
          {"fail_fast", FailFastRun()},        {"bake_rollback", BakeRolledBackRun()},
          {"bake_promote", BakePromotedRun()}};
}

}  // namespace smokemesh::coordinator
