#include "agent/session/coordinator_session.h"

#include <chrono>
#include <utility>

#include "agent/session/connect_stream.h"
#include "agent/spool/result_spool.h"
#include "shared/logging.h"

namespace smokemesh::agent {
namespace {

using shared::SteadyTime;

// How long an attempt after a failed one gives the channel to connect. The channel has a backoff of
// its own; without this an attempt would be answered from its memory of the last failure, and a
// coordinator that is back would be found one attempt later.
constexpr auto kConnectAllowance = std::chrono::milliseconds(250);

void ConnectNow(grpc::Channel* channel) {
  grpc::experimental::ChannelResetConnectionBackoff(channel);
  const auto deadline = std::chrono::system_clock::now() + kConnectAllowance;
  channel->WaitForConnected(deadline);
}

std::vector<std::shared_ptr<grpc::Channel>> AllChannels(
    std::shared_ptr<grpc::Channel> first,
    const std::vector<std::shared_ptr<grpc::Channel>>& others) {
  std::vector<std::shared_ptr<grpc::Channel>> all = {std::move(first)};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

SessionCoreOptions ForReplicas(SessionCoreOptions options, size_t replicas) {
  options.backoff.targets = static_cast<int>(replicas);
  return options;
}

}  // namespace

CoordinatorSession::CoordinatorSession(CoordinatorSessionOptions options,
                                       std::shared_ptr<grpc::Channel> channel)
    : in_process_(options.in_process),
      spool_(options.spool),
      channels_(AllChannels(std::move(channel), options.other_channels)),
      // Agents of one list do not all begin with the first.
      streams_(options.core.backoff_seed % channels_.size()),
      core_(ForReplicas(std::move(options.core), channels_.size())),
      loop_({.deadline = [this] { return core_.NextDeadline(); },
             .ring = [this] { Feed(SessionTick{}); }}) {}

CoordinatorSession::~CoordinatorSession() { Stop(); }

void CoordinatorSession::Start(Executor* executor) {
  loop_.Post([this, executor] {
    executor_ = executor;
    Feed(SessionStarted{});
  });
}

void CoordinatorSession::Report(v1::TaskResult result) {
  loop_.Post(
      [this, result = std::move(result)]() mutable { Feed(TaskFinished{std::move(result)}); });
}

void CoordinatorSession::SayReady(std::string task_id) {
  loop_.Post([this, task_id = std::move(task_id)] { Feed(TaskReady{task_id}); });
}

void CoordinatorSession::Drain(std::string reason) {
  loop_.Post([this, reason = std::move(reason)] { Feed(DrainRequested{reason}); });
}

bool CoordinatorSession::WaitStopped(SteadyTime deadline) {
  shared::MutexLock lock(&mutex_);
  while (!stopped_) {
    if (!stopped_changed_.WaitUntil(&mutex_, deadline) && !stopped_) return false;
  }
  return true;
}

bool CoordinatorSession::Stop() {
  loop_.Post([this] { Feed(StopRequested{}); });
  bool delivered = false;
  {
    shared::MutexLock lock(&mutex_);
    // Without a deadline: gRPC always ends a cancelled stream, and uses this object until then.
    while (!stopped_) stopped_changed_.Wait(&mutex_);
    delivered = delivered_;
  }
  loop_.Stop();
  return delivered;
}

size_t CoordinatorSession::undelivered() const {
  shared::MutexLock lock(&mutex_);
  return undelivered_;
}

void CoordinatorSession::Feed(SessionEvent event) {
  events_.push_back(std::move(event));
  while (!events_.empty()) {
    const SessionEvent next = std::move(events_.front());
    events_.pop_front();
    for (SessionEffect& effect : core_.Step(next, std::chrono::steady_clock::now())) {
      std::visit([this](auto& e) { Perform(e); }, effect);
    }
  }
  connected_ = core_.state() == SessionCore::State::kOpen;
}

void CoordinatorSession::Perform(OpenStream& effect) {
  const std::shared_ptr<grpc::Channel>& channel = channels_[streams_++ % channels_.size()];
  if (effect.failed_attempts > 0 && !in_process_) ConnectNow(channel.get());
  v1::AgentSessionService::Stub stub(channel);
  ConnectStream::Listener listener;
  listener.on_message = [this](v1::ConnectResponse message) {
    loop_.Post([this, message = std::move(message)]() mutable {
      Feed(StreamMessage{std::move(message)});
      // Only now: a coordinator that talks faster than this agent works is held by flow control.
      if (stream_ != nullptr) stream_->ReadNext();
    });
  };
  listener.on_written = [this] { loop_.Post([this] { Feed(StreamWritten{}); }); };
  listener.on_read_end = [this] {
    loop_.Post([this] {
      if (stream_ != nullptr) stream_->Release();
    });
  };
  listener.on_ended = [this](absl::Status status) {
    loop_.Post([this, status = std::move(status)] {
      stream_ = nullptr;
      Feed(StreamEnded{status});
    });
  };
  stream_ = ConnectStream::Open(&stub, std::move(listener));
}

void CoordinatorSession::Perform(WriteToStream& effect) {
  if (stream_ != nullptr) stream_->Write(std::move(effect.message));
}

void CoordinatorSession::Perform(HalfCloseStream&) {
  if (stream_ != nullptr) stream_->HalfClose();
}

void CoordinatorSession::Perform(CancelStream&) {
  if (stream_ != nullptr) stream_->Cancel();
}

void CoordinatorSession::Perform(SubmitTask& effect) {
  const std::string task_id = effect.assignment.task_id();
  const absl::Status status = executor_->Submit(std::move(effect.assignment));
  if (status.ok()) {
    events_.push_front(TaskAccepted{task_id});
  } else {
    events_.push_front(TaskRejected{task_id, std::string(status.message())});
  }
}

void CoordinatorSession::Perform(CancelTasks& effect) {
  executor_->Cancel(effect.run_id, effect.task_id, effect.reason);
}

void CoordinatorSession::Perform(ReleaseTask& effect) { executor_->Release(effect.task_id); }

void CoordinatorSession::Perform(KeepResult& effect) {
  if (spool_ != nullptr) spool_->Keep(std::move(effect.result));
}

void CoordinatorSession::Perform(ForgetResults& effect) {
  if (spool_ != nullptr) spool_->Forget(effect.task_ids);
}

void CoordinatorSession::Perform(LogLine& effect) {
  switch (effect.level) {
    case LogLine::Level::kDebug:
      shared::LogDebug(effect.text);
      break;
    case LogLine::Level::kInfo:
      shared::LogInfo(effect.text);
      break;
    case LogLine::Level::kWarn:
      shared::LogWarn(effect.text);
      break;
  }
}

void CoordinatorSession::Perform(SessionStopped&) {
  shared::MutexLock lock(&mutex_);
  stopped_ = true;
  delivered_ = core_.delivered();
  undelivered_ = core_.undelivered();
  stopped_changed_.NotifyAll();
}

}  // namespace smokemesh::agent
