#include "tests/simulation/fake_store.h"

namespace smokemesh::testing {

absl::Status FakeStore::PutRun(const coordinator::StoredRun& run) {
  const auto [it, is_new] = runs_.try_emplace(run.run_id, run);
  if (is_new) return absl::OkStatus();
  coordinator::StoredRun& stored = it->second;
  if (stored.final_run.has_value()) {
    const bool same = run.final_run.has_value() &&
                      run.final_run->SerializeAsString() == stored.final_run->SerializeAsString();
    return same ? absl::OkStatus() : absl::FailedPreconditionError("the run has ended otherwise");
  }
  stored.has_manifest = run.has_manifest;
  stored.manifest = run.manifest;
  stored.cancel_reason = run.cancel_reason;
  stored.final_run = run.final_run;
  return absl::OkStatus();
}

void FakeStore::AppendResults(const std::vector<v1::TaskResult>& results) {
  for (const v1::TaskResult& result : results) {
    if (FindResult(result.run_id(), result.check(), result.agent_id(), result.attempt()) !=
        nullptr) {
      continue;
    }
    const auto it = runs_.find(result.run_id());
    if (it != runs_.end()) it->second.results.push_back(result);
  }
}

const coordinator::StoredRun* FakeStore::Find(const std::string& run_id) const {
  const auto it = runs_.find(run_id);
  return it == runs_.end() ? nullptr : &it->second;
}

std::vector<coordinator::StoredRun> FakeStore::OpenRuns() const {
  std::vector<coordinator::StoredRun> open;
  for (const auto& [run_id, run] : runs_) {
    if (!run.final_run.has_value()) open.push_back(run);
  }
  return open;
}

const v1::TaskResult* FakeStore::FindResult(const std::string& run_id, const std::string& check,
                                            const std::string& agent_id, int attempt) const {
  const coordinator::StoredRun* run = Find(run_id);
  if (run == nullptr) return nullptr;
  for (const v1::TaskResult& result : run->results) {
    if (result.check() == check && result.agent_id() == agent_id && result.attempt() == attempt) {
      return &result;
    }
  }
  return nullptr;
}

const v1::TaskResult* FakeStore::FirstResult(const std::string& run_id, const std::string& check,
                                             const std::string& agent_id) const {
  const coordinator::StoredRun* run = Find(run_id);
  if (run == nullptr) return nullptr;
  for (const v1::TaskResult& result : run->results) {
    if (result.check() == check && result.agent_id() == agent_id) return &result;
  }
  return nullptr;
}

}  // namespace smokemesh::testing
