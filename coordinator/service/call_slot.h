#ifndef SMOKEMESH_COORDINATOR_SERVICE_CALL_SLOT_H_
#define SMOKEMESH_COORDINATOR_SERVICE_CALL_SLOT_H_

#include <atomic>
#include <memory>
#include <utility>

namespace smokemesh::coordinator {

// One of a limited number of calls; free again when it is destroyed. Thread-safe.
class CallSlot {
 public:
  // Null when `limit` slots are taken.
  static std::shared_ptr<CallSlot> Take(std::shared_ptr<std::atomic<int>> taken, int limit) {
    if (taken->fetch_add(1) >= limit) {
      taken->fetch_sub(1);
      return nullptr;
    }
    return std::shared_ptr<CallSlot>(new CallSlot(std::move(taken)));
  }

  ~CallSlot() { taken_->fetch_sub(1); }
  CallSlot(const CallSlot&) = delete;
  CallSlot& operator=(const CallSlot&) = delete;

 private:
  explicit CallSlot(std::shared_ptr<std::atomic<int>> taken) : taken_(std::move(taken)) {}

  const std::shared_ptr<std::atomic<int>> taken_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SERVICE_CALL_SLOT_H_
