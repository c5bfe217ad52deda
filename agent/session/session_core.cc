#include "agent/session/session_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/credentials/client_security.h"
#include "shared/duration.h"

namespace smokemesh::agent {
namespace {

using shared::Duration;
using shared::SteadyTime;

constexpr Duration kDefaultHeartbeat = std::chrono::seconds(5);
constexpr Duration kShortestHeartbeat = std::chrono::milliseconds(10);
constexpr Duration kLongestHeartbeat = std::chrono::minutes(5);
// A peer may be silent for so many intervals.
constexpr int kSilentIntervals = 3;
// A coordinator that asks this much without reading one answer is not well.
constexpr size_t kMostUnsentAnswers = 4096;
constexpr size_t kMostUnsentAnswerBytes = 1024 * 1024;

// Connecting again as it is will not help.
bool IsHopeless(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsUnauthenticated(status) ||
         absl::IsPermissionDenied(status) || absl::IsAlreadyExists(status);
}

// What gRPC says when a message is above the receiver's limit, and a coordinator about a result
// that is above its own (message_limits.cc). Others use the same code for other things, for which
// no evidence should be thrown away.
bool IsTooLarge(const absl::Status& status) {
  return absl::IsResourceExhausted(status) &&
         (absl::StrContains(status.message(), "larger than max") ||
          absl::StrContains(status.message(), "results.results has "));
}

// The limit that gRPC names: "Received message larger than max (300000 vs. 262144)".
std::optional<size_t> LimitIn(const absl::Status& status) {
  const std::string text(status.message());
  const size_t at = text.find(" vs. ");
  const size_t begin = at + 5;
  const size_t end = text.find(')', begin);
  size_t limit = 0;
  if (at == std::string::npos || end == std::string::npos ||
      !absl::SimpleAtoi(text.substr(begin, end - begin), &limit)) {
    return std::nullopt;
  }
  return limit;
}

std::string Describe(const absl::Status& status) {
  if (status.ok()) return "the coordinator ended the session";
  return absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message());
}

const char* NameOf(v1::ConnectResponse::MessageCase kind) {
  const auto* field = v1::ConnectResponse::descriptor()->FindFieldByNumber(static_cast<int>(kind));
  return field == nullptr ? "a message of an unknown kind" : field->name().c_str();
}

}  // namespace

SessionCore::SessionCore(SessionCoreOptions options)
    : options_(std::move(options)),
      backoff_(options_.backoff, options_.backoff_seed),
      results_(options_.buffer),
      tasks_(options_.max_remembered_tasks) {
  for (v1::TaskResult& result : options_.kept) {
    if (tasks_.Finish(result.task_id())) results_.Add(std::move(result));
  }
  options_.kept = {};
}

std::vector<SessionEffect> SessionCore::Step(const SessionEvent& event, SteadyTime now) {
  now_ = now;
  if (state_ != State::kStopped) {
    std::visit([this](const auto& e) { Handle(e); }, event);
    LeaveIfDrained();
    Pump();
  }
  return std::exchange(effects_, {});
}

std::optional<SteadyTime> SessionCore::NextDeadline() const {
  if (state_ != State::kOpen) return deadline_;
  const SteadyTime silence = last_heard_ + kSilentIntervals * heartbeat_interval_;
  // While a write is in flight the next message goes out when it is done, not at a time.
  if (outbox_.in_flight()) return silence;
  return std::min(silence, last_sent_ + heartbeat_interval_);
}

void SessionCore::MoveTo(State state, std::optional<SteadyTime> deadline) {
  state_ = state;
  deadline_ = deadline;
}

void SessionCore::Handle(const SessionStarted&) {
  if (state_ == State::kNew) Connect();
}

