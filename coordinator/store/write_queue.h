#ifndef SMOKEMESH_COORDINATOR_STORE_WRITE_QUEUE_H_
#define SMOKEMESH_COORDINATOR_STORE_WRITE_QUEUE_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/store/run_store.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// A write that waits for its commit: either PutRun or AppendResults.
struct StoreWrite {
  std::optional<StoredRun> run;
  std::vector<v1::TaskResult> results;
  RunStore::Done done;
  absl::Status status;  // not OK: refused, there is nothing to write
  size_t bytes = 0;     // about
};

// The queue and the thread of a store's writes: carries them out in order, as many in one commit as
// have come in meanwhile. Thread-safe.
class WriteQueue {
 public:
  // Carries out those of the writes that are not refused in one transaction: all or nothing. Puts a
  // refusal by the rules of RunStore into the write's own status, which changes nothing for the
  // others. OK only after the commit. UNKNOWN: it may have been committed; the same batch is then
  // carried out again until that is known, because who is told of a failure would act on it. Called
  // by the queue's thread.
  using Commit = std::function<absl::Status(std::vector<StoreWrite>* batch)>;

  explicit WriteQueue(Commit commit);

  // Carries out what is queued, up to the first commit that fails; the rest is answered alike.
  ~WriteQueue();

  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // As RunStore promises it.
  void PutRun(StoredRun run, RunStore::Done done);
  void AppendResults(std::vector<v1::TaskResult> results, RunStore::Done done);

 private:
  void Add(StoreWrite write) ABSL_LOCKS_EXCLUDED(mutex_);
  bool NextBatch(std::vector<StoreWrite>* batch, bool* stopping) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CommitForCertain(std::vector<StoreWrite>* batch,
                                const std::vector<absl::Status>& before);
  // False, at once, when the store closes.
  bool Pause() ABSL_LOCKS_EXCLUDED(mutex_);
  void Run();

  const Commit commit_;
  shared::Mutex mutex_;
  shared::CondVar wake_;
  std::deque<StoreWrite> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_WRITE_QUEUE_H_
