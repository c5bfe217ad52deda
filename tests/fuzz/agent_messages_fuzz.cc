// Whatever an agent sends on its stream, in pieces of two bytes of length and the message: the
// coordinator lives, keeps nothing of others' pairs, and promotes only what has passed.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/run/engine.h"
#include "coordinator/session/message_limits.h"
#include "shared/duration.h"
#include "tests/fuzz/input.h"

namespace {

using namespace smokemesh::coordinator;  // NOLINT(google-build-using-namespace): own file
namespace shared = smokemesh::shared;
namespace v1 = smokemesh::v1;

constexpr char kAgent[] = "a";

v1::CreateRunRequest Request() {
  v1::CreateRunRequest request;
  request.set_request_id("request");
  request.mutable_plan()->set_name("plan");
  for (const char* name : {"one", "two"}) {
    v1::Check& check = *request.mutable_plan()->add_checks();
    check.set_name(name);
    check.mutable_http();
    check.set_quorum("all");
    *check.mutable_timeout() = shared::ToProto(std::chrono::seconds(10));
  }
  v1::Check& flow = *request.mutable_plan()->add_checks();
  flow.set_name("flow");
  flow.set_quorum("all");
  *flow.mutable_timeout() = shared::ToProto(std::chrono::seconds(10));
  flow.mutable_flow()->add_roles()->set_name("speaker");
  *request.mutable_plan()->mutable_timeout() = shared::ToProto(std::chrono::minutes(1));
  return request;
}

class Conversation {
 public:
  Conversation() {
    Give(RunCreated{"run", Request()});
    v1::Hello hello;
    hello.set_agent_id(kAgent);
    hello.set_incarnation("1");
    hello.set_service("svc");
    hello.set_max_parallel(4);
    hello.add_capabilities("http");
    hello.add_capabilities("flow");
    hello.add_features("flow");
    hello.add_features("clean_up");
    Give(AgentConnected{"session", hello});
  }

  void Hear(std::string_view bytes) {
    if (bytes.size() > kMaxAgentMessageBytes) return;
    v1::ConnectRequest message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    if (message.has_hello()) {
      // What a stream begins with: a new one of the same agent, or another agent's.
      if (!CheckHello(message.hello(), false).ok()) return;
      Give(AgentConnected{"session" + std::to_string(++sessions_), message.hello()});
      return;
    }
    if (!CheckMessage(message).ok()) return;
    Give(AgentMessage{"session", std::move(message)});
  }

  void Wait(uint8_t tenths) {
    now_.steady += std::chrono::milliseconds(100 * tenths);
    now_.wall += std::chrono::milliseconds(100 * tenths);
    Give(Tick{});
  }

  void Check() const {
    const auto run = engine_.FindRun("run", now_);
    if (!run.has_value()) return;
    if (run->verdict().decision() != v1::DECISION_PROMOTE) return;
    // Every check has one pair, of whichever agent: PROMOTE without its stored pass is a lie.
    for (const v1::CheckRecord& check : run->checks()) {
      for (const v1::Task& task : check.tasks()) {
        if (passed_.count({check.name(), task.agent_id()}) == 0) std::abort();
      }
      if (check.tasks().empty()) std::abort();
    }
  }

 private:
  void Give(const Event& event) {
    for (Effect& effect : engine_.Step(event, now_)) {
      uint64_t ticket = 0;
      if (const auto* put = std::get_if<PutRun>(&effect)) ticket = put->ticket;
      if (const auto* append = std::get_if<AppendResults>(&effect)) {
        ticket = append->ticket;
        for (const v1::TaskResult& result : append->results) {
          if (result.run_id() != "run") std::abort();
          const bool passed =
              result.outcome() == v1::OUTCOME_PASSED || result.outcome() == v1::OUTCOME_FLAKY;
          if (passed) passed_.insert({result.check(), result.agent_id()});
        }
      }
      if (ticket != 0) Give(StoreDone{ticket, absl::OkStatus()});
    }
  }

  Engine engine_{EngineOptions{}};
  shared::Instant now_{shared::SteadyTime(std::chrono::seconds(1000)),
                       shared::WallTime(std::chrono::hours(400000))};
  std::set<std::pair<std::string, std::string>> passed_;
  int sessions_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  smokemesh::testing::Input input(data, size);
  Conversation conversation;
  while (!input.empty()) {
    conversation.Wait(input.Byte());
    conversation.Hear(input.Piece());
    conversation.Check();
  }
  return 0;
}
