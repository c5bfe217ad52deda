#ifndef SMOKEMESH_AGENT_SPOOL_RESULT_SPOOL_H_
#define SMOKEMESH_AGENT_SPOOL_RESULT_SPOOL_H_

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/spool/spool_directory.h"
#include "shared/clock.h"
#include "shared/mutex.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

struct ResultSpoolOptions {
  std::string directory;
  // Whose results are kept here.
  std::string agent_id;
  // Most that is kept. Above the bounds of the session's buffer, which accepts no more work long
  // before: only results that nobody takes away get near them. All that an earlier start left
  // is held in memory, too, and named in one Hello.
  size_t max_results = 2048;
  size_t max_bytes = 32 * 1024 * 1024;
};

// Keeps results that are not acknowledged where they survive the end of the process: kill -9 right
// after a task has ended loses its result only while it is being written, which is the next thing
// that happens. The work is done by a thread of its own, in the order in which it comes in, so that
// a slow disk stops no heartbeat; a result may therefore be sent before it is on disk. That makes
// it no less safe: the time in which a kill costs it is the same.
//
// A full spool, or a disk that refuses, costs only this protection: it is logged, once until it is
// over, and what is in memory is delivered as without a spool. Thread-safe.
class ResultSpool {
 public:
  // Reads what an earlier start left. Errors as of SpoolDirectory::Open.
  static absl::StatusOr<std::unique_ptr<ResultSpool>> Open(const ResultSpoolOptions& options);

  // Waits for the disk until all that was asked for is done.
  ~ResultSpool();
  ResultSpool(const ResultSpool&) = delete;
  ResultSpool& operator=(const ResultSpool&) = delete;

  // What an earlier start left, oldest first. Once.
  std::vector<v1::TaskResult> TakeKept() { return std::move(kept_); }

  // Keeps a result, instead of what was kept of its task before.
  void Keep(v1::TaskResult result) ABSL_LOCKS_EXCLUDED(mutex_);

  // The results of these tasks are delivered.
  void Forget(const std::vector<std::string>& task_ids) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until all that was asked for is done. False when `deadline` came first.
  bool Flush(shared::SteadyTime deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  // Results that were to be kept and are not on disk.
  size_t unsafe() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  ResultSpool(const ResultSpoolOptions& options, std::unique_ptr<SpoolDirectory> files,
              std::vector<v1::TaskResult> kept);

  void ThreadMain() ABSL_LOCKS_EXCLUDED(mutex_);
  // These do what was asked for one task. Thread only.
  void Write(const std::string& task_id, const v1::TaskResult& result) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remove(const std::string& task_id) ABSL_LOCKS_EXCLUDED(mutex_);
  void Complain(const std::string& problem);

  const ResultSpoolOptions options_;
  std::vector<v1::TaskResult> kept_;

  // Thread only.
  const std::unique_ptr<SpoolDirectory> files_;
  std::map<std::string, size_t> sizes_;  // of what is on disk, by task
  size_t bytes_ = 0;
  bool complained_ = false;

  mutable shared::Mutex mutex_;
  shared::CondVar changed_;
  // What is to be done for a task: write this, or remove what is there. What comes in for a task
  // that waits replaces it: a result that is acknowledged at once never gets to the disk.
  std::map<std::string, std::optional<v1::TaskResult>> wanted_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> order_ ABSL_GUARDED_BY(mutex_);  // of `wanted_`, oldest first
  std::set<std::string> unsafe_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SPOOL_RESULT_SPOOL_H_