void SessionCore::Connect() {
  outbox_.Reset();
  was_open_ = false;
  end_reason_.clear();
  hopeless_ = false;
  v1::ConnectRequest request;
  *request.mutable_hello() = options_.hello;
  for (std::string& id : tasks_.Running()) {
    request.mutable_hello()->add_tasks_in_hand(std::move(id));
  }
  for (std::string& id : results_.TaskIds()) {
    request.mutable_hello()->add_tasks_in_hand(std::move(id));
  }
  outbox_.Push(std::move(request));
  effects_.push_back(OpenStream{backoff_.attempts()});
  MoveTo(State::kGreeting, now_ + options_.welcome_timeout);
}

void SessionCore::Handle(const StreamMessage& event) {
  using Kind = v1::ConnectResponse;
  const v1::ConnectResponse& message = event.message;
  const bool open = state_ == State::kOpen;
  if (!open && state_ != State::kGreeting && state_ != State::kClosing) return;
  last_heard_ = now_;
  if (state_ == State::kGreeting && message.message_case() != Kind::kWelcome &&
      message.message_case() != Kind::kDrainNotice) {
    GiveUpStream(
        absl::StrCat("the coordinator sent ", NameOf(message.message_case()), " before welcome"),
        /*hopeless=*/true);
    return;
  }
  switch (message.message_case()) {
    case Kind::kWelcome:
      if (state_ == State::kGreeting) {
        OnWelcome(message.welcome());
      } else if (open) {
        GiveUpStream("the coordinator sent welcome twice", /*hopeless=*/true);
      }
      break;
    case Kind::kAssignment:
      // Not while closing: the coordinator hears in the next Hello that this agent does not have
      // it.
      if (open) OnAssignment(message.assignment());
      break;
    case Kind::kCancellation:
      effects_.push_back(CancelTasks{message.cancellation().run_id(),
                                     message.cancellation().task_id(),
                                     message.cancellation().reason()});
      break;
    case Kind::kResultAck:
      OnResultAck(message.result_ack());
      break;
    case Kind::kGo:
      OnGo(message.go());
      break;
    case Kind::kDrainNotice:
      if (state_ != State::kClosing) {
        CloseStream(
            absl::StrCat("the coordinator is about to stop: ", message.drain_notice().reason()));
      }
      break;
    case Kind::kHeartbeat:
    case Kind::MESSAGE_NOT_SET:  // from a newer coordinator
      break;
  }
}

void SessionCore::OnWelcome(const v1::Welcome& welcome) {
  const Duration interval = shared::FromProto(welcome.heartbeat_interval());
  heartbeat_interval_ = interval <= Duration::zero()
                            ? kDefaultHeartbeat
                            : std::clamp(interval, kShortestHeartbeat, kLongestHeartbeat);
  was_open_ = true;
  opened_at_ = now_;
  last_sent_ = now_;
  last_logged_end_.clear();
  MoveTo(State::kOpen, std::nullopt);
  outbox_.ReleaseResults();
  Log(LogLine::Level::kInfo,
      absl::StrCat("connected to ", options_.peer, " as ", options_.hello.agent_id()));
  if (draining_) {
    v1::ConnectRequest notice;
    notice.mutable_drain_notice()->set_reason(drain_reason_);
    outbox_.Push(std::move(notice));
  }
  // The coordinator may have missed it, or be another one now.
  for (const std::string& id : tasks_.AtBarrier()) SayReady(id);
}

void SessionCore::OnAssignment(const v1::Assignment& assignment) {
  const std::string& id = assignment.task_id();
  if (outbox_.urgent() >= kMostUnsentAnswers || outbox_.urgent_bytes() >= kMostUnsentAnswerBytes) {
    GiveUpStream("the coordinator does not read the agent's answers", /*hopeless=*/false);
  } else if (tasks_.Knows(id)) {
    Answer(id, true, "");
  } else if (draining_) {
    Answer(id, false, absl::StrCat("the agent is draining: ", drain_reason_));
  } else if (results_.full(tasks_.running_id_bytes())) {
    Answer(id, false,
           absl::StrCat(results_.bytes(), " bytes of results wait for the coordinator's",
                        " acknowledgement: the agent takes no more work until some are"
                        " acknowledged"));
  } else {
    tasks_.Begin(id);
    effects_.push_back(SubmitTask{assignment});
  }
}

