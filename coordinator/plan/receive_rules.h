#ifndef SMOKEMESH_COORDINATOR_PLAN_RECEIVE_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_RECEIVE_RULES_H_

#include <set>
#include <string>

#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/step_place.h"
#include "shared/clock.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Reports what is wrong with `receive` of a step. `timeout` is the check's.
void CheckReceive(const v1::Receive& receive, shared::Duration timeout, const Scope& scope,
                  const StepPlace& place);

// Follows which sessions of a check have subscribed, step by step: such a session can only listen,
// and only it can.
class Subscriptions {
 public:
  // `connection` is the name of the connection that the step uses. Reports what its session cannot
  // do. The step has exactly one action.
  void Follow(const v1::RedisStep& step, const std::string& connection, const StepPlace& place);
  void Follow(const v1::EventBusStep& step, const std::string& connection, const StepPlace& place);

 private:
  std::set<std::string> listening_;  // kind, connection and session
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_RECEIVE_RULES_H_
