#include "coordinator/service/watch_queue.h"

#include <utility>

namespace smokemesh::coordinator {
namespace {

// What an event is about.
std::string KeyOf(const v1::WatchRunResponse& event) {
  switch (event.event_case()) {
    case v1::WatchRunResponse::kCheck:
      return "check " + event.check().name();
    case v1::WatchRunResponse::kVerdict:
      return "verdict";
    case v1::WatchRunResponse::kRun:
    case v1::WatchRunResponse::EVENT_NOT_SET:
      break;
  }
  return "run";
}

}  // namespace

void WatchQueue::Push(Event event) {
  if (event->has_run()) {
    order_.clear();
    waiting_.clear();
  }
  std::string key = KeyOf(*event);
  const auto [place, is_new] = waiting_.insert_or_assign(key, std::move(event));
  if (is_new) order_.push_back(std::move(key));
}

WatchQueue::Event WatchQueue::Pop() {
  if (order_.empty()) return nullptr;
  auto node = waiting_.extract(order_.front());
  order_.pop_front();
  return std::move(node.mapped());
}

}  // namespace smokemesh::coordinator
