#include "coordinator/cli/run_client.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/backoff.h"
#include "shared/credentials/client_security.h"
#include "shared/duration.h"
#include "shared/grpc_support/grpc_status.h"
#include "shared/grpc_support/replica_metadata.h"
#include "shared/mutex.h"
#include "smokemesh/v1/run_service.grpc.pb.h"

namespace smokemesh::coordinator {
namespace {

using shared::SteadyTime;
using std::chrono::steady_clock;

constexpr auto kCancelCallTimeout = std::chrono::seconds(2);
constexpr auto kLastTry = std::chrono::milliseconds(250);
// How often one who waits looks whether to go on.
constexpr auto kLookUp = std::chrono::milliseconds(100);

// gRPC takes deadlines on the wall clock only.
std::chrono::system_clock::time_point Deadline(SteadyTime time) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(time -
                                                                         steady_clock::now());
}

// Whether the same call may work later: the coordinator is away, is stopping, or cut the call.
bool WorthTryingAgain(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

bool IsFinished(const v1::Run& run) { return run.state() == v1::Run::STATE_FINISHED; }

class RunClient {
 public:
  RunClient(std::vector<std::shared_ptr<grpc::Channel>> channels,
            const v1::CreateRunRequest& request, const RunClientOptions& options,
            Progress* progress)
      : channels_(std::move(channels)),
        request_(request),
        options_(options),
        progress_(*progress),
        backoff_({.first = std::chrono::milliseconds(100), .cap = std::chrono::seconds(2)},
                 std::random_device{}()) {}

  RunOutcome Drive(shared::Cancellation* interruption) {
    // The callback only wakes this thread up; the calls are made there.
    std::thread canceller([this] { CancelWhenInterrupted(); });
    RunOutcome outcome;
    {
      shared::Cancellation::Registration registration(interruption, [this] { Interrupt(); });
      outcome.status = Create();
      if (outcome.status.ok()) outcome.status = Watch();
    }
    {
      shared::MutexLock lock(&mutex_);
      ended_ = true;
      changed_.NotifyAll();
    }
    canceller.join();
    if (seen_) outcome.run = std::move(run_);
    return outcome;
  }

 private:
  void Interrupt() ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    interrupted_ = true;
    give_up_at_ = steady_clock::now() + options_.cancel_grace;
    changed_.NotifyAll();
  }

  bool interrupted() const ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    return interrupted_;
  }

