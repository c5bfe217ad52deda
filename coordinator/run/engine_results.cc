#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/run/engine_impl.h"

namespace smokemesh::coordinator {
namespace {

using Kind = TimerKey::Kind;

// Most batches of one agent that wait for the store. At 256 KiB each that is 16 MiB.
constexpr size_t kMaxPendingBatches = 64;

}  // namespace

bool Engine::Impl::IsWanted(const v1::TaskResult& result) {
  const RunEntry* run = FindRunning(result.run_id());
  return run != nullptr && run->state->Accepts(result);
}

bool Engine::Impl::IsOnItsWay(const v1::TaskResult& result) const {
  const std::string bytes = result.SerializeAsString();
  return std::any_of(tickets_.begin(), tickets_.end(), [&](const auto& entry) {
    const std::vector<v1::TaskResult>& results = entry.second.results;
    return std::any_of(results.begin(), results.end(), [&](const v1::TaskResult& other) {
      return other.SerializeAsString() == bytes;
    });
  });
}

void Engine::Impl::OnResults(const std::string& session_id, const SessionEntry& session,
                             const v1::Results& batch) {
  AgentLink& link = links_[session.agent_id];
  const uint64_t sequence = batch.sequence();
  const bool too_much =
      pending_bytes_ > 0 && pending_bytes_ + batch.ByteSizeLong() > options_.max_pending_bytes;
  if (too_much || link.window.pending() >= kMaxPendingBatches) {
    // The store does not keep up. The agent keeps its results and brings them again. Its session
    // ends, because its heartbeats must not wait behind results that nobody takes.
    return CloseWith(session_id, absl::ResourceExhaustedError(absl::StrCat(
                                     "results wait to be stored, ", link.window.pending(),
                                     " batches of this agent and ", pending_bytes_,
                                     " bytes of all agents: connect again later")));
  }
  switch (link.window.Begin(sequence)) {
    case AckWindow::Arrival::kDone:
      return Acknowledge(session.agent_id);
    case AckWindow::Arrival::kPending: {
      const auto it = link.batches.find(sequence);
      if (it != link.batches.end()) it->second.session_id = session_id;
      return;
    }
    case AckWindow::Arrival::kGap:
      return CloseWith(session_id, absl::AbortedError(absl::StrCat(
                                       "batch ", sequence, " came before the one in front of it")));
    case AckWindow::Arrival::kNew:
      break;
  }
  AgentLink::Batch& kept = link.batches[sequence];
  kept.session_id = session_id;
  const auto is_there = [this](std::string_view agent_id) { return IsThere(agent_id); };
  const v1::Hello& hello = registry_.Find(session.agent_id)->hello;
  for (const v1::TaskResult& result : batch.results()) {
    // Of another agent's pair, or of one that nobody waits for: dropped, and acknowledged.
    if (result.agent_id() != session.agent_id || !IsWanted(result)) continue;
    RunState& state = *FindRunning(result.run_id())->state;
    v1::TaskResult corrected = state.Corrected(result);
    state.CorrectFlow(is_there, &corrected);
    // The agent stands beside something else by now, and an earlier result is still on its way.
    // That one once more is acknowledged only when it is stored, as the first time.
    const PairRef ref = *state.Find(result.check(), result.agent_id());
    if (!state.WhyNot(ref, hello).empty() && !IsOnItsWay(corrected)) continue;
    kept.results.push_back(std::move(corrected));
    kept.bytes += result.ByteSizeLong();
  }
  pending_bytes_ += kept.bytes;
  Append(session.agent_id, sequence);
}

void Engine::Impl::Append(const std::string& agent_id, uint64_t sequence) {
  const auto link = links_.find(agent_id);
  if (link == links_.end()) return;
  const auto it = link->second.batches.find(sequence);
  if (it == link->second.batches.end()) return;
  std::vector<v1::TaskResult>& results = it->second.results;
  // When it is tried again, others may have come first; and in one batch a later attempt may stand
  // before an earlier one.
  std::vector<v1::TaskResult> wanted;
  for (v1::TaskResult& result : results) {
    if (!IsWanted(result)) continue;
    FindRunning(result.run_id())->state->MarkReceived(result);
    wanted.push_back(std::move(result));
  }
  results = std::move(wanted);
  if (results.empty()) {
    pending_bytes_ -= it->second.bytes;
    link->second.batches.erase(it);
    link->second.window.Done(sequence);
    return Acknowledge(agent_id);
  }
  Ticket ticket;
  ticket.kind = Ticket::Kind::kAppend;
  ticket.agent_id = agent_id;
  ticket.incarnation = link->second.incarnation;
  ticket.sequence = sequence;
  ticket.bytes = it->second.bytes;
  ticket.results = results;
  it->second.in_store = true;
  effects_.push_back(AppendResults{++last_ticket_, results});
  tickets_.emplace(last_ticket_, std::move(ticket));
}

void Engine::Impl::OnAppended(const Ticket& ticket, const absl::Status& status) {
  for (const v1::TaskResult& result : ticket.results) {
    RunEntry* run = FindRunning(result.run_id());
    if (run == nullptr) continue;
    const auto ref = run->state->Find(result.check(), result.agent_id());
    const bool had_begun = ref.has_value() && run->state->HasBegun(ref->check);
    if (status.ok()) run->state->Apply(result);
    run->state->MarkAnswered(result);
    if (ref.has_value() && !had_begun && run->state->HasBegun(ref->check)) {
      for (const PairRef other : run->state->OpenPairsOfCheck(ref->check)) {
        if (run->state->state(other).in_flight) SendGo(*run->state, other);
      }
    }
    const Agent* agent = registry_.Find(result.agent_id());
    // It could not be given to another agent before.
    if (ref.has_value() && agent != nullptr && agent->draining) {
      HandOverDrained(run, *ref, result.agent_id());
    }
    Touch(*run);
  }
  dispatch_ = true;
  pending_bytes_ -= ticket.bytes;
  const auto link = links_.find(ticket.agent_id);
  if (link == links_.end() || link->second.incarnation != ticket.incarnation) return;
  const auto it = link->second.batches.find(ticket.sequence);
  if (it == link->second.batches.end()) return;
  it->second.in_store = false;
  if (status.ok()) {
    link->second.batches.erase(it);
    link->second.window.Done(ticket.sequence);
    Acknowledge(ticket.agent_id);
  } else if (sessions_.count(it->second.session_id) > 0) {
    pending_bytes_ += it->second.bytes;
    timers_.Set({Kind::kAppend, ticket.agent_id, ticket.sequence},
                After(StoreAgainAfter(++it->second.failures)));
  } else {
    // The agent brings it again when it is back.
    link->second.batches.erase(it);
    link->second.window.Forget(ticket.sequence);
  }
}

void Engine::Impl::ForgetBatchesOf(const std::string& agent_id) {
  timers_.CancelAll(Kind::kAppend, agent_id);
  const auto link = links_.find(agent_id);
  if (link == links_.end()) return;
  std::map<uint64_t, AgentLink::Batch>& batches = link->second.batches;
  for (auto it = batches.begin(); it != batches.end();) {
    if (it->second.in_store) {
      ++it;
    } else {
      pending_bytes_ -= it->second.bytes;
      link->second.window.Forget(it->first);
      it = batches.erase(it);
    }
  }
  // What is acknowledged need not be remembered: an agent begins with the oldest that is not.
  if (batches.empty()) links_.erase(link);
}

void Engine::Impl::Acknowledge(const std::string& agent_id) {
  const Agent* agent = registry_.Find(agent_id);
  const auto link = links_.find(agent_id);
  if (agent == nullptr || !agent->connected() || link == links_.end()) return;
  const uint64_t up_to = link->second.window.acknowledged();
  if (up_to == 0) return;
  v1::ConnectResponse message;
  message.mutable_result_ack()->set_up_to_sequence(up_to);
  Send(agent->session_id, std::move(message));
}

}  // namespace smokemesh::coordinator
