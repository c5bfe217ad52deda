#ifndef SMOKEMESH_AGENT_SESSION_RESULT_BUFFER_H_
#define SMOKEMESH_AGENT_SESSION_RESULT_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

struct ResultBufferOptions {
  // Results in one batch.
  int max_batch_results = 64;
  // Bytes of results in one batch, unless a single result is longer.
  size_t max_batch_bytes = 200 * 1024;
  // Bytes of results in the buffer above which it is full.
  size_t max_bytes = 8 * 1024 * 1024;
  // Bytes of task identifiers above which it is full: they all go into one Hello.
  size_t max_id_bytes = 96 * 1024;
};

// Keeps results from the end of their task until the coordinator has committed them. Batches are
// numbered from 1 without gaps when they are first taken, and never change their number or their
// results; one incarnation of the agent has one buffer. Not thread-safe.
class ResultBuffer {
 public:
  explicit ResultBuffer(ResultBufferOptions options) : options_(options) {}

  // Takes a result. Never refuses: the task has run. Who hands out tasks asks `full` before.
  void Add(v1::TaskResult result);

  // The next batch to send: first those that a Rewind made unsent again, then a new one from what
  // has come in. Null when all is sent. Valid until the next call that is not const.
  const v1::Results* TakeNext();

  // Forgets the batches up to this number. FAILED_PRECONDITION, and nothing changes, for a number
  // that was never sent.
  absl::Status Ack(uint64_t up_to_sequence);

  // The stream was lost: everything that is not acknowledged is to be sent again.
  void Rewind() { unsent_ = 0; }

  // The coordinator refused a message as too large: takes the evidence out of the large results of
  // all batches that were sent and not acknowledged. Returns the number of results changed.
  int StripSent();

  bool empty() const { return batches_.empty() && fresh_.empty(); }
  bool full() const { return bytes_ >= options_.max_bytes || id_bytes_ >= options_.max_id_bytes; }
  size_t bytes() const { return bytes_; }

  // Identifiers of the tasks whose results are here, oldest first.
  std::vector<std::string> TaskIds() const;

 private:
  struct Batch {
    v1::Results results;
    size_t bytes = 0;
    size_t id_bytes = 0;
  };

  const ResultBufferOptions options_;
  std::deque<Batch> batches_;         // numbered, oldest first
  size_t unsent_ = 0;                 // index of the first batch to send on this stream
  std::deque<v1::TaskResult> fresh_;  // not in a batch yet
  uint64_t last_sequence_ = 0;
  size_t bytes_ = 0;
  size_t id_bytes_ = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SESSION_RESULT_BUFFER_H_
