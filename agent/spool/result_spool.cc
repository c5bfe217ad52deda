#include "agent/spool/result_spool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/spool/spooled_result.h"
#include "shared/logging.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using shared::MutexLock;

constexpr size_t kMostLines = 5;

void LogFound(const ResultSpoolOptions& options, const SpoolDirectory::Found& found) {
  for (size_t i = 0; i < std::min(found.set_aside.size(), kMostLines); ++i) {
    shared::LogWarn(absl::StrCat("a kept result cannot be used and is set aside: ",
                                 options.directory, "/results/", found.set_aside[i]));
  }
  if (found.set_aside.size() > kMostLines) {
    shared::LogWarn(absl::StrCat("so are ", found.set_aside.size() - kMostLines, " others"));
  }
  if (found.of_other_agents > 0) {
    shared::LogWarn(absl::StrCat(found.of_other_agents, " results in ", options.directory,
                                 " are of another agent and stay there: start it with its --id to"
                                 " deliver them"));
  }
  if (found.left_out > 0) {
    shared::LogWarn(absl::StrCat(found.left_out, " more results in ", options.directory,
                                 " wait for the next start: this one holds no more at once"));
  }
  if (!found.results.empty()) {
    shared::LogInfo(absl::StrCat(found.results.size(), " results of an earlier start are kept in ",
                                 options.directory, " and will be delivered"));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ResultSpool>> ResultSpool::Open(const ResultSpoolOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<SpoolDirectory> files, SpoolDirectory::Open(options.directory));
  ASSIGN_OR_RETURN(SpoolDirectory::Found found,
                   files->Load(options.agent_id, options.max_results, options.max_bytes));
  LogFound(options, found);
  return std::unique_ptr<ResultSpool>(
      new ResultSpool(options, std::move(files), std::move(found.results)));
}

ResultSpool::ResultSpool(const ResultSpoolOptions& options, std::unique_ptr<SpoolDirectory> files,
                         std::vector<v1::TaskResult> kept)
    : options_(options), kept_(std::move(kept)), files_(std::move(files)) {
  for (const v1::TaskResult& result : kept_) {
    const size_t size = EncodeSpooled(result).size();
    sizes_[result.task_id()] = size;
    bytes_ += size;
  }
  thread_ = std::thread([this] { ThreadMain(); });
}

ResultSpool::~ResultSpool() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void ResultSpool::Keep(v1::TaskResult result) {
  std::string task_id = result.task_id();
  MutexLock lock(&mutex_);
  unsafe_.insert(task_id);
  const auto [it, is_new] = wanted_.insert_or_assign(task_id, std::move(result));
  if (is_new) order_.push_back(std::move(task_id));
  changed_.NotifyAll();
}

void ResultSpool::Forget(const std::vector<std::string>& task_ids) {
  MutexLock lock(&mutex_);
  for (const std::string& task_id : task_ids) {
    unsafe_.erase(task_id);
    if (wanted_.insert_or_assign(task_id, std::nullopt).second) order_.push_back(task_id);
  }
  changed_.NotifyAll();
}

bool ResultSpool::Flush(shared::SteadyTime deadline) {
  MutexLock lock(&mutex_);
  while (!order_.empty() || busy_) {
    if (!changed_.WaitUntil(&mutex_, deadline) && (!order_.empty() || busy_)) return false;
  }
  return true;
}

size_t ResultSpool::unsafe() const {
  MutexLock lock(&mutex_);
  return unsafe_.size();
}

void ResultSpool::ThreadMain() {
  mutex_.Lock();
  while (true) {
    while (order_.empty() && !stopping_) changed_.Wait(&mutex_);
    if (order_.empty()) break;
    const std::string task_id = std::move(order_.front());
    order_.pop_front();
    const auto it = wanted_.find(task_id);
    const std::optional<v1::TaskResult> wanted = std::move(it->second);
    wanted_.erase(it);
    busy_ = true;
    mutex_.Unlock();
    if (wanted.has_value()) {
      Write(task_id, *wanted);
    } else {
      Remove(task_id);
    }
    mutex_.Lock();
    busy_ = false;
    changed_.NotifyAll();
  }
  mutex_.Unlock();
}

void ResultSpool::Write(const std::string& task_id, const v1::TaskResult& result) {
  const std::string bytes = EncodeSpooled(result);
  const auto known = sizes_.find(task_id);
  const size_t before = known == sizes_.end() ? 0 : known->second;
  const bool room = (known != sizes_.end() || sizes_.size() < options_.max_results) &&
                    bytes_ - before + bytes.size() <= options_.max_bytes;
  if (!room) {
    return Complain(absl::StrCat("it is full (", sizes_.size(), " results, ", bytes_, " bytes)"));
  }
  if (const absl::Status status = files_->Write(task_id, bytes); !status.ok()) {
    return Complain(std::string(status.message()));
  }
  bytes_ = bytes_ - before + bytes.size();
  sizes_[task_id] = bytes.size();
  complained_ = false;
  MutexLock lock(&mutex_);
  // What came in meanwhile is not on disk.
  if (wanted_.count(task_id) == 0) unsafe_.erase(task_id);
}

void ResultSpool::Remove(const std::string& task_id) {
  const auto known = sizes_.find(task_id);
  if (known == sizes_.end()) return;
  // A file that stays is sent again after the next start, and is known there.
  if (const absl::Status status = files_->Remove(task_id); !status.ok()) {
    return Complain(std::string(status.message()));
  }
  bytes_ -= known->second;
  sizes_.erase(known);
}

void ResultSpool::Complain(const std::string& problem) {
  if (std::exchange(complained_, true)) return;
  shared::LogWarn(absl::StrCat("results are not kept in ", options_.directory, ": ", problem,
                               "; they are in memory only until this is over"));
}

}  // namespace smokemesh::agent
