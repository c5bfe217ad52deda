#ifndef SMOKEMESH_COORDINATOR_PLAN_PLAN_COMMENTS_H_
#define SMOKEMESH_COORDINATOR_PLAN_PLAN_COMMENTS_H_

#include <string_view>

namespace smokemesh::coordinator {

// The comment that plan.proto has on a message, a field or an enum: `Plan`, `Check.needs`.
// Paragraphs are apart by an empty line. Empty when there is none. Descriptors in a program carry
// no comments, so these are written into a file of their own, which a test holds to plan.proto.
std::string_view PlanComment(std::string_view name);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_PLAN_COMMENTS_H_
