#include "tests/simulation/fake_store.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <utility>

namespace smokemesh::testing {
namespace {

using coordinator::Lease;
using coordinator::ManifestPair;
using coordinator::StoredRun;
using shared::Duration;
using shared::SteadyTime;

bool SameEnd(const v1::Run& a, const v1::Run& b) {
  // Not by their bytes alone: map fields have no order in them.
  return a.SerializeAsString() == b.SerializeAsString() ||
         google::protobuf::util::MessageDifferencer::Equals(a, b);
}

// Whether `next` is `before` but for pairs that were given to other agents.
bool IsSameManifest(const std::vector<ManifestPair>& before,
                    const std::vector<ManifestPair>& next) {
  return before.size() == next.size() &&
         std::equal(
             before.begin(), before.end(), next.begin(),
             [](const ManifestPair& a, const ManifestPair& b) { return a.check == b.check; });
}

}  // namespace

bool FakeStore::IsFenced(uint64_t epoch, bool is_final) const {
  if (mutant_ == Mutant::kNoEpochInWrites) return false;
  if (mutant_ == Mutant::kSecondVerdictOverwrites && is_final) return false;
  return epoch != epoch_;
}

absl::Status FakeStore::PutRun(StoredRun run, uint64_t epoch) {
  if (IsFenced(epoch, run.final_run.has_value())) {
    return absl::AbortedError("another coordinator has taken over");
  }
  if (epoch != epoch_ && mutant_ != Mutant::kSecondVerdictOverwrites) {
    Violate("wrote " + run.run_id + " with an epoch that is over");
  }
  const auto it = runs_.find(run.run_id);
  if (it == runs_.end()) {
    std::string run_id = run.run_id;
    runs_.emplace(std::move(run_id), std::move(run));
    return absl::OkStatus();
  }
  StoredRun& stored = it->second;
  if (stored.final_run.has_value() && mutant_ != Mutant::kSecondVerdictOverwrites) {
    const bool same = run.final_run.has_value() && SameEnd(*run.final_run, *stored.final_run);
    return same ? absl::OkStatus() : absl::FailedPreconditionError("the run has ended otherwise");
  }
  if (stored.has_manifest &&
      (!run.has_manifest || !IsSameManifest(stored.manifest, run.manifest))) {
    Violate("the manifest of " + run.run_id + " changed");
  }
  stored.has_manifest = run.has_manifest;
  stored.manifest = std::move(run.manifest);
  stored.cancel_reason = std::move(run.cancel_reason);
  if (run.final_run.has_value()) stored.final_run = std::move(run.final_run);
  return absl::OkStatus();
}

absl::Status FakeStore::AppendResults(const std::vector<v1::TaskResult>& results, uint64_t epoch) {
  if (IsFenced(epoch, false)) return absl::AbortedError("another coordinator has taken over");
  if (epoch != epoch_) Violate("stored results with an epoch that is over");
  for (const v1::TaskResult& result : results) {
    const auto it = runs_.find(result.run_id());
    if (it == runs_.end()) continue;
    if (FindResult(result.run_id(), result.check(), result.agent_id(), result.attempt()) !=
        nullptr) {
      if (mutant_ != Mutant::kCountsDuplicates) continue;
      Violate("a result is stored twice: " + result.task_id());
    }
    it->second.results.push_back(result);
  }
  return absl::OkStatus();
}

Lease FakeStore::Current(SteadyTime now) const {
  return {epoch_, holder_, address_, epoch_ == 0 ? Duration(0) : lease_until_ - now};
}

Lease FakeStore::Acquire(const std::string& holder, const std::string& address, Duration ttl,
                         SteadyTime now, SteadyTime caller) {
  const bool by_caller = mutant_ == Mutant::kLeaseByLocalClock;
  const bool free = epoch_ == 0 || (by_caller ? caller_until_ <= caller : lease_until_ <= now);
  if (!free) return Current(now);
  if (epoch_ != 0 && lease_until_ > now) Violate("the lease was taken from one who held it");
  ++epoch_;
  holder_ = holder;
  address_ = address;
  lease_until_ = now + ttl;
  caller_until_ = caller + ttl;
  return Current(now);
}

Lease FakeStore::Renew(uint64_t epoch, Duration ttl, SteadyTime now) {
  if (epoch == epoch_) lease_until_ = now + ttl;
  return Current(now);
}

void FakeStore::Release(uint64_t epoch, SteadyTime now) {
  if (epoch == epoch_) lease_until_ = now;
}

const StoredRun* FakeStore::Find(const std::string& run_id) const {
  const auto it = runs_.find(run_id);
  return it == runs_.end() ? nullptr : &it->second;
}

std::vector<StoredRun> FakeStore::OpenRuns() const {
  std::vector<StoredRun> open;
  for (const auto& [run_id, run] : runs_) {
    if (!run.final_run.has_value()) open.push_back(run);
  }
  return open;
}

const v1::TaskResult* FakeStore::FindResult(const std::string& run_id, const std::string& check,
                                            const std::string& agent_id, int attempt) const {
  const StoredRun* run = Find(run_id);
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
  const StoredRun* run = Find(run_id);
  if (run == nullptr) return nullptr;
  for (const v1::TaskResult& result : run->results) {
    if (result.check() == check && result.agent_id() == agent_id) return &result;
  }
  return nullptr;
}

}  // namespace smokemesh::testing
