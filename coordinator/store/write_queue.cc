#include "coordinator/store/write_queue.h"

#include <chrono>
#include <utility>

#include "shared/failpoint.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

// One commit takes as much as is there, up to these.
constexpr size_t kMaxRowsPerCommit = 1000;
constexpr size_t kMaxBytesPerCommit = size_t{8} << 20;
// Writes that wait beyond this are refused: the store does not keep up.
constexpr size_t kMaxQueuedBytes = size_t{256} << 20;
// Between two tries to find out what became of a commit.
constexpr auto kPause = std::chrono::milliseconds(250);

}  // namespace

WriteQueue::WriteQueue(Commit commit) : commit_(std::move(commit)), thread_([this] { Run(); }) {}

WriteQueue::~WriteQueue() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  thread_.join();
}

void WriteQueue::PutRun(StoredRun run, RunStore::Done done) {
  StoreWrite write;
  write.bytes = run.request.ByteSizeLong() + (run.final_run ? run.final_run->ByteSizeLong() : 0);
  write.run = std::move(run);
  write.done = std::move(done);
  Add(std::move(write));
}

void WriteQueue::AppendResults(std::vector<v1::TaskResult> results, RunStore::Done done) {
  StoreWrite write;
  for (const v1::TaskResult& result : results) write.bytes += result.ByteSizeLong();
  write.results = std::move(results);
  write.done = std::move(done);
  Add(std::move(write));
}

void WriteQueue::Add(StoreWrite write) {
  MutexLock lock(&mutex_);
  if (queued_bytes_ + write.bytes > kMaxQueuedBytes) {
    // Stays in line without its content, so that `done` is called in order and on our thread.
    write.run.reset();
    write.results.clear();
    write.bytes = 0;
    write.status =
        absl::UnavailableError("the store does not keep up: too many writes wait to be stored");
  }
  queued_bytes_ += write.bytes;
  queue_.push_back(std::move(write));
  wake_.NotifyOne();
}

// Takes what waits, at most one commit's worth. False when the store closes.
bool WriteQueue::NextBatch(std::vector<StoreWrite>* batch, bool* stopping) {
  batch->clear();
  MutexLock lock(&mutex_);
  while (queue_.empty() && !stopping_) wake_.Wait(&mutex_);
  *stopping = stopping_;
  size_t rows = 0;
  size_t bytes = 0;
  while (!queue_.empty() && rows < kMaxRowsPerCommit && bytes < kMaxBytesPerCommit) {
    rows += 1 + queue_.front().results.size();
    bytes += queue_.front().bytes;
    queued_bytes_ -= queue_.front().bytes;
    batch->push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !batch->empty();
}

bool WriteQueue::Pause() {
  MutexLock lock(&mutex_);
  const auto end = std::chrono::steady_clock::now() + kPause;
  while (!stopping_ && wake_.WaitUntil(&mutex_, end)) {
  }
  return !stopping_;
}

absl::Status WriteQueue::CommitForCertain(std::vector<StoreWrite>* batch,
                                          const std::vector<absl::Status>& before) {
  absl::Status committed = commit_(batch);
  if (!absl::IsUnknown(committed)) return committed;
  // While the store does not answer, it says nothing about the first try either.
  while (absl::IsUnknown(committed) || absl::IsUnavailable(committed)) {
    if (!Pause()) return absl::UnavailableError(committed.message());
    for (size_t i = 0; i < batch->size(); ++i) (*batch)[i].status = before[i];
    committed = commit_(batch);
  }
  return committed;
}

void WriteQueue::Run() {
  std::vector<StoreWrite> batch;
  absl::Status last;  // how the last commit ended since the store closes
  bool stopping = false;
  while (NextBatch(&batch, &stopping)) {
    std::vector<absl::Status> before;
    for (const StoreWrite& write : batch) before.push_back(write.status);
    const absl::Status committed = stopping && !last.ok() ? last : CommitForCertain(&batch, before);
    if (stopping) last = committed;
    if (committed.ok()) SMOKEMESH_FAILPOINT("after_commit");
    for (size_t i = 0; i < batch.size(); ++i) {
      StoreWrite& write = batch[i];
      // What was found out in a transaction that was undone may be true no more.
      if (!committed.ok()) write.status = before[i].ok() ? committed : before[i];
      write.done(write.status);
      write.done = nullptr;
    }
  }
}

}  // namespace smokemesh::coordinator
