#ifndef SMOKEMESH_AGENT_CHECKS_STEP_LIST_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_LIST_H_

#include <string>
#include <string_view>
#include <vector>

#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// The step kinds and check kinds of plan.proto as one shape.

// The kind of a check, as it is written in a plan: `postgres`, `redis`, `http`, `scenario`; empty
// when it has none.
std::string KindOf(const v1::Check& check);

// The kind of a step: `postgres`, `redis`, `http`; empty when it has none.
std::string KindOf(const v1::Step& step);

// The kind of a connection's target, as above.
std::string KindOf(const v1::Connection& connection);

// The target of a connection as it stands there.
const std::string& TargetOf(const v1::Connection& connection);

// The steps of a check, `finally` left out.
std::vector<v1::Step> StepsOf(const v1::Check& check);

// The connection that a check names for the steps of its own kind; empty when it names none.
const std::string& ConnectionOf(const v1::Check& check);

// What every kind of step has.
const std::string& ConnectionOf(const v1::Step& step);
const google::protobuf::RepeatedPtrField<std::string>& ExpectationsOf(const v1::Step& step);
const google::protobuf::Map<std::string, v1::Capture>& CapturesOf(const v1::Step& step);

// The name of a step for reports: its own, or one made of what it does, before expansion.
std::string NameOf(const v1::Step& step);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_LIST_H_
