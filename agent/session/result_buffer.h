#ifndef SMOKEMESH_AGENT_SESSION_RESULT_BUFFER_H_
#define SMOKEMESH_AGENT_SESSION_RESULT_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

struct ResultBufferOptions {
  // Results in one batch.
  int max_batch_results = 64;
  // Bytes of results in one batch, unless a single result is longer. A heartbeat waits for the one
  // that is being written: on a way of 10 kB/s still less than the silence that ends a stream.
  size_t max_batch_bytes = 64 * 1024;
  // Sent and not acknowledged: above this, or with so many batches, nothing more is sent. What has
  // been written may sit in buffers on the way, and a heartbeat comes behind it. The number stays
  // below what a coordinator of any version lets wait for its store.
  size_t max_unacked_bytes = 512 * 1024;
  size_t max_unacked_batches = 32;
  // Bytes of results in the buffer above which it is full.
  size_t max_bytes = 8 * 1024 * 1024;
  // Bytes of task identifiers above which it is full: they all go into one Hello.
  size_t max_id_bytes = 96 * 1024;
};

// Keeps results from the end of their task until the coordinator has committed them. Batches are
// numbered from 1 without gaps when they are first taken, and never change their number, nor, but
// for a refusal, their results; one incarnation of the agent has one buffer. Not thread-safe.
class ResultBuffer {
 public:
  // What a refusal changed.
  struct Shrunk {
    int stripped = 0;                            // results that lost their evidence
    int given_up = 0;                            // results that are now ERRORED
    bool divided = false;                        // a batch became smaller ones
    std::vector<const v1::TaskResult*> changed;  // valid until the next call that is not const

    bool nothing() const { return changed.empty() && !divided; }
  };

  explicit ResultBuffer(ResultBufferOptions options) : options_(options) {}

  // Takes a result. Never refuses: the task has run. Who hands out tasks asks `full` before.
  void Add(v1::TaskResult result);

  // The next batch to send: first those that a Rewind made unsent again, then a new one from what
  // has come in. Null when all is sent, or too much is not acknowledged. Valid until the next call
  // that is not const.
  const v1::Results* TakeNext();

  // Forgets the batches up to this number and returns the tasks whose results they held.
  // FAILED_PRECONDITION, and nothing changes, for a number that was never sent.
  absl::StatusOr<std::vector<std::string>> Ack(uint64_t up_to_sequence);

  // The stream was lost: everything that is not acknowledged is to be sent again.
  void Rewind();

  // The coordinator refused a message as too large: one of the batches that were sent and not
  // acknowledged. `limit` is how many bytes it takes, where it says so; otherwise half of the
  // largest batch is tried. Batches above it get smaller by one step: several results are divided;
  // a single one loses its evidence; one that has none left is replaced by a short ERRORED that
  // says what happened, since it would be refused for ever.
  Shrunk ShrinkSent(std::optional<size_t> limit);

  bool empty() const { return batches_.empty() && fresh_.empty(); }
  // `more_id_bytes`: identifiers of tasks that will have a result.
  bool full(size_t more_id_bytes = 0) const {
    return bytes_ >= options_.max_bytes || id_bytes_ + more_id_bytes >= options_.max_id_bytes;
  }
  size_t bytes() const { return bytes_; }
  // Number of results.
  size_t size() const;

  // Identifiers of the tasks whose results are here, oldest first.
  std::vector<std::string> TaskIds() const;

 private:
  struct Batch {
    v1::Results results;
    size_t bytes = 0;
    size_t id_bytes = 0;
    int refusals = 0;  // since it holds a single result
  };

  // Leaves the first result and those that fit into `limit` bytes with it.
  void Divide(size_t limit, Batch* batch);

  ResultBufferOptions options_;
  std::deque<Batch> batches_;         // numbered, oldest first
  size_t unsent_ = 0;                 // index of the first batch to send on this stream
  size_t unacked_bytes_ = 0;          // of the batches before it
  std::deque<v1::TaskResult> fresh_;  // not in a batch yet
  uint64_t last_sequence_ = 0;
  size_t bytes_ = 0;
  size_t id_bytes_ = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SESSION_RESULT_BUFFER_H_
