#include "coordinator/engine_host.h"

#include <algorithm>
#include <future>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "shared/failpoint.h"
#include "shared/logging.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

}  // namespace

EngineHost::EngineHost(const EngineOptions& options, std::unique_ptr<RunStore> store,
                       std::function<void(bool)> on_store_health, LeadershipGuard guard)
    : on_store_health_(std::move(on_store_health)),
      guard_(std::move(guard)),
      store_(std::move(store)),
      records_(store_.get()),
      engine_(options),
      loop_(shared::EventLoop::Alarm{
          .deadline =
              [this] { return draining_ || deposed_ ? std::nullopt : engine_.NextDeadline(); },
          .ring = [this] { Step(Tick{}); }}) {}

EngineHost::~EngineHost() { Stop(); }

absl::Status EngineHost::Restore() {
  ASSIGN_OR_RETURN(std::vector<StoredRun> runs, store_->LoadOpenRuns());
  std::vector<RunRestored> events;
  for (StoredRun& run : runs) {
    ASSIGN_OR_RETURN(std::vector<EarlierRun> earlier, LoadEarlierRuns(run.request, false));
    events.push_back({std::move(run), std::move(earlier)});
  }
  std::promise<void> taken;
  loop_.Post([this, &events, &taken] {
    for (RunRestored& event : events) {
      shared::LogInfo(absl::StrCat("run ", event.run.run_id, " is taken up again"));
      Step(std::move(event));
    }
    taken.set_value();
  });
  taken.get_future().wait();
  return absl::OkStatus();
}

// ---- The engine's effects
// ------------------------------------------------------------------------

void EngineHost::Step(const Event& event) {
  if (Deposed()) return;
  for (Effect& effect : engine_.Step(event, clock_.Now())) {
    std::visit([this](auto& one) { CarryOut(std::move(one)); }, effect);
  }
}

void EngineHost::CarryOut(const SendToAgent& effect) {
  const auto session = sessions_.find(effect.session_id);
  if (session != sessions_.end()) session->second->Send(effect.message);
}

void EngineHost::CarryOut(CloseSession effect) {
  const auto session = sessions_.find(effect.session_id);
  if (absl::IsAlreadyExists(effect.status)) shared::LogWarn(std::string(effect.status.message()));
  if (session != sessions_.end()) session->second->Close(std::move(effect.status));
}

void EngineHost::CarryOut(PutRun effect) {
  const bool is_final = effect.run.final_run.has_value();
  std::string run_id = effect.run.run_id;
  store_->PutRun(std::move(effect.run), [this, ticket = effect.ticket, is_final,
                                         run_id = std::move(run_id)](const absl::Status& status) {
    if (is_final && status.ok()) SMOKEMESH_FAILPOINT("after_verdict_stored");
    StoreDone done{ticket, status};
    if (is_final && absl::IsFailedPrecondition(status)) {
      absl::StatusOr<StoredRun> stored = store_->GetRun(run_id);
      if (stored.ok()) done.ended = std::move(stored->final_run);
    }
    loop_.Post([this, done = std::move(done)]() mutable { StoreIsDone(std::move(done)); });
  });
}

void EngineHost::CarryOut(AppendResults effect) {
  store_->AppendResults(std::move(effect.results),
                        [this, ticket = effect.ticket](const absl::Status& status) {
                          loop_.Post([this, ticket, status] { StoreIsDone({ticket, status}); });
                        });
}

void EngineHost::StoreIsDone(StoreDone done) {
  problems_.Report(done.status);
  on_store_health_(StoreProblems::Works(done.status));
  if (IsFenced(done.status)) {
    ++fenced_writes_;
    Depose();
    if (guard_.on_fenced) guard_.on_fenced();
  }
  Step(std::move(done));
}

void EngineHost::CarryOut(NotifyWatchers effect) {
  const auto found = watchers_.find(effect.run_id);
  if (found == watchers_.end()) return;
  const bool last = effect.event.has_run() && effect.event.run().state() == v1::Run::STATE_FINISHED;
  const auto event = std::make_shared<const v1::WatchRunResponse>(std::move(effect.event));
  std::vector<std::weak_ptr<RunWatcher>>& watchers = found->second;
  std::erase_if(watchers, [](const std::weak_ptr<RunWatcher>& one) { return one.expired(); });
  for (const std::weak_ptr<RunWatcher>& one : watchers) {
    const std::shared_ptr<RunWatcher> watcher = one.lock();
    if (watcher == nullptr) continue;
    watcher->OnEvent(event);
    if (last) watcher->OnEnd(absl::OkStatus());
  }
  if (last || watchers.empty()) watchers_.erase(found);
}

