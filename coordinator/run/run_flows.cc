// Flows: checks whose agents wait for each other at a barrier.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/run/run_state.h"
#include "coordinator/verdict/verdict.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

// Most characters of another pair's reason that a reason repeats.
constexpr size_t kMaxWhy = 300;

// Most agents that one message names.
constexpr size_t kMaxNamed = 10;

// `agent "a" (role sub)`.
std::string PairText(const v1::Task& task) {
  std::string text = task.agent_id().empty() ? std::string("a role that no agent takes")
                                             : absl::StrCat("agent \"", task.agent_id(), "\"");
  if (!task.roles().empty()) {
    absl::StrAppend(&text, " (", task.roles_size() == 1 ? "role " : "roles ",
                    absl::StrJoin(task.roles(), ", "), ")");
  }
  return text;
}

// `agent "a" (role sub) ended FAILED: the server refused the connection`.
std::string EndOf(const v1::Task& task) {
  std::string text = PairText(task);
  const std::string& why = task.reason().empty() ? task.result().message() : task.reason();
  absl::StrAppend(&text, " ended ", std::string(Name(task.outcome())));
  return why.empty() ? text : absl::StrCat(text, ": ", shared::Shorten(why, kMaxWhy));
}

// What agents call the step between `prepare` and `steps`.
constexpr std::string_view kBarrier = "barrier";

bool FailedAtBarrier(const v1::TaskResult& result) {
  return std::any_of(result.failures().begin(), result.failures().end(),
                     [](const v1::Failure& one) { return one.step_name() == kBarrier; });
}

}  // namespace

bool RunState::TellsOfGo(const v1::TaskResult& result) {
  if (CountsAsPassed(result.outcome())) return true;
  const auto& roles = result.roles();
  if (std::any_of(roles.begin(), roles.end(),
                  [](const v1::RoleResult& role) { return role.has_latency(); })) {
    return true;
  }
  // It came to the barrier, and neither that nor a cancellation was its end.
  return !roles.empty() && result.outcome() != v1::OUTCOME_ABORTED && !FailedAtBarrier(result) &&
         std::all_of(roles.begin(), roles.end(),
                     [](const v1::RoleResult& role) { return role.has_prepared_after(); });
}

void RunState::CorrectFlow(const std::function<bool(std::string_view)>& is_there,
                           v1::TaskResult* result) const {
  const std::optional<PairRef> ref = Find(result->check(), result->agent_id());
  if (!ref.has_value() || !IsFlow(ref->check) || result->outcome() != v1::OUTCOME_FAILED) return;
  std::vector<std::string> waiting;    // for Go
  std::vector<std::string> not_ready;  // and might be, for all that is known of their agents
  bool silence = false;
  for (const PairRef other : OpenPairsOfCheck(ref->check)) {
    if (other == *ref) continue;
    const PairState& pair = state(other);
    if (pair.ready) {
      waiting.push_back(PairText(task(other)));
      continue;
    }
    const bool is_away = !pair.in_flight || !is_there(task(other).agent_id());
    const bool is_unknown = restored_ && pair.current != pair.sent;
    silence = silence || is_away || is_unknown;
    if (not_ready.size() < kMaxNamed) {
      not_ready.push_back(absl::StrCat(PairText(task(other)), is_away ? ", which was away" : ""));
    }
  }
  if (FailedAtBarrier(*result)) {
    if (HasBegun(ref->check)) {
      result->set_outcome(v1::OUTCOME_ABORTED);
      absl::StrAppend(result->mutable_message(), "; Go was sent and did not arrive");
    } else {
      if (silence || not_ready.empty()) result->set_outcome(v1::OUTCOME_ABORTED);
      absl::StrAppend(result->mutable_message(), "; not ready: ",
                      not_ready.empty() ? "nobody that is left" : absl::StrJoin(not_ready, "; "));
    }
  } else if (restored_ && !HasBegun(ref->check) && TellsOfGo(*result) && !waiting.empty()) {
    result->set_outcome(v1::OUTCOME_ABORTED);
    *result->mutable_message() =
        absl::StrCat("the coordinator was restarted while it began the flow, and ", waiting.front(),
                     " was not told: ", result->message());
  }
}

void RunState::MarkReady(PairRef ref, bool ready) {
  checks_[ref.check].pairs[ref.pair].ready = ready;
}

bool RunState::CanBegin(size_t check) const {
  const CheckState& flow = checks_[check];
  return IsFlow(check) && !flow.begun && !flow.pairs.empty() &&
         std::all_of(flow.pairs.begin(), flow.pairs.end(), [](const PairState& pair) {
           return pair.in_flight && pair.ready && pair.storing == 0;
         });
}

void RunState::MarkBegun(size_t check) { checks_[check].begun = true; }

std::vector<PairRef> RunState::LostInFlows(
    const std::function<bool(std::string_view)>& is_there) const {
  std::vector<PairRef> lost;
  for (const size_t flow : flows_) {
    if (!HasBegun(flow)) continue;
    for (size_t i = 0; i < checks_[flow].pairs.size(); ++i) {
      const PairState& pair = checks_[flow].pairs[i];
      if (!IsOpen({flow, i}) || pair.storing > 0) continue;
      // A predecessor gave Go, and its agent no longer had the task when this process sent it.
      const bool begun_anew =
          pair.in_flight && checks_[flow].begun_before && pair.current == pair.sent;
      const bool with_nobody = !pair.in_flight && is_there(records_[flow].tasks(i).agent_id());
      if (begun_anew || with_nobody) lost.push_back({flow, i});
    }
  }
  return lost;
}

void RunState::EndFlowsThatCannotBegin() {
  for (const size_t flow : flows_) {
    if (!has_manifest_ || HasBegun(flow)) continue;
    const v1::CheckRecord& record = records_[flow];
    const v1::Task* end = nullptr;
    std::vector<PairRef> open;
    for (int i = 0; i < record.tasks_size(); ++i) {
      const v1::Task& task = record.tasks(i);
      const PairRef ref{flow, static_cast<size_t>(i)};
      if (IsOpen(ref)) {
        open.push_back(ref);
      } else if (end == nullptr || end->outcome() == v1::OUTCOME_SKIPPED) {
        end = &task;
      }
    }
    if (end == nullptr || open.empty()) continue;
    DecideAll(open,
              end->outcome() == v1::OUTCOME_SKIPPED ? v1::OUTCOME_SKIPPED : v1::OUTCOME_ABORTED,
              absl::StrCat("the flow cannot begin: ", EndOf(*end)));
  }
}

}  // namespace smokemesh::coordinator
