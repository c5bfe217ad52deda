#include "agent/session/result_buffer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/executor/result_limits.h"

namespace smokemesh::agent {
namespace {

// What a message has besides its results: kind, length, sequence number.
constexpr size_t kFrameBytes = 32;
// Batches do not get smaller than this for a refusal, single results aside.
constexpr size_t kLeastBatchBytes = 4096;

size_t MessageBytes(const v1::Results& results) { return results.ByteSizeLong() + kFrameBytes; }

}  // namespace

void ResultBuffer::Add(v1::TaskResult result) {
  bytes_ += result.ByteSizeLong();
  id_bytes_ += result.task_id().size();
  fresh_.push_back(std::move(result));
}

const v1::Results* ResultBuffer::TakeNext() {
  // One batch always goes, however long it is.
  if (unsent_ >= options_.max_unacked_batches ||
      (unsent_ > 0 && unacked_bytes_ >= options_.max_unacked_bytes)) {
    return nullptr;
  }
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
  unacked_bytes_ += batches_[unsent_].bytes;
  return &batches_[unsent_++].results;
}

absl::StatusOr<std::vector<std::string>> ResultBuffer::Ack(uint64_t up_to_sequence) {
  if (up_to_sequence > last_sequence_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the coordinator acknowledged batch ", up_to_sequence,
                     ", but the last one that was sent is ", last_sequence_));
  }
  std::vector<std::string> forgotten;
  while (!batches_.empty() && batches_.front().results.sequence() <= up_to_sequence) {
    Batch& batch = batches_.front();
    for (v1::TaskResult& result : *batch.results.mutable_results()) {
      forgotten.push_back(std::move(*result.mutable_task_id()));
    }
    bytes_ -= batch.bytes;
    id_bytes_ -= batch.id_bytes;
    if (unsent_ > 0) {
      --unsent_;
      unacked_bytes_ -= batch.bytes;
    }
    batches_.pop_front();
  }
  return forgotten;
}

void ResultBuffer::Rewind() {
  unsent_ = 0;
  unacked_bytes_ = 0;
}

void ResultBuffer::Divide(size_t limit, Batch* batch) {
  auto& results = *batch->results.mutable_results();
  while (results.size() > 1 && MessageBytes(batch->results) > limit) {
    v1::TaskResult& last = *results.rbegin();
    const size_t bytes = last.ByteSizeLong();
    batch->bytes -= bytes;
    unacked_bytes_ -= bytes;
    batch->id_bytes -= last.task_id().size();
    fresh_.push_front(std::move(last));
    results.RemoveLast();
  }
}

ResultBuffer::Shrunk ResultBuffer::ShrinkSent(std::optional<size_t> limit) {
  Shrunk shrunk;
  if (!limit.has_value()) {
    size_t largest = 0;
    for (size_t i = 0; i < unsent_; ++i) {
      largest = std::max(largest, MessageBytes(batches_[i].results));
    }
    limit = largest / 2;
  }
  // From the last one, so that what goes back to `fresh_` keeps its order.
  for (size_t i = unsent_; i-- > 0;) {
    Batch& batch = batches_[i];
    if (MessageBytes(batch.results) <= *limit) continue;
    if (batch.results.results_size() > 1) {
      Divide(*limit, &batch);
      options_.max_batch_bytes =
          std::min(options_.max_batch_bytes, std::max(*limit / 2, kLeastBatchBytes));
      shrunk.divided = true;
      continue;
    }
    v1::TaskResult& result = *batch.results.mutable_results(0);
    const size_t before = result.ByteSizeLong();
    if (++batch.refusals == 1) {
      StripEvidence(&result);
      ++shrunk.stripped;
    } else if (batch.refusals == 2) {
      GiveUpResult(&result);
      ++shrunk.given_up;
    } else {
      continue;  // nothing is left to be taken away
    }
    const size_t after = result.ByteSizeLong();
    batch.bytes = batch.bytes - before + after;
    bytes_ = bytes_ - before + after;
    unacked_bytes_ = unacked_bytes_ - before + after;
    shrunk.changed.push_back(&result);
  }
  return shrunk;
}

size_t ResultBuffer::size() const {
  size_t size = fresh_.size();
  for (const Batch& batch : batches_) size += static_cast<size_t>(batch.results.results_size());
  return size;
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