void EngineHost::CarryOut(const RunAccepted& effect) {
  auto node = creations_.extract(effect.run_id);
  if (node.empty()) return;
  Creation& creation = node.mapped();
  if (absl::IsAlreadyExists(effect.status)) {
    // The same request came in between: it has made the run.
    for (Reply<v1::CreateRunResponse>& reply : creation.replies) {
      OnWorker(
          [this, request = creation.request, reply] {
            const absl::StatusOr<StoredRun> stored = store_->FindByRequestId(request.request_id());
            if (!stored.ok()) return reply(stored.status());
            AnswerFromStore(request, *stored, reply);
          },
          reply);
    }
    return;
  }
  v1::CreateRunResponse response;
  std::optional<v1::Run> run = engine_.FindRun(effect.run_id, clock_.Now());
  if (run.has_value()) *response.mutable_run() = *std::move(run);
  for (Reply<v1::CreateRunResponse>& reply : creation.replies) {
    if (effect.status.ok()) {
      reply(response);
    } else {
      reply(effect.status);
    }
  }
}

// ---- Threads ----------------------------------------------------------------------------------

void EngineHost::OnLoop(shared::EventLoop::Task task,
                        const std::function<void(absl::Status)>& refuse) {
  const bool posted = loop_.Post([this, task = std::move(task), refuse] {
    if (Deposed()) return refuse(DeposedError());
    task();
  });
  if (!posted) refuse(StoppingError());
}

void EngineHost::OnWorker(shared::EventLoop::Task task,
                          const std::function<void(absl::Status)>& refuse) {
  if (!worker_.Post(std::move(task))) refuse(StoppingError());
}

// ---- Sessions --------------------------------------------------------------------------------

void EngineHost::OnConnected(std::shared_ptr<SessionHandle> session, v1::Hello hello) {
  OnLoop(
      [this, session, hello = std::move(hello)]() mutable {
        if (draining_) return session->Close(StoppingError());
        sessions_[session->id()] = session;
        SessionsChanged();
        Step(AgentConnected{session->id(), std::move(hello)});
        session->ReadNext();
      },
      [session](absl::Status status) { session->Close(std::move(status)); });
}

void EngineHost::OnMessage(std::shared_ptr<SessionHandle> session, v1::ConnectRequest message) {
  OnLoop(
      [this, session, message = std::move(message)]() mutable {
        if (!sessions_.contains(session->id())) return;
        Step(AgentMessage{session->id(), std::move(message)});
        session->ReadNext();
      },
      [session](absl::Status status) { session->Close(std::move(status)); });
}

void EngineHost::OnClosed(std::shared_ptr<SessionHandle> session, std::string reason) {
  loop_.Post([this, session, reason = std::move(reason)]() mutable {
    if (sessions_.erase(session->id()) == 0) return;
    if (!draining_) Step(AgentDisconnected{session->id(), std::move(reason)});
    SessionsChanged();
  });
}

void EngineHost::SessionsChanged() {
  MutexLock lock(&drain_mutex_);
  open_sessions_ = sessions_.size();
  drained_.NotifyAll();
}

// ---- The end ---------------------------------------------------------------------------------

bool EngineHost::Deposed() {
  if (!deposed_ && guard_.may_decide && !guard_.may_decide()) Depose();
  return deposed_;
}

void EngineHost::Depose() {
  if (deposed_.exchange(true)) return;
  loop_.Post([this] { EndEverything(DeposedError()); });
}

void EngineHost::EndWatchers(const absl::Status& status) {
  for (const auto& [run_id, watchers] : watchers_) {
    for (const std::weak_ptr<RunWatcher>& one : watchers) {
      if (const auto watcher = one.lock()) watcher->OnEnd(status);
    }
  }
  watchers_.clear();
}

void EngineHost::EndEverything(const absl::Status& status) {
  for (const auto& [id, session] : sessions_) session->Close(status);
  EndWatchers(status);
  for (const auto& [run_id, creation] : creations_) {
    for (const Reply<v1::CreateRunResponse>& reply : creation.replies) reply(status);
  }
  creations_.clear();
}

void EngineHost::StartDraining() {
  loop_.Post([this] {
    draining_ = true;
    v1::ConnectResponse goodbye;
    goodbye.mutable_drain_notice()->set_reason("the coordinator is stopping");
    for (const auto& [id, session] : sessions_) session->Send(goodbye);
    EndWatchers(StoppingError());
    SessionsChanged();
  });
}

void EngineHost::AwaitSessions(shared::SteadyTime deadline) {
  MutexLock lock(&drain_mutex_);
  while (open_sessions_ > 0) {
    if (!drained_.WaitUntil(&drain_mutex_, deadline)) return;
  }
}

void EngineHost::EndSessions() {
  loop_.Post([this] { EndEverything(StoppingError()); });
}

void EngineHost::Stop() {
  // Tasks of either thread may still post to the other: it then answers that it is stopping. Writes
  // that are queued are carried out; nobody waits for their answers any more.
  worker_.Stop();
  loop_.Stop();
  if (fenced_writes_ > 0) {
    shared::LogWarn(absl::StrCat(
        "another replica leads; writes of this one that the store refused: ", fenced_writes_));
    fenced_writes_ = 0;
  }
  store_.reset();
}

}  // namespace smokemesh::coordinator
