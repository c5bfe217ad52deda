#ifndef SMOKEMESH_COORDINATOR_SERVICE_WATCH_STREAM_H_
#define SMOKEMESH_COORDINATOR_SERVICE_WATCH_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "coordinator/access/callers.h"
#include "coordinator/service/call_slot.h"
#include "coordinator/service/run_control.h"
#include "coordinator/service/watch_queue.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// One WatchRun stream. It owns itself until OnDone. Every operation is started in Advance, under
// the mutex: gRPC aborts the process on a second write in flight.
class WatchStream final : public grpc::ServerWriteReactor<v1::WatchRunResponse>,
                          public RunWatcher,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  static std::shared_ptr<WatchStream> Start(std::shared_ptr<CallSlot> slot);

  explicit WatchStream(std::shared_ptr<CallSlot> slot) : slot_(std::move(slot)) {}

  // Ends the stream when `caller` may not go on. Once, before the stream is handed to gRPC.
  void EndWith(Callers* callers, const Caller& caller) ABSL_LOCKS_EXCLUDED(mutex_);

  void OnEvent(std::shared_ptr<const v1::WatchRunResponse> event) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  void OnEnd(absl::Status status) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCancel() override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnDone() override ABSL_LOCKS_EXCLUDED(mutex_);

  // Writes what waits; finishes when the end is known and nothing waits.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The client is gone.
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<CallSlot> slot_;
  shared::Mutex mutex_;
  WatchQueue queue_ ABSL_GUARDED_BY(mutex_);
  WatchQueue::Event writing_ ABSL_GUARDED_BY(mutex_);  // null: no write in flight
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<CallerWatch> caller_watch_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<WatchStream> self_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SERVICE_WATCH_STREAM_H_
