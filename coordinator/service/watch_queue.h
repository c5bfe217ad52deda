#ifndef SMOKEMESH_COORDINATOR_SERVICE_WATCH_QUEUE_H_
#define SMOKEMESH_COORDINATOR_SERVICE_WATCH_QUEUE_H_

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// What a watcher still has to be told. A watcher that is slow misses steps in between, never the
// newest state: a later event about the same check, or a later verdict, takes the place of the one
// that waits, and a whole run of all. So it never holds more than one event for each check, and
// two. Not thread-safe.
class WatchQueue {
 public:
  using Event = std::shared_ptr<const v1::WatchRunResponse>;

  void Push(Event event);
  // Null when nothing waits.
  Event Pop();
  bool empty() const { return order_.empty(); }

 private:
  std::deque<std::string> order_;  // keys of `waiting_`, the oldest first
  std::map<std::string, Event> waiting_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SERVICE_WATCH_QUEUE_H_