  // When there is no point in waiting any longer.
  SteadyTime GiveUpAt() const ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    const SteadyTime patience = last_word_ + options_.patience;
    return interrupted_ ? std::min(patience, give_up_at_) : patience;
  }

  // Until an interruption comes, or the coordinator is reached that was not. A channel connects
  // only while somebody waits on it: a client of gRPC has no thread for it, and a TLS handshake
  // that nobody looks after ends by its timeout.
  void Pause(shared::Duration duration) ABSL_LOCKS_EXCLUDED(mutex_) {
    const SteadyTime until = steady_clock::now() + duration;
    if (options_.in_process) return Sleep(until);
    const bool before = interrupted();
    grpc::Channel& channel = *channels_[replica_ % channels_.size()];
    grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
    const bool reached = state == GRPC_CHANNEL_READY;
    while (interrupted() == before && steady_clock::now() < until) {
      channel.WaitForStateChange(state, Deadline(std::min(until, steady_clock::now() + kLookUp)));
      state = channel.GetState(/*try_to_connect=*/true);
      if (!reached && state == GRPC_CHANNEL_READY) return;
    }
  }

  void Sleep(SteadyTime until) ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    const bool before = interrupted_;
    while (interrupted_ == before && steady_clock::now() < until) {
      changed_.WaitUntil(&mutex_, until);
    }
  }

  // Runs on a thread of its own. After an interruption: asks the coordinator to end the run until
  // it has agreed, and cuts the stream when the grace is over.
  void CancelWhenInterrupted() ABSL_LOCKS_EXCLUDED(mutex_) {
    bool agreed = false;
    while (true) {
      std::string run_id;
      {
        shared::MutexLock lock(&mutex_);
        while (!ended_ && (!interrupted_ || (run_id_.empty() && !TimeIsUp()))) {
          if (interrupted_) {
            changed_.WaitUntil(&mutex_, give_up_at_);
          } else {
            changed_.Wait(&mutex_);
          }
        }
        while (agreed && !ended_ && !TimeIsUp()) changed_.WaitUntil(&mutex_, give_up_at_);
        if (ended_) return;
        if (TimeIsUp()) {
          if (context_ != nullptr) context_->TryCancel();
          return;
        }
        run_id = run_id_;
      }
      agreed = Cancel(run_id);
      if (!agreed) PauseCanceller();
    }
  }

  bool TimeIsUp() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return interrupted_ && steady_clock::now() >= give_up_at_;
  }

  void PauseCanceller() ABSL_LOCKS_EXCLUDED(mutex_) {
    const SteadyTime until = steady_clock::now() + std::chrono::milliseconds(200);
    shared::MutexLock lock(&mutex_);
    while (!ended_ && steady_clock::now() < until) changed_.WaitUntil(&mutex_, until);
  }

  bool Cancel(const std::string& run_id) {
    grpc::ClientContext context;
    context.set_deadline(Deadline(steady_clock::now() + kCancelCallTimeout));
    v1::CancelRunRequest request;
    request.set_run_id(run_id);
    request.set_reason("interrupted");
    v1::CancelRunResponse response;
    const bool done = Stub()->CancelRun(&context, request, &response).ok();
    if (!done) TryAnotherReplica();
    return done;
  }

  absl::Status Create() {
    shared::Duration wait = options_.has_answered ? options_.patience : options_.connect_timeout;
    const SteadyTime begin = steady_clock::now();
    SteadyTime give_up = begin + wait;
    bool lost = false;
    while (true) {
      grpc::ClientContext context;
      // The last try, made when the time is nearly up, still gets a moment.
      // A replica that is frozen must not use up the time of the others.
      const SteadyTime latest =
          std::min(give_up, steady_clock::now() + wait / static_cast<int>(channels_.size()));
      context.set_deadline(Deadline(std::max(latest, steady_clock::now() + kLastTry)));
      v1::CreateRunResponse response;
      SetContext(&context);
      const absl::Status status =
          shared::FromGrpcStatus(Stub()->CreateRun(&context, request_, &response));
      SetContext(nullptr);
      if (context.GetServerTrailingMetadata().count(shared::kNoLeader) > 0) {
        wait = std::max<shared::Duration>(wait, kLeaderWait);
        give_up = begin + wait;
      }
      if (status.ok()) {
        backoff_.Reset();
        if (lost && options_.has_answered) NoteBack();
        Take(std::move(*response.mutable_run()));
        return options_.on_created ? options_.on_created(run_) : status;
      }
      if (!WorthTryingAgain(status)) return status;
      TryAnotherReplica();
      if (interrupted()) return absl::CancelledError("interrupted before the run was made");
      const SteadyTime now = steady_clock::now();
      if (now >= give_up) {
        if (status.code() != absl::StatusCode::kUnavailable &&
            status.code() != absl::StatusCode::kDeadlineExceeded) {
          return status;  // it answers, and fails
        }
        return absl::UnavailableError(
            absl::StrCat("no coordinator answers at ", options_.coordinator_name, " within ",
                         shared::FormatDuration(wait), ": ", status.message(),
                         shared::SecurityHint(std::string(status.message()))));
      }
      if (options_.has_answered && !lost) NoteLost();
      lost = true;
      Pause(std::min(backoff_.Next(), shared::Duration(give_up - now)));
    }
  }

  void NoteLost() {
    progress_.Note(
        absl::StrCat("lost the coordinator at ", options_.coordinator_name, ", trying again"));
  }

  void NoteBack() {
    progress_.Note(absl::StrCat("the coordinator at ", options_.coordinator_name, " is back"));
  }

  absl::Status Watch() {
    bool lost = false;
    while (!IsFinished(run_)) {
      const absl::Status status = WatchOnce(&lost);
      if (IsFinished(run_)) break;
      if (!status.ok() && !WorthTryingAgain(status)) {
        return absl::Status(
            status.code(),
            absl::StrCat("the coordinator at ", options_.coordinator_name, " does not show run ",
                         run_.run_id(), ": ", status.message()));
      }
      const SteadyTime now = steady_clock::now();
      if (now >= GiveUpAt()) {
        if (interrupted()) return absl::CancelledError("interrupted");
        return absl::UnavailableError(absl::StrCat(
            "the coordinator at ", options_.coordinator_name, " was lost for more than ",
            shared::FormatDuration(options_.patience), ": ", status.message()));
      }
      if (!lost) {
        lost = true;
        if (!interrupted()) NoteLost();
      }
      TryAnotherReplica();
      Pause(std::min(backoff_.Next(), shared::Duration(GiveUpAt() - now)));
    }
    return absl::OkStatus();
  }

  // One stream, until it ends.
  absl::Status WatchOnce(bool* lost) {
    grpc::ClientContext context;
    context.set_deadline(Deadline(GiveUpAt()));
    v1::WatchRunRequest request;
    request.set_run_id(run_.run_id());
    const std::unique_ptr<v1::RunService::Stub> stub = Stub();
    const std::unique_ptr<grpc::ClientReader<v1::WatchRunResponse>> reader =
        stub->WatchRun(&context, request);
    SetContext(&context);
    v1::WatchRunResponse response;
    while (reader->Read(&response)) {
      backoff_.Reset();
      if (*lost) {
        *lost = false;
        NoteBack();
      }
      Take(std::move(response));
      if (IsFinished(run_)) break;
    }
    if (IsFinished(run_)) context.TryCancel();  // nothing more is wanted
    const absl::Status status = shared::FromGrpcStatus(reader->Finish());
    SetContext(nullptr);
    if (status.ok() && !IsFinished(run_)) {
      return absl::UnavailableError("the stream ended before the run did");
    }
    return status;
  }

  std::unique_ptr<v1::RunService::Stub> Stub() const {
    return v1::RunService::NewStub(channels_[replica_ % channels_.size()]);
  }

  void TryAnotherReplica() { ++replica_; }

  void SetContext(grpc::ClientContext* context) ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    context_ = context;
  }

  void Take(v1::WatchRunResponse event) {
    switch (event.event_case()) {
      case v1::WatchRunResponse::kRun:
        return Take(std::move(*event.mutable_run()));
      case v1::WatchRunResponse::kCheck:
        for (v1::CheckRecord& check : *run_.mutable_checks()) {
          if (check.name() != event.check().name()) continue;
          check = std::move(*event.mutable_check());
          break;
        }
        break;
      case v1::WatchRunResponse::kVerdict:
        *run_.mutable_verdict() = std::move(*event.mutable_verdict());
        break;
      case v1::WatchRunResponse::EVENT_NOT_SET:
        break;
    }
    Heard();
  }

  void Take(v1::Run run) {
    run_ = std::move(run);
    seen_ = true;
    Heard();
  }

  void Heard() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      shared::MutexLock lock(&mutex_);
      last_word_ = steady_clock::now();
      if (run_id_ != run_.run_id()) {
        run_id_ = run_.run_id();
        changed_.NotifyAll();
      }
    }
    progress_.Update(run_);
  }

  const std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::atomic<size_t> replica_{0};
  const v1::CreateRunRequest& request_;
  const RunClientOptions options_;
  Progress& progress_;
  shared::Backoff backoff_;
  v1::Run run_;
  bool seen_ = false;

  mutable shared::Mutex mutex_;
  shared::CondVar changed_;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  SteadyTime give_up_at_ ABSL_GUARDED_BY(mutex_);
  SteadyTime last_word_ ABSL_GUARDED_BY(mutex_) = steady_clock::now();
  std::string run_id_ ABSL_GUARDED_BY(mutex_);
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace

RunOutcome CreateAndWatch(std::vector<std::shared_ptr<grpc::Channel>> channels,
                          const v1::CreateRunRequest& request, const RunClientOptions& options,
                          Progress* progress, shared::Cancellation* interruption) {
  return RunClient(std::move(channels), request, options, progress).Drive(interruption);
}

}  // namespace smokemesh::coordinator