void SessionCore::OnResultAck(const v1::ResultAck& ack) {
  absl::StatusOr<std::vector<std::string>> forgotten = results_.Ack(ack.up_to_sequence());
  if (forgotten.ok()) {
    if (!forgotten->empty()) effects_.push_back(ForgetResults{*std::move(forgotten)});
  } else if (state_ != State::kClosing) {
    GiveUpStream(std::string(forgotten.status().message()), /*hopeless=*/true);
  }
}

void SessionCore::OnGo(const v1::Go& go) {
  if (tasks_.Release(go.task_id())) effects_.push_back(ReleaseTask{go.task_id()});
}

void SessionCore::Handle(const StreamWritten&) { outbox_.WriteDone(); }

void SessionCore::Handle(const StreamEnded& event) {
  if (state_ == State::kNew || state_ == State::kWaiting) return;
  if (IsTooLarge(event.status)) ShrinkResults(event.status);
  outbox_.Reset();
  if (stopping_ || (draining_ && delivered())) {
    Stop();
    return;
  }
  if (was_open_ && now_ - opened_at_ >= options_.settled_after) backoff_.Reset();
  const Duration wait =
      hopeless_ || IsHopeless(event.status) ? backoff_.Longest() : backoff_.Next();
  LogEnd(end_reason_.empty() ? Describe(event.status) : end_reason_, wait);
  MoveTo(State::kWaiting, now_ + wait);
}

void SessionCore::Handle(const TaskAccepted& event) {
  if (state_ == State::kOpen) Answer(event.task_id, true, "");
}

void SessionCore::Handle(const TaskRejected& event) {
  tasks_.Reject(event.task_id);
  if (state_ == State::kOpen) Answer(event.task_id, false, event.reason);
}

void SessionCore::Handle(const TaskFinished& event) {
  if (!tasks_.Finish(event.result.task_id())) return;
  effects_.push_back(KeepResult{event.result});
  results_.Add(event.result);
}

void SessionCore::Handle(const TaskReady& event) {
  if (tasks_.Arrive(event.task_id) && state_ == State::kOpen) SayReady(event.task_id);
}

void SessionCore::Handle(const DrainRequested& event) {
  if (draining_) return;
  draining_ = true;
  drain_reason_ = event.reason;
  if (state_ == State::kOpen) {
    v1::ConnectRequest notice;
    notice.mutable_drain_notice()->set_reason(drain_reason_);
    outbox_.Push(std::move(notice));
  } else if (state_ == State::kWaiting) {
    // There is little time left to deliver what is here.
    MoveTo(State::kWaiting, now_);
  }
}

void SessionCore::Handle(const StopRequested&) {
  stopping_ = true;
  switch (state_) {
    case State::kNew:
    case State::kWaiting:
      Stop();
      break;
    case State::kGreeting:
    case State::kOpen:
    case State::kClosing:
      GiveUpStream("the agent stops", /*hopeless=*/false);
      break;
    case State::kStopped:
      break;
  }
}

void SessionCore::Handle(const SessionTick&) {
  if (state_ == State::kOpen) {
    const Duration silence = kSilentIntervals * heartbeat_interval_;
    if (now_ >= last_heard_ + silence) {
      GiveUpStream(absl::StrCat("nothing heard for ", shared::FormatDuration(silence)),
                   /*hopeless=*/false);
    } else if (!outbox_.in_flight() && now_ >= last_sent_ + heartbeat_interval_) {
      v1::ConnectRequest heartbeat;
      heartbeat.mutable_heartbeat();
      outbox_.Push(std::move(heartbeat));
    }
    return;
  }
  if (!deadline_.has_value() || now_ < *deadline_) return;
  if (state_ == State::kWaiting) {
    Connect();
  } else if (state_ == State::kGreeting) {
    GiveUpStream(
        absl::StrCat("no welcome within ", shared::FormatDuration(options_.welcome_timeout)),
        /*hopeless=*/false);
  } else if (state_ == State::kClosing) {
    GiveUpStream(end_reason_, hopeless_);
  }
}

