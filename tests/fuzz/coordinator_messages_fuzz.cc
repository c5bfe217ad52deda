// Whatever a coordinator sends on the stream, in pieces of two bytes of length and the message: the
// agent lives, writes one message at a time, and loses no result.
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>
#include <variant>

#include "agent/session/session_core.h"
#include "tests/fuzz/input.h"

namespace {

using namespace smokemesh::agent;  // NOLINT(google-build-using-namespace): own file
namespace shared = smokemesh::shared;
namespace v1 = smokemesh::v1;

SessionCoreOptions Options() {
  SessionCoreOptions options;
  options.hello.set_agent_id("a");
  options.hello.set_incarnation("1");
  options.hello.set_service("svc");
  return options;
}

// An agent whose tasks end at once, on a stream that takes everything.
class Agent {
 public:
  Agent() { Give(SessionStarted{}); }

  void Hear(std::string_view bytes) {
    StreamMessage event;
    if (!event.message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    Give(std::move(event));
  }

  void Wait(uint8_t tenths) {
    now_ += std::chrono::milliseconds(100 * tenths);
    Give(SessionTick{});
  }

 private:
  void Give(SessionEvent event) {
    events_.push_back(std::move(event));
    while (!events_.empty()) {
      const SessionEvent next = std::move(events_.front());
      events_.pop_front();
      for (SessionEffect& effect : core_.Step(next, now_)) {
        std::visit([this](auto& one) { Perform(one); }, effect);
      }
    }
  }

  void Perform(OpenStream&) {
    if (open_) std::abort();
    open_ = true;
  }
  void Perform(WriteToStream& write) {
    if (!open_) std::abort();
    if (write.message.ByteSizeLong() > 256 * 1024) std::abort();
    events_.push_back(StreamWritten{});
  }
  void Perform(HalfCloseStream&) {
    if (!open_) std::abort();
    events_.push_back(StreamWritten{});
  }
  void Perform(CancelStream&) {
    if (!open_) return;
    open_ = false;
    events_.push_back(StreamEnded{absl::CancelledError("cancelled")});
  }
  void Perform(SubmitTask& submit) {
    const std::string& task_id = submit.assignment.task_id();
    // Answers come before any other event.
    events_.push_front(TaskAccepted{task_id});
    if (submit.assignment.check().has_flow()) events_.push_back(TaskReady{task_id});
    v1::TaskResult result;
    result.set_task_id(task_id);
    result.set_run_id(submit.assignment.run_id());
    result.set_outcome(v1::OUTCOME_PASSED);
    events_.push_back(TaskFinished{std::move(result)});
  }
  template <typename Effect>
  void Perform(Effect&) {}

  SessionCore core_{Options()};
  shared::SteadyTime now_{std::chrono::seconds(1000)};
  std::deque<SessionEvent> events_;
  bool open_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  smokemesh::testing::Input input(data, size);
  Agent agent;
  while (!input.empty()) {
    agent.Wait(input.Byte());
    agent.Hear(input.Piece());
  }
  return 0;
}
