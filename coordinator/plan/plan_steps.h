#ifndef SMOKEMESH_COORDINATOR_PLAN_PLAN_STEPS_H_
#define SMOKEMESH_COORDINATOR_PLAN_PLAN_STEPS_H_

#include <google/protobuf/map.h>
#include <google/protobuf/repeated_field.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/kinds/kinds.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

using shared::ConnectionOf;
using shared::KindOf;

// A step of any kind; nothing when the file says no kind. Points into the plan.
using AnyStep = std::variant<std::monostate, const v1::PostgresStep*, const v1::RedisStep*,
                             const v1::HttpStep*, const v1::EventBusStep*>;

// One step of a check and where it stands.
struct StepRef {
  AnyStep step;
  std::string path;  // below the check: `http.steps[0]`, `finally[1].postgres`
  int number = 0;    // in its list, from 1; 0 for what is no list, an edge with a `url`
  bool in_finally = false;
  std::string list;  // what messages call its list, if not the check: `finally`, `role "listener"`
};

// All steps of a check in the order in which they run, `finally` last. Those of a flow role by
// role, `prepare` first; none of `edges`, which are steps of the checks that these become.
std::vector<StepRef> StepsOf(const v1::Check& check);

// The steps of a list that is at `path` below the check.
std::vector<StepRef> StepsIn(const google::protobuf::RepeatedPtrField<v1::Step>& steps,
                             const std::string& path, const std::string& list);

// `prepare` and steps of a role of a flow; `index` is its place among the roles.
std::vector<StepRef> StepsOfRole(const v1::FlowRole& role, int index);

// `role "listener"`.
std::string RoleName(const v1::FlowRole& role);

// `postgres`, `redis`, `http`, `event_bus`, or empty.
std::string_view KindOf(const AnyStep& step);

// What steps of all kinds have. Points into the plan; null is what this step does not have, or its
// kind never has.
struct CommonFields {
  const std::string* name = nullptr;
  const std::string* connection = nullptr;
  const std::string* session = nullptr;  // HTTP has no sessions
  const google::protobuf::RepeatedPtrField<std::string>* expect = nullptr;
  const google::protobuf::Map<std::string, v1::Capture>* capture = nullptr;
  const v1::Repeat* repeat = nullptr;
  const v1::Until* until = nullptr;
  const std::string* parallel = nullptr;
  const std::string* when = nullptr;
};

// Only for steps that have a kind.
CommonFields CommonOf(const AnyStep& step);

// The actions that an event-bus step has, by the names of their fields; exactly one in a good plan.
std::vector<std::string> ActionsOf(const v1::EventBusStep& step);

// Name of the connection that a step of `step_kind` uses: `named`, or the check's if that is of the
// same kind, or the plan's only one of that kind. NOT_FOUND and FAILED_PRECONDITION say what to do.
absl::StatusOr<std::string> ResolveConnection(const v1::Plan& plan, const v1::Check& check,
                                              std::string_view step_kind, const std::string& named);

// Whether an HTTP step needs a connection. Whole URLs do not; one that begins with a template may
// turn out to be whole, so it needs one only where the plan has any.
bool NeedsConnection(const v1::Plan& plan, const v1::HttpStep& step);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_PLAN_STEPS_H_
