#ifndef SMOKEMESH_COORDINATOR_RUN_ACK_WINDOW_H_
#define SMOKEMESH_COORDINATOR_RUN_ACK_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <set>

namespace smokemesh::coordinator {

// Which result batches of one incarnation of an agent are done, and up to which number the agent
// may be told to forget them. A number is acknowledged only when every batch up to it is done.
//
// The first batch that is seen may have any number: a coordinator that was restarted does not know
// what its predecessor acknowledged, and an agent sends the oldest batch that is not acknowledged
// first. After that, numbers must follow each other.
class AckWindow {
 public:
  enum class Arrival {
    kNew,      // begun now
    kPending,  // began earlier, is not done: the acknowledgement will come
    kDone,     // acknowledge again
    kGap,      // a number is missing before it
  };

  Arrival Begin(uint64_t sequence);

  // The batch is stored (or holds nothing to store).
  void Done(uint64_t sequence);

  // The batch will not be stored from this copy: the agent sends it again.
  void Forget(uint64_t sequence);

  // Everything up to this number may be forgotten by the agent; 0 when nothing.
  uint64_t acknowledged() const { return seen_any_ ? acknowledged_ : 0; }

  size_t pending() const { return pending_.size(); }

 private:
  bool seen_any_ = false;
  uint64_t acknowledged_ = 0;
  std::set<uint64_t> pending_;
  std::set<uint64_t> done_;  // beyond acknowledged_
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_ACK_WINDOW_H_
