#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/engine_host.h"
#include "coordinator/run_admission.h"
#include "coordinator/run_history.h"
#include "shared/status_macros.h"
#include "shared/text.h"

// The calls of RunControl. Sessions, effects and life-cycle are in engine_host.cc.

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxReason = 1000;

v1::WatchRunResponse WholeRun(v1::Run run) {
  v1::WatchRunResponse event;
  *event.mutable_run() = std::move(run);
  return event;
}

}  // namespace

void EngineHost::CreateRun(v1::CreateRunRequest request, Reply<v1::CreateRunResponse> reply) {
  OnWorker(
      [this, request = std::move(request), reply]() mutable {
        const absl::Status admitted = AdmitRun(&request);
        if (!admitted.ok()) return reply(admitted);
        if (request.validate_only()) return reply(v1::CreateRunResponse());
        const absl::StatusOr<StoredRun> stored = store_->FindByRequestId(request.request_id());
        if (stored.ok()) return AnswerFromStore(request, *stored, reply);
        if (!absl::IsNotFound(stored.status())) return reply(stored.status());
        absl::StatusOr<std::vector<EarlierRun>> earlier = LoadEarlierRuns(request, true);
        if (!earlier.ok()) return reply(earlier.status());
        const absl::Status filled = FillFromEarlierRuns(store_.get(), &request);
        if (!filled.ok()) return reply(filled);
        OnLoop(
            [this, request = std::move(request), earlier = *std::move(earlier), reply]() mutable {
              StartRun(std::move(request), std::move(earlier), std::move(reply));
            },
            reply);
      },
      reply);
}

absl::StatusOr<std::vector<EarlierRun>> EngineHost::LoadEarlierRuns(
    const v1::CreateRunRequest& request, bool admit) {
  std::vector<EarlierRun> earlier;
  for (const v1::CleanRun& run : request.options().clean_runs()) {
    absl::StatusOr<StoredRun> stored = store_->GetRun(run.run_id());
    if (absl::IsNotFound(stored.status())) continue;  // no record
    RETURN_IF_ERROR(stored.status());
    if (admit) RETURN_IF_ERROR(AdmitCleanUpAfter(request.plan(), *stored));
    earlier.push_back({run.run_id(), std::move(stored->manifest)});
  }
  return earlier;
}

void EngineHost::StartRun(v1::CreateRunRequest request, std::vector<EarlierRun> earlier,
                          Reply<v1::CreateRunResponse> reply) {
  if (draining_) return reply(StoppingError());
  for (auto& [run_id, creation] : creations_) {
    if (creation.request.request_id() != request.request_id()) continue;
    if (AskForSameRun(creation.request, request)) {
      creation.replies.push_back(std::move(reply));
    } else {
      reply(absl::AlreadyExistsError(absl::StrCat("request id \"", request.request_id(),
                                                  "\" was used with another plan or options")));
    }
    return;
  }
  const shared::Instant now = clock_.Now();
  std::string run_id = NewRunId(now.wall);
  while (creations_.contains(run_id) || engine_.FindRun(run_id, now).has_value()) {
    run_id = NewRunId(now.wall);
  }
  Creation& creation = creations_[run_id];
  creation.request = request;
  creation.replies.push_back(std::move(reply));
  Step(RunCreated{run_id, std::move(request), std::move(earlier)});
}

void EngineHost::AnswerFromStore(const v1::CreateRunRequest& request, const StoredRun& stored,
                                 const Reply<v1::CreateRunResponse>& reply) {
  if (!AskForSameRun(stored.request, request)) {
    return reply(absl::AlreadyExistsError(absl::StrCat("request id \"", request.request_id(),
                                                       "\" was used for run ", stored.run_id,
                                                       ", with another plan or options")));
  }
  FindRun(stored.run_id, [reply](absl::StatusOr<v1::Run> run) {
    if (!run.ok()) return reply(run.status());
    v1::CreateRunResponse response;
    *response.mutable_run() = *std::move(run);
    reply(std::move(response));
  });
}

absl::StatusOr<v1::Run> EngineHost::FinishedRun(const std::string& run_id) {
  absl::StatusOr<StoredRun> stored = store_->GetRun(run_id);
  RETURN_IF_ERROR(stored.status());
  if (!stored->final_run.has_value()) {
    return absl::UnavailableError(
        absl::StrCat("run ", run_id, " is open, and this coordinator has not taken it up"));
  }
  return *std::move(stored->final_run);
}

