#ifndef SMOKEMESH_TESTS_UNIT_COORDINATOR_VERDICT_RECORDS_H_
#define SMOKEMESH_TESTS_UNIT_COORDINATOR_VERDICT_RECORDS_H_

#include <initializer_list>
#include <string>

#include "coordinator/verdict/verdict.h"
#include "google/protobuf/repeated_field.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::testing {

// Checks of a run, written short.
class Records {
 public:
  v1::CheckRecord& Add(v1::Outcome outcome, std::initializer_list<const char*> tags = {"smoke"}) {
    v1::CheckRecord& check = *checks_.Add();
    check.set_name("check-" + std::to_string(checks_.size()));
    check.set_outcome(outcome);
    for (const char* tag : tags) check.add_tags(tag);
    return check;
  }
  void Add(int number, v1::Outcome outcome, std::initializer_list<const char*> tags = {"smoke"}) {
    for (int i = 0; i < number; ++i) Add(outcome, tags);
  }
  v1::CheckRecord& AddBlocked(v1::Outcome root) {
    v1::CheckRecord& check = Add(v1::OUTCOME_BLOCKED);
    check.set_blocked_by(root);
    return check;
  }
  v1::CheckRecord& AddShadow(v1::Outcome outcome,
                             std::initializer_list<const char*> tags = {"smoke"}) {
    v1::CheckRecord& check = Add(outcome, tags);
    check.set_shadow(true);
    return check;
  }
  // A result of the check from an agent, in milliseconds.
  static v1::Task& AddTask(v1::CheckRecord* check, const char* agent, int start, int duration) {
    v1::Task& task = *check->add_tasks();
    task.set_agent_id(agent);
    task.set_outcome(check->outcome());
    v1::TaskResult& result = *task.mutable_result();
    result.mutable_start_time()->set_seconds(1'800'000'000 + start / 1000);
    result.mutable_start_time()->set_nanos(start % 1000 * 1'000'000);
    result.mutable_duration()->set_seconds(duration / 1000);
    result.mutable_duration()->set_nanos(duration % 1000 * 1'000'000);
    return task;
  }
  v1::Suite& AddSuite(const char* name, int target_seconds) {
    v1::Suite& suite = *suites_.Add();
    suite.set_name(name);
    if (target_seconds > 0) suite.mutable_target()->set_seconds(target_seconds);
    return suite;
  }
  v1::RunOptions& options() { return options_; }
  const google::protobuf::RepeatedPtrField<v1::CheckRecord>& get() const { return checks_; }
  google::protobuf::RepeatedPtrField<v1::CheckRecord>& get() { return checks_; }
  coordinator::Evidence evidence() const { return {checks_, suites_, options_}; }

 private:
  google::protobuf::RepeatedPtrField<v1::CheckRecord> checks_;
  google::protobuf::RepeatedPtrField<v1::Suite> suites_;
  v1::RunOptions options_;
};

// A rule without a limit.
inline v1::Rule* AddRule(google::protobuf::RepeatedPtrField<v1::Rule>* rules, const char* name,
                         const char* select) {
  v1::Rule* rule = rules->Add();
  rule->set_rule(name);
  rule->set_select(select);
  return rule;
}

// A tolerance without a limit.
inline v1::Tolerance* AddTolerance(v1::Policy* policy, const char* name, const char* select) {
  v1::Tolerance* tolerance = policy->add_tolerate();
  tolerance->set_rule(name);
  tolerance->set_select(select);
  return tolerance;
}

// The policy of the platform's runbook.
inline v1::Policy RunbookPolicy() {
  v1::Policy policy;
  v1::Rule* rule = policy.add_rollback();
  rule->set_rule("too-many-failures");
  rule->set_select("smoke");
  rule->set_not_passed_ratio_above(0.20);
  rule = policy.add_rollback();
  rule->set_rule("critical-path");
  rule->set_select("critical");
  rule->set_not_passed_at_least(1);
  rule = policy.add_rollback();
  rule->set_rule("database-transactions");
  rule->set_select("database and transaction");
  rule->set_not_passed_at_least(1);
  rule = policy.add_rollback();
  rule->set_rule("services-cannot-talk");
  rule->set_select("service");
  rule->set_not_passed_ratio_at_least(1.0);
  return policy;
}

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_UNIT_COORDINATOR_VERDICT_RECORDS_H_
