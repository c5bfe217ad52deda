#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/time_rules.h"
#include "coordinator/run/assignment.h"
#include "coordinator/run/engine_impl.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using Kind = TimerKey::Kind;

constexpr int kSilentIntervals = 3;
// An agent that had no room may have some a little later.
constexpr shared::Duration kAskAgainAfter = std::chrono::seconds(1);
constexpr int kAskAgainTimes = 3;

absl::Status TwinError(const std::string& agent_id) {
  return absl::AlreadyExistsError(absl::StrCat("another process has connected as agent \"",
                                               agent_id, "\" since: stop one of the two"));
}

}  // namespace

// ---- Sessions --------------------------------------------------------------------------------

void Engine::Impl::On(const AgentConnected& event) {
  const v1::Hello& hello = event.hello;
  if (hello.agent_id().empty() || hello.incarnation().empty()) {
    effects_.push_back(
        CloseSession{event.session_id,
                     absl::InvalidArgumentError("Hello must name the agent and its incarnation")});
    return;
  }
  if (registry_.IsReplaced(hello.agent_id(), hello.incarnation(), now_.steady)) {
    effects_.push_back(CloseSession{event.session_id, TwinError(hello.agent_id())});
    return;
  }
  const Agent* before = registry_.Find(hello.agent_id());
  if (before != nullptr && before->connected()) {
    // The newer session is the agent's: the older one is a stream that has not noticed yet, or a
    // process that was replaced. That one is refused from now on, while the newer one is there:
    // otherwise two processes would take the agent from each other for ever.
    const std::string old_session = before->session_id;
    const std::string incarnation = sessions_.at(old_session).incarnation;
    const bool same = incarnation == hello.incarnation();
    CloseWith(old_session, same ? absl::AbortedError("the agent has opened a newer session")
                                : TwinError(hello.agent_id()));
    if (!same) registry_.Replace(hello.agent_id(), incarnation);
  }
  sessions_[event.session_id] = {hello.agent_id(), hello.incarnation()};
  registry_.Connect(hello, event.session_id, now_.steady);
  timers_.Cancel({Kind::kAgentGrace, hello.agent_id()});
  timers_.Set({Kind::kSessionSilence, event.session_id},
              After(kSilentIntervals * options_.heartbeat_interval));

  AgentLink& link = links_[hello.agent_id()];
  if (link.incarnation != hello.incarnation()) {
    link = {};
    link.incarnation = hello.incarnation();
  }

  v1::ConnectResponse message;
  message.mutable_welcome()->set_session_id(event.session_id);
  *message.mutable_welcome()->mutable_heartbeat_interval() =
      shared::ToProto(options_.heartbeat_interval);
  message.mutable_welcome()->add_features("flow");
  Send(event.session_id, std::move(message));

  Reconcile(hello);
  for (RunEntry* run : RunsIn(RunEntry::Phase::kPending)) TryToFixManifest(run, false);
  dispatch_ = true;
}

void Engine::Impl::Reconcile(const v1::Hello& hello) {
  const std::string& agent_id = hello.agent_id();
  for (RunEntry* run : RunsIn(RunEntry::Phase::kRunning)) DropUnfit(run, hello);
  std::map<std::pair<std::string, std::string>, int> in_hand;  // run and check: attempt
  for (const std::string& task_id : hello.tasks_in_hand()) {
    const auto name = ParseTaskId(task_id);
    if (!name.has_value() || name->agent_id != agent_id) continue;
    const RunEntry* run = FindRunning(name->run_id);
    const auto ref = run == nullptr ? std::nullopt : run->state->Find(name->check, agent_id);
    if (!ref.has_value() || !run->state->IsOpen(*ref) || !run->state->NeedsMet(ref->check)) {
      SendCancellation(registry_.Find(agent_id)->session_id, name->run_id, task_id,
                       "nobody waits for this task any more");
      continue;
    }
    int& attempt = in_hand[{name->run_id, name->check}];
    attempt = std::max(attempt, name->attempt);
  }

  for (RunEntry* run : RunsIn(RunEntry::Phase::kRunning)) {
    for (const PairRef ref : run->state->OpenPairsOf(agent_id)) {
      const v1::Check& check = run->state->check(ref);
      const PairState& pair = run->state->state(ref);
      const auto held = in_hand.find({run->state->run_id(), check.name()});
      if (held == in_hand.end()) {
        // It never got there, or went with the process that had it.
        if (pair.in_flight) run->state->SendAgain(ref, now_.steady, false);
        Redeploy(run, ref, hello);
        Touch(*run);
        continue;
      }
      // The agent has the time that it had left, and time to report what it did meanwhile.
      const shared::SteadyTime report_by =
          pair.in_flight ? std::max(pair.report_by, After(options_.report_slack))
                         : After(TimeoutOf(run->state->plan(), check) + options_.report_slack);
      if (!pair.in_flight) registry_.AddInFlight(agent_id, 1);
      run->state->MarkRunning(ref, held->second, report_by);
      BeginSuite(run, check.suite());
      timers_.Set(BackstopKey(*run, ref), report_by);
      // It may not have heard it.
      if (run->state->HasBegun(ref.check)) SendGo(*run->state, ref);
      Touch(*run);
    }
  }
}

void Engine::Impl::DropUnfit(RunEntry* run, const v1::Hello& hello) {
  RunState& state = *run->state;
  for (const PairRef ref : state.OpenPairsOf(hello.agent_id())) {
    const std::string reason = state.WhyNot(ref, hello);
    if (reason.empty()) continue;
    Touch(*run);
    if (state.state(ref).storing > 0) {
      // A result came while the agent was fit: it counts if the store takes it.
      state.Decide(ref, v1::OUTCOME_MISSING, reason);
      continue;
    }
    if (state.state(ref).in_flight) state.SendAgain(ref, now_.steady, false);
    HandOver(run, ref, reason);
  }
}

