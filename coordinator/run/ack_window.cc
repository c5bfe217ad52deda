#include "coordinator/run/ack_window.h"

namespace smokemesh::coordinator {

AckWindow::Arrival AckWindow::Begin(uint64_t sequence) {
  if (sequence == 0) return Arrival::kGap;
  if (!seen_any_) {
    seen_any_ = true;
    acknowledged_ = sequence - 1;
  }
  if (sequence <= acknowledged_) return Arrival::kDone;
  if (done_.count(sequence) > 0 || pending_.count(sequence) > 0) return Arrival::kPending;
  const uint64_t before = sequence - 1;
  if (before > acknowledged_ && done_.count(before) == 0 && pending_.count(before) == 0) {
    return Arrival::kGap;
  }
  pending_.insert(sequence);
  return Arrival::kNew;
}

void AckWindow::Done(uint64_t sequence) {
  if (pending_.erase(sequence) == 0) return;
  done_.insert(sequence);
  while (!done_.empty() && *done_.begin() == acknowledged_ + 1) {
    ++acknowledged_;
    done_.erase(done_.begin());
  }
}

void AckWindow::Forget(uint64_t sequence) { pending_.erase(sequence); }

}  // namespace smokemesh::coordinator
