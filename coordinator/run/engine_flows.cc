#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/run/assignment.h"
#include "coordinator/run/engine_impl.h"

namespace smokemesh::coordinator {

void Engine::Impl::OnReady(const std::string& session_id, const SessionEntry& session,
                           const v1::Ready& ready) {
  const auto name = ParseTaskId(ready.task_id());
  if (!name.has_value() || name->agent_id != session.agent_id) return;
  RunEntry* run = FindRunning(name->run_id);
  const auto ref = run == nullptr ? std::nullopt : run->state->Find(name->check, session.agent_id);
  if (!ref.has_value() || !run->state->IsFlow(ref->check) || !run->state->IsOpen(*ref) ||
      !run->state->state(*ref).in_flight || run->state->state(*ref).current != name->attempt) {
    SendCancellation(session_id, name->run_id, ready.task_id(),
                     "nobody waits for this task any more");
    return;
  }
  RunState& state = *run->state;
  Touch(*run);
  state.MarkRunning(*ref, name->attempt, state.state(*ref).report_by);
  state.MarkReady(*ref, true);
  if (state.HasBegun(ref->check)) return SendGo(state, *ref);
  if (!state.CanBegin(ref->check)) return;
  state.MarkBegun(ref->check);
  for (const PairRef one : state.OpenPairsOfCheck(ref->check)) SendGo(state, one);
}

void Engine::Impl::SendGo(const RunState& state, PairRef ref) {
  const Agent* agent = registry_.Find(state.task(ref).agent_id());
  if (agent == nullptr || !agent->connected()) return;  // it is told when it is back
  v1::ConnectResponse message;
  message.mutable_go()->set_task_id(state.TaskId(ref));
  Send(agent->session_id, std::move(message));
}

void Engine::Impl::UnmarkReady(const std::string& agent_id) {
  for (RunEntry* run : RunsIn(RunEntry::Phase::kRunning)) {
    for (const PairRef ref : run->state->OpenPairsOf(agent_id)) run->state->MarkReady(ref, false);
  }
}

void Engine::Impl::SettleFlows(RunEntry* run) {
  if (run->phase != RunEntry::Phase::kRunning) return;
  RunState& state = *run->state;
  const auto is_there = [this](std::string_view agent_id) { return IsThere(agent_id); };
  for (const PairRef ref : state.LostInFlows(is_there)) {
    state.Decide(ref, v1::OUTCOME_MISSING,
                 absl::StrCat("agent \"", state.task(ref).agent_id(),
                              "\" lost the task after the flow had begun, and a flow is not "
                              "carried out twice"));
  }
  state.EndFlowsThatCannotBegin();
}

}  // namespace smokemesh::coordinator