void Engine::Impl::Redeploy(RunEntry* run, PairRef ref, const v1::Hello& hello) {
  RunState& state = *run->state;
  if (!state.IsOpen(ref) || state.state(ref).storing > 0 || state.HasBegun(ref.check) ||
      state.task(ref).deployment() == hello.deployment()) {
    return;
  }
  state.Move(ref, hello);
  run->moved = true;
}

void Engine::Impl::On(const AgentDisconnected& event) { EndSession(event.session_id); }

void Engine::Impl::EndSession(const std::string& session_id) {
  const auto it = sessions_.find(session_id);
  if (it == sessions_.end()) return;
  const std::string agent_id = it->second.agent_id;
  sessions_.erase(it);
  timers_.Cancel({Kind::kSessionHeartbeat, session_id});
  timers_.Cancel({Kind::kSessionSilence, session_id});
  ForgetBatchesOf(agent_id);
  UnmarkReady(agent_id);
  for (RunEntry* run : RunsIn(RunEntry::Phase::kRunning)) {
    for (const PairRef ref : run->state->OpenPairsOf(agent_id)) {
      timers_.Cancel(BackstopKey(*run, ref));
      timers_.Set({Kind::kAgentGrace, agent_id}, After(options_.agent_grace));
    }
  }
  registry_.Lose(agent_id, now_.steady);
}

void Engine::Impl::CloseWith(const std::string& session_id, absl::Status status) {
  effects_.push_back(CloseSession{session_id, std::move(status)});
  EndSession(session_id);
}

void Engine::Impl::Send(const std::string& session_id, v1::ConnectResponse message) {
  timers_.Set({Kind::kSessionHeartbeat, session_id}, After(options_.heartbeat_interval));
  effects_.push_back(SendToAgent{session_id, std::move(message)});
}

void Engine::Impl::SendCancellation(const std::string& session_id, const std::string& run_id,
                                    const std::string& task_id, const std::string& reason) {
  v1::ConnectResponse message;
  message.mutable_cancellation()->set_run_id(run_id);
  message.mutable_cancellation()->set_task_id(task_id);
  message.mutable_cancellation()->set_reason(reason);
  Send(session_id, std::move(message));
}

void Engine::Impl::BeatHeart(const std::string& session_id) {
  if (sessions_.count(session_id) == 0) return;
  v1::ConnectResponse message;
  message.mutable_heartbeat();
  Send(session_id, std::move(message));
}

// ---- Messages --------------------------------------------------------------------------------

void Engine::Impl::On(const AgentMessage& event) {
  const auto it = sessions_.find(event.session_id);
  if (it == sessions_.end()) return;  // of a session that was ended here
  const SessionEntry session = it->second;
  registry_.Heard(session.agent_id, now_.steady);
  timers_.Set({Kind::kSessionSilence, event.session_id},
              After(kSilentIntervals * options_.heartbeat_interval));
  switch (event.message.message_case()) {
    case v1::ConnectRequest::kAssignmentAck:
      return OnAck(session, event.message.assignment_ack());
    case v1::ConnectRequest::kResults:
      return OnResults(event.session_id, session, event.message.results());
    case v1::ConnectRequest::kDrainNotice:
      return OnDrain(session.agent_id);
    case v1::ConnectRequest::kHello:
      return CloseWith(event.session_id,
                       absl::InvalidArgumentError("Hello must be the first message, and the only "
                                                  "one of its kind"));
    case v1::ConnectRequest::kReady:
      return OnReady(event.session_id, session, event.message.ready());
    case v1::ConnectRequest::kHeartbeat:
    case v1::ConnectRequest::MESSAGE_NOT_SET:  // from a newer agent
      return;
  }
}

void Engine::Impl::OnAck(const SessionEntry& session, const v1::AssignmentAck& ack) {
  const auto name = ParseTaskId(ack.task_id());
  if (!name.has_value() || name->agent_id != session.agent_id) return;
  RunEntry* run = FindRunning(name->run_id);
  if (run == nullptr) return;
  RunState& state = *run->state;
  const auto ref = state.Find(name->check, session.agent_id);
  if (!ref.has_value() || !state.IsOpen(*ref) || !state.state(*ref).in_flight ||
      state.state(*ref).attempt != name->attempt) {
    return;
  }
  Touch(*run);
  if (ack.accepted()) {
    state.MarkRunning(*ref, name->attempt, state.state(*ref).report_by);
    return;
  }
  // Most agents that refuse have no room for now.
  const bool may_ask_again = state.state(*ref).rejections < kAskAgainTimes;
  state.SendAgain(*ref, After(kAskAgainAfter), true);
  if (registry_.Find(session.agent_id)->draining) {
    HandOverDrained(run, *ref, session.agent_id);
  } else if (may_ask_again) {
    timers_.Set({Kind::kDispatch, name->run_id, ref->check, ref->pair}, After(kAskAgainAfter));
  } else {
    state.Decide(
        *ref, v1::OUTCOME_MISSING,
        absl::StrCat(
            "agent \"", session.agent_id, "\" rejected the task ", kAskAgainTimes + 1,
            " times: ", ack.reason().empty() ? std::string("no reason given") : ack.reason()));
  }
}

void Engine::Impl::OnDrain(const std::string& agent_id) {
  registry_.Drain(agent_id);
  for (RunEntry* run : RunsIn(RunEntry::Phase::kRunning)) {
    for (const PairRef ref : run->state->OpenPairsOf(agent_id)) {
      HandOverDrained(run, ref, agent_id);
    }
  }
}

}  // namespace smokemesh::coordinator
