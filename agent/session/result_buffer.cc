#include "agent/session/result_buffer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/executor/result_limits.h"

namespace smokemesh::agent {
namespace {

// A result that is smaller is not what made a message too large.
constexpr size_t kLargeResultBytes = 4096;

}  // namespace

void ResultBuffer::Add(v1::TaskResult result) {
  bytes_ += result.ByteSizeLong();
  id_bytes_ += result.task_id().size();
  fresh_.push_back(std::move(result));
}

const v1::Results* ResultBuffer::TakeNext() {
  if (unsent_ == batches_.size()) {
    if (fresh_.empty()) return nullptr;
    Batch& batch = batches_.emplace_back();
    batch.results.set_sequence(++last_sequence_);
    while (!fresh_.empty() && batch.results.results_size() < options_.max_batch_results) {
      const size_t bytes = fresh_.front().ByteSizeLong();
      if (batch.bytes > 0 && batch.bytes + bytes > options_.max_batch_bytes) break;
      batch.bytes += bytes;
      batch.id_bytes += fresh_.front().task_id().size();
      *batch.results.add_results() = std::move(fresh_.front());
      fresh_.pop_front();
    }
  }
  return &batches_[unsent_++].results;
}

absl::Status ResultBuffer::Ack(uint64_t up_to_sequence) {
  if (up_to_sequence > last_sequence_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the coordinator acknowledged batch ", up_to_sequence,
                     ", but the last one that was sent is ", last_sequence_));
  }
  while (!batches_.empty() && batches_.front().results.sequence() <= up_to_sequence) {
    bytes_ -= batches_.front().bytes;
    id_bytes_ -= batches_.front().id_bytes;
    batches_.pop_front();
    if (unsent_ > 0) --unsent_;
  }
  return absl::OkStatus();
}

int ResultBuffer::StripSent() {
  int stripped = 0;
  for (size_t i = 0; i < unsent_; ++i) {
    Batch& batch = batches_[i];
    for (v1::TaskResult& result : *batch.results.mutable_results()) {
      const size_t before = result.ByteSizeLong();
      if (before < kLargeResultBytes) continue;
      StripEvidence(&result);
      const size_t saved = before - std::min(before, result.ByteSizeLong());
      batch.bytes -= saved;
      bytes_ -= saved;
      ++stripped;
    }
  }
  return stripped;
}

std::vector<std::string> ResultBuffer::TaskIds() const {
  std::vector<std::string> ids;
  for (const Batch& batch : batches_) {
    for (const v1::TaskResult& result : batch.results.results()) ids.push_back(result.task_id());
  }
  for (const v1::TaskResult& result : fresh_) ids.push_back(result.task_id());
  return ids;
}

}  // namespace smokemesh::agent
