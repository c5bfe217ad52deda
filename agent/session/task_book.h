#ifndef SMOKEMESH_AGENT_SESSION_TASK_BOOK_H_
#define SMOKEMESH_AGENT_SESSION_TASK_BOOK_H_

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace smokemesh::agent {

// The tasks that a session knows: those that run, how far they are with the barrier of their flow,
// and the latest that have a result, so that a late duplicate is not run again. Not thread-safe.
class TaskBook {
 public:
  // `max_finished`: how many finished tasks are remembered.
  explicit TaskBook(size_t max_finished) : max_finished_(max_finished) {}

  // The task runs, or is remembered as finished.
  bool Knows(const std::string& id) const { return running_.count(id) > 0 || IsFinished(id); }
  bool IsFinished(const std::string& id) const { return finished_.count(id) > 0; }

  void Begin(const std::string& id);
  // It never began: as if it had not been heard of.
  void Reject(const std::string& id);
  // It has its result. False when it had one before.
  bool Finish(const std::string& id);

  // It has come to its barrier. False when that needs no saying: it does not run, or has its Go.
  bool Arrive(const std::string& id);
  // It has its Go. False when it does not run, or had it before.
  bool Release(const std::string& id);

  bool nothing_runs() const { return running_.empty(); }
  // Bytes of the identifiers of tasks that run.
  size_t running_id_bytes() const { return running_id_bytes_; }
  // Identifiers, sorted.
  std::vector<std::string> Running() const;
  // Those that are at their barrier and have no Go.
  std::vector<std::string> AtBarrier() const;

 private:
  enum class Phase { kRunning, kAtBarrier, kReleased };

  void Erase(const std::string& id);

  const size_t max_finished_;
  std::map<std::string, Phase> running_;  // accepted, no result yet
  size_t running_id_bytes_ = 0;
  std::set<std::string> finished_;          // the latest that have a result
  std::deque<std::string> finished_order_;  // the same, oldest first
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SESSION_TASK_BOOK_H_