void EngineHost::Resolve(std::string run_id, std::function<void(const std::string&)> found,
                         const std::function<void(absl::Status)>& refuse) {
  if (run_id != "latest") {
    OnLoop([run_id = std::move(run_id), found = std::move(found)] { found(run_id); }, refuse);
    return;
  }
  OnWorker(
      [this, found = std::move(found), refuse] {
        const absl::StatusOr<std::string> newest = records_.Resolve("latest");
        if (!newest.ok()) return refuse(newest.status());
        OnLoop([run_id = *newest, found] { found(run_id); }, refuse);
      },
      refuse);
}

void EngineHost::FindRun(const std::string& run_id, const Reply<v1::Run>& reply) {
  Resolve(
      run_id,
      [this, reply](const std::string& id) {
        std::optional<v1::Run> run = engine_.FindRun(id, clock_.Now());
        if (run.has_value()) return reply(*std::move(run));
        OnWorker([this, id, reply] { reply(FinishedRun(id)); }, reply);
      },
      reply);
}

void EngineHost::GetRun(std::string run_id, Reply<v1::GetRunResponse> reply) {
  FindRun(run_id, [reply = std::move(reply)](absl::StatusOr<v1::Run> run) {
    if (!run.ok()) return reply(run.status());
    v1::GetRunResponse response;
    *response.mutable_run() = *std::move(run);
    reply(std::move(response));
  });
}

void EngineHost::GetRecord(std::string run_id, Reply<v1::GetRecordResponse> reply) {
  FindRun(run_id, [this, reply = std::move(reply)](absl::StatusOr<v1::Run> run) {
    if (!run.ok()) return reply(run.status());
    OnWorker(
        [this, run = *std::move(run), reply]() mutable {
          absl::StatusOr<v1::RunRecord> record = records_.GetRecord(run.run_id());
          if (!record.ok()) return reply(record.status());
          v1::GetRecordResponse response;
          *response.mutable_record() = *std::move(record);
          // The engine knows more of an open run than the store.
          if (response.record().run().state() != v1::Run::STATE_FINISHED) {
            *response.mutable_record()->mutable_run() = std::move(run);
          }
          reply(std::move(response));
        },
        reply);
  });
}

void EngineHost::ListRuns(v1::ListRunsRequest request, Reply<v1::ListRunsResponse> reply) {
  const absl::Status checked = CheckListRuns(request);
  if (!checked.ok()) return reply(checked);
  OnWorker([this, request = std::move(request), reply] { reply(records_.ListRuns(request)); },
           reply);
}

void EngineHost::CancelRun(std::string run_id, std::string reason,
                           Reply<v1::CancelRunResponse> reply) {
  const auto answer = [reply](absl::StatusOr<v1::Run> run) {
    if (!run.ok()) return reply(run.status());
    v1::CancelRunResponse response;
    *response.mutable_run() = *std::move(run);
    reply(std::move(response));
  };
  reason = reason.empty() ? "cancelled" : shared::Shorten(reason, kMaxReason);
  Resolve(
      std::move(run_id),
      [this, answer, reason](const std::string& id) {
        if (draining_) return answer(StoppingError());
        if (!engine_.FindRun(id, clock_.Now()).has_value()) return FindRun(id, answer);
        Step(RunCancelled{id, reason});
        FindRun(id, answer);
      },
      reply);
}

void EngineHost::ListAgents(Reply<v1::ListAgentsResponse> reply) {
  OnLoop(
      [this, reply] {
        const std::vector<v1::AgentInfo> agents = engine_.Agents(clock_.Now());
        v1::ListAgentsResponse response;
        response.mutable_agents()->Add(agents.begin(), agents.end());
        reply(std::move(response));
      },
      reply);
}

void EngineHost::WatchRun(std::string run_id, std::weak_ptr<RunWatcher> watcher) {
  const auto end = [watcher](absl::Status status) {
    if (const auto one = watcher.lock()) one->OnEnd(std::move(status));
  };
  const auto finish = [watcher](absl::StatusOr<v1::Run> run) {
    const auto one = watcher.lock();
    if (one == nullptr) return;
    if (!run.ok()) return one->OnEnd(run.status());
    one->OnEvent(std::make_shared<const v1::WatchRunResponse>(WholeRun(*std::move(run))));
    one->OnEnd(absl::OkStatus());
  };
  Resolve(
      std::move(run_id),
      [this, watcher, end, finish](const std::string& id) {
        if (draining_) return end(StoppingError());
        std::optional<v1::Run> run = engine_.FindRun(id, clock_.Now());
        if (!run.has_value()) return OnWorker([this, id, finish] { finish(FinishedRun(id)); }, end);
        if (run->state() == v1::Run::STATE_FINISHED) return finish(*std::move(run));
        const auto one = watcher.lock();
        if (one == nullptr) return;
        one->OnEvent(std::make_shared<const v1::WatchRunResponse>(WholeRun(*std::move(run))));
        watchers_[id].push_back(watcher);
      },
      end);
}

}  // namespace smokemesh::coordinator
