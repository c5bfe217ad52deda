#ifndef SMOKEMESH_SHARED_KINDS_KINDS_H_
#define SMOKEMESH_SHARED_KINDS_KINDS_H_

#include <string>

#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::shared {

// The kinds of plan.proto by the names that a plan gives them. What is returned lives for ever.

// `postgres`, `redis`, `http`, `event_bus`, `scenario`; empty when the check has none.
const std::string& KindOf(const v1::Check& check);

// `postgres`, `redis`, `http`, `event_bus`; empty when the step has none.
const std::string& KindOf(const v1::Step& step);

// The kind of server that a connection leads to: `postgres`, `redis`, `http`; empty when it has
// none.
const std::string& KindOf(const v1::Connection& connection);

// The kind of connection that a step of `step_kind` needs: `redis` for `event_bus`, else the same.
const std::string& ConnectionKindOf(const std::string& step_kind);

// The connection that a check names for the steps of its own kind; empty when it names none. Lives
// as long as the check.
const std::string& ConnectionOf(const v1::Check& check);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_KINDS_KINDS_H_
