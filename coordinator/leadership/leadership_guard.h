#ifndef SMOKEMESH_COORDINATOR_LEADERSHIP_LEADERSHIP_GUARD_H_
#define SMOKEMESH_COORDINATOR_LEADERSHIP_LEADERSHIP_GUARD_H_

#include <functional>

namespace smokemesh::coordinator {

// What those who decide must know of the lease under which they do. Empty functions: nobody else
// can lead.
struct LeadershipGuard {
  // Whether this replica may decide now. Asked before every step, on any thread: must not block.
  std::function<bool()> may_decide;
  // A write was refused because another replica leads. On any thread: must not block.
  std::function<void()> on_fenced;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_LEADERSHIP_LEADERSHIP_GUARD_H_
