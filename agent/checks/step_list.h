#ifndef SMOKEMESH_AGENT_CHECKS_STEP_LIST_H_
#define SMOKEMESH_AGENT_CHECKS_STEP_LIST_H_

#include <string>
#include <string_view>
#include <vector>

#include "shared/kinds/kinds.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// The step kinds and check kinds of plan.proto as one shape.

using shared::ConnectionOf;
using shared::KindOf;

// The target of a connection as it stands there.
const std::string& TargetOf(const v1::Connection& connection);

// The steps of a check, of all roles if it is a flow; `finally` left out.
std::vector<v1::Step> StepsOf(const v1::Check& check);

// What every kind of step has.
const std::string& ConnectionOf(const v1::Step& step);
const google::protobuf::RepeatedPtrField<std::string>& ExpectationsOf(const v1::Step& step);
const google::protobuf::Map<std::string, v1::Capture>& CapturesOf(const v1::Step& step);

const std::string& WhenOf(const v1::Step& step);
const std::string& ParallelOf(const v1::Step& step);
// Null when the step has none.
const v1::Repeat* RepeatOf(const v1::Step& step);
const v1::Until* UntilOf(const v1::Step& step);

// The session that a step names, or `main`.
const std::string& SessionOf(const v1::Step& step);

// What `receive.where` says; empty for steps that receive nothing.
const google::protobuf::RepeatedPtrField<std::string>& WhereOf(const v1::Step& step);

// Takes `when` away: it has been decided.
void ClearWhen(v1::Step* step);

// The name of a step for reports: its own, or one made of what it does, before expansion.
std::string NameOf(const v1::Step& step);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_STEP_LIST_H_
