#include "coordinator/service/watch_stream.h"

#include <utility>

#include "shared/grpc_support/grpc_status.h"

namespace smokemesh::coordinator {

using shared::MutexLock;

std::shared_ptr<WatchStream> WatchStream::Start(std::shared_ptr<CallSlot> slot) {
  auto stream = std::make_shared<WatchStream>(std::move(slot));
  MutexLock lock(&stream->mutex_);
  stream->self_ = stream;
  return stream;
}

void WatchStream::EndWith(Callers* callers, const Caller& caller) {
  std::unique_ptr<CallerWatch> watch =
      callers->WatchCaller(caller, [weak = weak_from_this()](absl::Status status) {
        const std::shared_ptr<WatchStream> stream = weak.lock();
        if (stream != nullptr) stream->OnEnd(std::move(status));
      });
  MutexLock lock(&mutex_);
  caller_watch_ = std::move(watch);
}

void WatchStream::OnEvent(std::shared_ptr<const v1::WatchRunResponse> event) {
  MutexLock lock(&mutex_);
  if (end_.has_value()) return;
  queue_.Push(std::move(event));
  Advance();
}

void WatchStream::OnEnd(absl::Status status) {
  MutexLock lock(&mutex_);
  if (!end_.has_value()) end_ = std::move(status);
  Advance();
}

void WatchStream::OnWriteDone(bool ok) {
  MutexLock lock(&mutex_);
  writing_ = nullptr;
  if (!ok) Abandon();
  Advance();
}

void WatchStream::OnCancel() {
  MutexLock lock(&mutex_);
  Abandon();
  Advance();
}

void WatchStream::OnDone() {
  std::shared_ptr<WatchStream> self;
  MutexLock lock(&mutex_);
  // The last owner may be this call: the lock must be gone before.
  self = std::move(self_);
  caller_watch_.reset();
}

void WatchStream::Abandon() {
  queue_ = WatchQueue();
  end_ = absl::CancelledError("the client is gone");
}

void WatchStream::Advance() {
  if (finished_ || writing_ != nullptr) return;
  writing_ = queue_.Pop();
  if (writing_ != nullptr) {
    StartWrite(writing_.get());
  } else if (end_.has_value()) {
    finished_ = true;
    Finish(shared::ToGrpcStatus(*end_));
  }
}

}  // namespace smokemesh::coordinator
