#include <string>
#include <vector>

#include "coordinator/verdict/comparison.h"
#include "shared/duration.h"
#include "tests/unit/coordinator/report/sample_parts.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;

// A check of a partner's service that answers too late.
v1::CheckRecord* AddLateCheck(v1::Run* run, const std::string& name,
                              const std::vector<std::string>& tags, int start_ms) {
  v1::CheckRecord* check = AddCheck(run, name, "event_bus", tags, "Partners hear late of it.");
  Fail(check, AddTask(check, "identity", v1::OUTCOME_FAILED, start_ms, 640), "wait for the answer",
       "duration < 500ms", "612ms", "127.0.0.1:6379/0", "Look at the partner's status page.");
  return check;
}

v1::Policy TolerantPolicy() {
  v1::Policy policy = SamplePolicy();
  v1::Tolerance* tolerance = policy.add_tolerate();
  tolerance->set_rule("partners-may-be-late");
  tolerance->set_select("partner");
  tolerance->set_not_passed_at_most(2);
  return policy;
}

// The day is as many days before the sample runs.
v1::Run EarlierRun(int days) {
  v1::Run run = NewRun();
  run.set_run_id("5c6d0e2f-0000-4000-8000-00000000000" + std::to_string(days));
  AddHealthyChecks(&run);
  *run.mutable_checks(4)->mutable_tasks(0)->mutable_result()->mutable_duration() =
      shared::ToProto(milliseconds(400 + 15 * days));
  AddLateCheck(&run, "partner_webhook", {"partner"}, 1000);
  JudgeSample(&run, TolerantPolicy());
  *run.mutable_create_time() = shared::ToProto(At(-days * 24 * 3600 * 1000));
  return run;
}

}  // namespace

v1::Run ShadowRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);
  v1::CheckRecord* slow = AddLateCheck(&run, "event_latency", {"smoke", "redis", "critical"}, 900);
  slow->set_shadow(true);
  v1::CheckRecord* fine =
      AddCheck(&run, "replica_lag", "database", {"smoke", "database"}, "Reads are stale.");
  fine->set_shadow(true);
  Pass(fine, "engagement", 500, 45);
  JudgeSample(&run, SamplePolicy());
  return run;
}

v1::Run ToleratedRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);
  AddLateCheck(&run, "partner_webhook", {"partner"}, 900);
  AddLateCheck(&run, "partner_feed", {"partner"}, 1700);
  Pass(AddCheck(&run, "partner_login", "services", {"partner"}, ""), "identity", 2400, 90);
  JudgeSample(&run, TolerantPolicy());
  return run;
}

v1::Run FlakyHoldRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);
  Pass(AddCheck(&run, "token_expiry", "services", {"smoke", "service"}, "Users are signed out."),
       "gateway", 1600, 240, v1::OUTCOME_FLAKY);
  Pass(AddCheck(&run, "engagement_list", "services", {"smoke", "service"}, "The list is empty."),
       "engagement", 1650, 310, v1::OUTCOME_FLAKY);
  v1::Policy policy = SamplePolicy();
  v1::Rule* rule = policy.add_hold();
  rule->set_rule("flaky-limit");
  rule->set_select("smoke");
  rule->set_flaky_at_least(2);
  JudgeSample(&run, policy);
  return run;
}

v1::Run OverTargetRun() {
  v1::Run run = NewRun();
  AddHealthyChecks(&run);
  Pass(AddCheck(&run, "event_burst", "event_bus", {"smoke", "redis"}, "Bursts lose events."),
       "identity", 900, 1260);
  v1::Policy policy = SamplePolicy();
  v1::Rule* rule = policy.add_hold();
  rule->set_rule("suites-in-time");
  rule->set_select("smoke");
  rule->set_suites_over_target_at_least(1);
  JudgeSample(&run, policy);
  return run;
}

v1::Run ComparedRun() {
  v1::Run run = NewRun();
  std::vector<v1::Run> earlier;
  for (int days = 1; days <= 4; ++days) earlier.push_back(EarlierRun(days));
  *run.mutable_options()->mutable_baseline() = MakeBaseline(earlier);
  AddHealthyChecks(&run);  // its login takes three times as long as it did
  Pass(AddCheck(&run, "partner_webhook", "event_bus", {"partner"}, ""), "identity", 900, 230);
  v1::CheckRecord* bus = run.mutable_checks(2);
  bus->clear_tasks();
  Fail(bus, AddTask(bus, "identity", v1::OUTCOME_FAILED, 60, 2040), "receive the event",
       "1 message within 2s", "0 messages after 2s", "127.0.0.1:6379/0", "");
  Pass(AddCheck(&run, "audit_log", "database", {"smoke", "database"}, "Changes leave no trace."),
       "engagement", 500, 75);
  v1::Policy policy = TolerantPolicy();
  v1::Rule* rule = policy.add_hold();
  rule->set_rule("no-check-much-slower");
  rule->set_select("smoke");
  rule->set_newly_slow_at_least(1);
  JudgeSample(&run, policy);
  return run;
}

v1::Run FailFastRun() {
  v1::Run run = NewRun();
  run.mutable_options()->set_fail_fast(true);
  run.mutable_options()->set_max_parallel(4);
  const std::string reason =
      "not needed any more: ROLLBACK is certain (rule critical-path), --fail-fast";
  AddHealthyChecks(&run);
  v1::CheckRecord* login = run.mutable_checks(4);
  login->clear_tasks();
  Fail(login, AddTask(login, "gateway", v1::OUTCOME_FAILED, 180, 320), "sign in", "status == 200",
       "503", "http://127.0.0.1:8080", "Look at the log of identity.");
  for (const char* name : {"token_expiry", "engagement_list", "rate_limit"}) {
    v1::CheckRecord* check = AddCheck(&run, name, "services", {"smoke", "service"}, "");
    check->set_outcome(v1::OUTCOME_ABORTED);
    check->set_reason(reason);
    v1::Task* task = check->add_tasks();
    task->set_agent_id("gateway-1");
    task->set_service("gateway");
    task->set_state(v1::Task::STATE_DONE);
    task->set_outcome(v1::OUTCOME_ABORTED);
    task->set_reason(reason);
  }
  JudgeSample(&run, SamplePolicy());
  return run;
}

}  // namespace smokemesh::coordinator
