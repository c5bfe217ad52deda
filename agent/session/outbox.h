#ifndef SMOKEMESH_AGENT_SESSION_OUTBOX_H_
#define SMOKEMESH_AGENT_SESSION_OUTBOX_H_

#include <cstddef>
#include <deque>
#include <optional>

#include "agent/session/result_buffer.h"
#include "smokemesh/v1/agent_session.pb.h"

namespace smokemesh::agent {

// Decides what goes out next on a stream, one message at a time: while one is being written there
// is no next. gRPC aborts the process at a second write, so nothing else may write. Short messages
// go ahead of results: a heartbeat must not wait behind a megabyte. Not thread-safe.
class Outbox {
 public:
  // What to do with the stream now.
  struct Next {
    v1::ConnectRequest message;
    bool half_close = false;  // instead of a message: nothing follows
  };

  // `results` is not owned and must outlive this.
  explicit Outbox(ResultBuffer* results) : results_(results) {}

  // Forgets the old stream: what was queued for it is gone, results are to be sent again.
  void Reset();

  // Queues a message that goes ahead of results.
  void Push(v1::ConnectRequest message);

  // Lets results out: the coordinator has said Welcome.
  void ReleaseResults() { results_released_ = true; }

  // Ends the agent's side of the stream after what is queued; results are held back.
  void Close() { closing_ = true; }

  // The next thing to write, which from then on is in flight; nothing when something is in flight
  // already or nothing is to be sent.
  std::optional<Next> TakeNext();

  // What was in flight has been written.
  void WriteDone() { in_flight_ = false; }

  bool in_flight() const { return in_flight_; }
  // Messages that wait to go ahead of results, and their bytes.
  size_t urgent() const { return urgent_.size(); }
  size_t urgent_bytes() const { return urgent_bytes_; }

 private:
  ResultBuffer* const results_;
  std::deque<v1::ConnectRequest> urgent_;
  size_t urgent_bytes_ = 0;
  bool results_released_ = false;
  bool closing_ = false;
  bool closed_ = false;
  bool in_flight_ = false;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SESSION_OUTBOX_H_
