#include "agent/session/task_book.h"

namespace smokemesh::agent {

void TaskBook::Begin(const std::string& id) {
  if (running_.emplace(id, Phase::kRunning).second) running_id_bytes_ += id.size();
}

void TaskBook::Reject(const std::string& id) { Erase(id); }

bool TaskBook::Finish(const std::string& id) {
  Erase(id);
  if (!finished_.insert(id).second) return false;
  finished_order_.push_back(id);
  if (finished_order_.size() > max_finished_) {
    finished_.erase(finished_order_.front());
    finished_order_.pop_front();
  }
  return true;
}

bool TaskBook::Arrive(const std::string& id) {
  const auto it = running_.find(id);
  if (it == running_.end() || it->second == Phase::kReleased) return false;
  it->second = Phase::kAtBarrier;
  return true;
}

bool TaskBook::Release(const std::string& id) {
  const auto it = running_.find(id);
  if (it == running_.end() || it->second == Phase::kReleased) return false;
  it->second = Phase::kReleased;
  return true;
}

std::vector<std::string> TaskBook::Running() const {
  std::vector<std::string> ids;
  for (const auto& [id, phase] : running_) ids.push_back(id);
  return ids;
}

std::vector<std::string> TaskBook::AtBarrier() const {
  std::vector<std::string> ids;
  for (const auto& [id, phase] : running_) {
    if (phase == Phase::kAtBarrier) ids.push_back(id);
  }
  return ids;
}

void TaskBook::Erase(const std::string& id) {
  if (running_.erase(id) > 0) running_id_bytes_ -= id.size();
}

}  // namespace smokemesh::agent