void SessionCore::GiveUpStream(std::string reason, bool hopeless) {
  end_reason_ = std::move(reason);
  hopeless_ = hopeless;
  effects_.push_back(CancelStream{});
  MoveTo(State::kClosing, std::nullopt);
}

void SessionCore::CloseStream(std::string reason) {
  end_reason_ = std::move(reason);
  outbox_.Close();
  MoveTo(State::kClosing, now_ + options_.close_timeout);
}

void SessionCore::LeaveIfDrained() {
  if (!draining_ || !delivered()) return;
  switch (state_) {
    case State::kNew:
    case State::kWaiting:
      Stop();
      break;
    case State::kGreeting:
      GiveUpStream("the agent leaves", /*hopeless=*/false);
      break;
    case State::kOpen:
      CloseStream("the agent leaves");
      break;
    case State::kClosing:  // the end of the stream decides
    case State::kStopped:
      break;
  }
}

void SessionCore::Pump() {
  // A cancelled stream has no deadline and takes nothing more.
  const bool takes = state_ == State::kGreeting || state_ == State::kOpen ||
                     (state_ == State::kClosing && deadline_.has_value());
  if (!takes) return;
  std::optional<Outbox::Next> next = outbox_.TakeNext();
  if (!next.has_value()) return;
  last_sent_ = now_;
  if (next->half_close) {
    effects_.push_back(HalfCloseStream{});
  } else {
    effects_.push_back(WriteToStream{std::move(next->message)});
  }
}

void SessionCore::Stop() {
  MoveTo(State::kStopped, std::nullopt);
  effects_.push_back(SessionStopped{});
}

void SessionCore::Answer(const std::string& task_id, bool accepted, std::string reason) {
  v1::ConnectRequest request;
  v1::AssignmentAck& ack = *request.mutable_assignment_ack();
  ack.set_task_id(task_id);
  ack.set_accepted(accepted);
  ack.set_reason(std::move(reason));
  outbox_.Push(std::move(request));
}

void SessionCore::SayReady(const std::string& task_id) {
  v1::ConnectRequest request;
  request.mutable_ready()->set_task_id(task_id);
  outbox_.Push(std::move(request));
}

void SessionCore::ShrinkResults(const absl::Status& refusal) {
  const ResultBuffer::Shrunk shrunk = results_.ShrinkSent(LimitIn(refusal));
  for (const v1::TaskResult* result : shrunk.changed) effects_.push_back(KeepResult{*result});
  // What is refused all the same is refused the next time, too.
  if (shrunk.nothing()) hopeless_ = true;
  Log(LogLine::Level::kWarn,
      absl::StrCat("the coordinator refused a message as too large; ", shrunk.stripped,
                   " results lose their evidence, ", shrunk.given_up, " are given up",
                   shrunk.divided ? ", batches get smaller" : ""));
}

void SessionCore::LogEnd(const std::string& reason, Duration wait) {
  // An outage is one line, not one for each attempt.
  const bool repeated = !was_open_ && reason == last_logged_end_;
  last_logged_end_ = reason;
  const LogLine::Level level = repeated    ? LogLine::Level::kDebug
                               : was_open_ ? LogLine::Level::kInfo
                                           : LogLine::Level::kWarn;
  const std::string hint = was_open_ ? "" : shared::SecurityHint(reason);
  Log(level, absl::StrCat(was_open_ ? "disconnected from " : "cannot connect to ", options_.peer,
                          ": ", reason, hint, "; next attempt in ", shared::FormatDuration(wait)));
}

void SessionCore::Log(LogLine::Level level, std::string text) {
  effects_.push_back(LogLine{level, std::move(text)});
}

}  // namespace smokemesh::agent
