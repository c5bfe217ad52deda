#include "tests/simulation/replica.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace smokemesh::testing {
namespace {

// For people who look for what went wrong.
std::string Text(const coordinator::Event& event) {
  if (const auto* one = std::get_if<coordinator::RunCreated>(&event)) {
    return "< create " + one->run_id + " " + one->request.ShortDebugString();
  }
  if (const auto* one = std::get_if<coordinator::RunRestored>(&event)) {
    return "< restore " + one->run.run_id;
  }
  if (const auto* one = std::get_if<coordinator::RunCancelled>(&event)) {
    return "< cancel " + one->run_id;
  }
  if (const auto* one = std::get_if<coordinator::AgentConnected>(&event)) {
    return "< " + one->session_id + " " + one->hello.ShortDebugString();
  }
  if (const auto* one = std::get_if<coordinator::AgentMessage>(&event)) {
    return "< " + one->session_id + " " + one->message.ShortDebugString();
  }
  if (const auto* one = std::get_if<coordinator::AgentDisconnected>(&event)) {
    return "< " + one->session_id + " lost: " + one->reason;
  }
  if (const auto* one = std::get_if<coordinator::StoreDone>(&event)) {
    return "< store " + std::to_string(one->ticket) + " " + std::string(one->status.message());
  }
  return "< tick";
}

std::string Text(const coordinator::Effect& effect) {
  if (const auto* one = std::get_if<coordinator::SendToAgent>(&effect)) {
    return "> " + one->session_id + " " + one->message.ShortDebugString().substr(0, 200);
  }
  if (const auto* one = std::get_if<coordinator::CloseSession>(&effect)) {
    return "> " + one->session_id + " close: " + std::string(one->status.message());
  }
  if (const auto* one = std::get_if<coordinator::PutRun>(&effect)) {
    std::string text = "> put " + std::to_string(one->ticket) + " " + one->run.run_id;
    for (const coordinator::ManifestPair& pair : one->run.manifest) {
      text += " " + pair.check + "@" + pair.agent_id;
    }
    if (one->run.final_run.has_value()) text += " " + one->run.final_run->ShortDebugString();
    return text;
  }
  if (const auto* one = std::get_if<coordinator::AppendResults>(&effect)) {
    std::string text = "> append " + std::to_string(one->ticket);
    for (const v1::TaskResult& result : one->results) {
      text += " " + result.task_id() + "=" + v1::Outcome_Name(result.outcome());
    }
    return text;
  }
  if (const auto* one = std::get_if<coordinator::NotifyWatchers>(&effect)) {
    return "> tell " + one->run_id + " " + one->event.ShortDebugString().substr(0, 300);
  }
  const auto& accepted = std::get<coordinator::RunAccepted>(effect);
  return "> accepted " + accepted.run_id + " " + accepted.status.ToString();
}

}  // namespace

using coordinator::Effect;
using coordinator::Event;
using coordinator::LeadershipEffect;
using coordinator::LeadershipEvent;
using coordinator::Lease;
using coordinator::StoredRun;
using shared::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

Replica::Replica(Mesh* mesh, int index)
    : StreamServer(mesh->world),
      mesh_(*mesh),
      address_("replica-" + std::to_string(index)),
      leadership_alarm_(mesh->world, this, [this] { Lead(coordinator::LeadershipTick{}); }),
      tick_(mesh->world, this, [this] { Give(coordinator::Tick{}); }) {}

// ---- The process -----------------------------------------------------------------------------

void Replica::Start() {
  if (up()) return;
  Begin();
  leaving_ = false;
  loading_ = false;
  end_when_loaded_ = false;
  leases_ = std::make_shared<Line>();
  leader_.clear();
  if (world_.swarm.replicas == 1) {
    Load(0);
    return;
  }
  coordinator::LeadershipOptions options;
  options.holder = address_ + "#" + std::to_string(life());
  options.address = address_;
  leadership_.emplace(options);
  CarryOut(leadership_->Start(Now().steady));
}

void Replica::Crash() {
  if (!up()) return;
  Tell("crashes");
  for (const auto& [id, stream] : std::exchange(sessions_, {})) {
    stream->ServerDied(world_.swarm.silent);
  }
  engine_.reset();
  leadership_.reset();
  End();
}

void Replica::Leave() {
  if (!up() || paused() || leaving_) return;
  leaving_ = true;
  v1::ConnectResponse notice;
  notice.mutable_drain_notice()->set_reason("the coordinator is stopping");
  for (const auto& [id, stream] : sessions_) stream->Send(notice);
  if (leadership_.has_value()) {
    Later(seconds(1), [this] { Lead(coordinator::LeaveRequested{}); });
  } else {
    Later(seconds(1), [this] {
      DropEngine();
      End();
    });
  }
}

void Replica::LoseStore(Duration how_long) {
  store_lost_until_ = world_.now() + how_long;
  if (writes_ != nullptr && world_.random.Chance(0.5)) {
    writes_->in_doubt_until = store_lost_until_ + world_.random.Within(seconds(15));
  }
}

void Replica::OnResumed() {
  if (leadership_.has_value()) Lead(coordinator::LeadershipTick{});
  Give(coordinator::Tick{});
}

// ---- Leadership ------------------------------------------------------------------------------

void Replica::Lead(const LeadershipEvent& event) {
  if (leadership_.has_value()) CarryOut(leadership_->Step(event, Now().steady));
}

void Replica::CarryOut(std::vector<LeadershipEffect> effects) {
  for (const LeadershipEffect& effect : effects) {
    if (std::holds_alternative<coordinator::AskForLease>(effect)) {
      AskLease(false, 0);
    } else if (const auto* renew = std::get_if<coordinator::RenewLease>(&effect)) {
      AskLease(true, renew->epoch);
    } else if (const auto* release = std::get_if<coordinator::ReleaseLease>(&effect)) {
      Ask(
          leases_, false,
          [this, epoch = release->epoch] {
            mesh_.store->Release(epoch, mesh_.store_clock->Steady(world_.now()));
            return absl::OkStatus();
          },
          [](const absl::Status&) {});
    } else if (const auto* begin = std::get_if<coordinator::BeginLeading>(&effect)) {
      leader_.clear();
      Load(begin->epoch);
    } else if (std::holds_alternative<coordinator::EndLeading>(effect)) {
      if (!world_.Is(Mutant::kDecidesWithoutLease)) EndLeading();
    } else if (const auto* follow = std::get_if<coordinator::FollowLeader>(&effect)) {
      leader_ = follow->address;
    } else if (std::holds_alternative<coordinator::LeftLeadership>(effect)) {
      leadership_.reset();
      DropEngine();
      End();
      return;
    }
  }
  if (leadership_.has_value()) leadership_alarm_.Set(leadership_->NextDeadline());
}

void Replica::AskLease(bool renew, uint64_t epoch) {
  const shared::SteadyTime asked = Now().steady;
  const std::string holder = address_ + "#" + std::to_string(life());
  const auto lease = std::make_shared<Lease>();
  const Duration ttl = coordinator::LeadershipOptions().ttl;
  Ask(
      leases_, false,
      [this, renew, epoch, holder, ttl, lease] {
        const shared::SteadyTime now = mesh_.store_clock->Steady(world_.now());
        *lease = renew ? mesh_.store->Renew(epoch, ttl, now)
                       : mesh_.store->Acquire(holder, address_, ttl, now, Now().steady);
        return absl::OkStatus();
      },
      [this, asked, lease](const absl::Status& status) {
        if (status.ok()) {
          Lead(coordinator::LeaseAnswered{*lease, asked});
        } else {
          Lead(coordinator::LeaseAnswered{status, asked});
        }
      });
}

void Replica::EndLeading() {
  DropEngine();
  if (loading_) {
    end_when_loaded_ = true;
    return;
  }
  Later(world_.random.Within(milliseconds(100)), [this] { Lead(coordinator::LeadingEnded{}); });
}

bool Replica::Decides() {
  if (!up() || paused() || !engine_.has_value() || leaving_) return false;
  if (!leadership_.has_value() || leadership_->Leads(Now().steady)) return true;
  if (world_.Is(Mutant::kDecidesWithoutLease)) return true;
  Lead(coordinator::LeadershipTick{});
  return false;
}

StreamServer* Replica::Decider() {
  if (world_.swarm.replicas == 1 || engine_.has_value()) return this;
  return leader_.empty() ? nullptr : mesh_.at(leader_);
}

// ---- The engine ------------------------------------------------------------------------------

void Replica::Load(uint64_t epoch) {
  loading_ = true;
  writes_ = std::make_shared<Line>();
  const auto runs = std::make_shared<std::vector<StoredRun>>();
  Ask(
      writes_, false,
      [this, runs] {
        *runs = mesh_.store->OpenRuns();
        return absl::OkStatus();
      },
      [this, epoch, runs](const absl::Status& status) {
        loading_ = false;
        if (world_.swarm.replicas == 1) {
          if (status.ok()) return TakeUp(epoch, std::move(*runs));
          return Later(seconds(1), [this] { Load(0); });  // its supervisor starts it again
        }
        const bool ends = std::exchange(end_when_loaded_, false);
        if (status.ok() && !ends) TakeUp(epoch, std::move(*runs));
        Lead(coordinator::LeadingBegan{ends ? absl::AbortedError("deposed") : status});
        if (ends) Lead(coordinator::LeadingEnded{});
      });
}

void Replica::TakeUp(uint64_t epoch, std::vector<StoredRun> runs) {
  epoch_ = epoch;
  Tell("leads with epoch " + std::to_string(epoch));
  engine_number_ = mesh_.invariants->OnEngineStart(Now().steady);
  engine_.emplace(world_.mutant());
  for (StoredRun& run : runs) {
    std::vector<coordinator::EarlierRun> earlier = mesh_.earlier(run.request);
    Give(coordinator::RunRestored{std::move(run), std::move(earlier)});
    if (!engine_.has_value()) return;  // what was loaded came when the lease was over
  }
  tick_.Set(engine_->NextDeadline());
  mesh_.began();
}

void Replica::DropEngine() {
  Tell("leads no more");
  engine_.reset();
  for (const auto& [id, stream] : std::exchange(sessions_, {})) {
    stream->Close(absl::UnavailableError("this replica does not lead any more"));
  }
}

void Replica::Give(const Event& event) {
  if (!engine_.has_value() || !mesh_.invariants->violation().empty()) return;
  if (leaving_ && (std::holds_alternative<coordinator::Tick>(event) ||
                   std::holds_alternative<coordinator::AgentDisconnected>(event))) {
    return;
  }
  if (leadership_.has_value() && !leadership_->Leads(Now().steady) &&
      !world_.Is(Mutant::kDecidesWithoutLease)) {
    return Lead(coordinator::LeadershipTick{});  // it finds itself deposed
  }
  const uint64_t number = engine_number_;
  if (world_.trace) Tell(Text(event));
  for (Effect& effect : engine_->Step(event, Now())) {
    if (!engine_.has_value() || number != engine_number_) return;
    if (world_.trace) Tell(Text(effect));
    mesh_.invariants->OnEffect(effect, number, engine_->engine(), Now());
    CarryOut(effect);
  }
  if (engine_.has_value()) tick_.Set(engine_->NextDeadline());
}

void Replica::CarryOut(Effect& effect) {
  if (auto* send = std::get_if<coordinator::SendToAgent>(&effect)) {
    const auto it = sessions_.find(send->session_id);
    if (it != sessions_.end()) it->second->Send(std::move(send->message));
  } else if (auto* close = std::get_if<coordinator::CloseSession>(&effect)) {
    const auto it = sessions_.find(close->session_id);
    if (it == sessions_.end()) return;
    it->second->Close(std::move(close->status));
    sessions_.erase(it);
  } else if (auto* put = std::get_if<coordinator::PutRun>(&effect)) {
    const auto run = std::make_shared<StoredRun>(std::move(put->run));
    const auto ended = std::make_shared<std::optional<v1::Run>>();
    Ask(
        writes_, true,
        [this, run, ended, epoch = epoch_, number = engine_number_] {
          const StoredRun* before = mesh_.store->Find(run->run_id);
          const bool had_ended = before != nullptr && before->final_run.has_value();
          const bool ends = run->final_run.has_value();
          const std::string run_id = run->run_id;
          const absl::Status status = mesh_.store->PutRun(*run, epoch);
          if (ends && status.ok()) {
            mesh_.invariants->OnFinal(*mesh_.store->Find(run_id), number);
            if (!had_ended) mesh_.ended(*mesh_.store->Find(run_id));
          } else if (ends && absl::IsFailedPrecondition(status)) {
            *ended = before->final_run;
          }
          return status;
        },
        [this, ended, number = engine_number_, ticket = put->ticket](const absl::Status& status) {
          StoreIsDone(number, ticket, status, *ended);
        });
  } else if (auto* append = std::get_if<coordinator::AppendResults>(&effect)) {
    const auto results = std::make_shared<std::vector<v1::TaskResult>>(std::move(append->results));
    Ask(
        writes_, true,
        [this, results, epoch = epoch_] {
          const absl::Status status = mesh_.store->AppendResults(*results, epoch);
          if (status.ok()) {
            world_.report.Count("results", static_cast<int>(results->size()));
            mesh_.invariants->OnAppend(*results);
          }
          return status;
        },
        [this, number = engine_number_, ticket = append->ticket](const absl::Status& status) {
          StoreIsDone(number, ticket, status, std::nullopt);
        });
  } else if (const auto* accepted = std::get_if<coordinator::RunAccepted>(&effect)) {
    mesh_.accepted(accepted->run_id, accepted->status);
  }
}

// ---- Sessions and calls ----------------------------------------------------------------------

bool Replica::OnHello(const std::shared_ptr<Stream>& stream, v1::Hello hello) {
  if (!Decides()) return false;
  sessions_[stream->id()] = stream;
  mesh_.invariants->OnConnected(engine_number_, stream->id(), hello, Now().steady);
  Give(coordinator::AgentConnected{stream->id(), std::move(hello)});
  return true;
}

void Replica::OnMessage(const std::shared_ptr<Stream>& stream, v1::ConnectRequest message) {
  if (sessions_.count(stream->id()) == 0) return;
  if (message.has_results() && engine_.has_value()) {
    mesh_.invariants->OnArrival(message.results(), engine_->engine(), Now());
  }
  Give(coordinator::AgentMessage{stream->id(), std::move(message)});
}

void Replica::OnHalfClose(const std::shared_ptr<Stream>& stream) {
  stream->Close(absl::OkStatus());
  OnLost(stream, "the agent ended the stream");
}

void Replica::OnLost(const std::shared_ptr<Stream>& stream, const std::string& reason) {
  if (sessions_.erase(stream->id()) == 0) return;
  mesh_.invariants->OnGone(engine_number_, stream->id(), Now().steady);
  Give(coordinator::AgentDisconnected{stream->id(), reason});
}

void Replica::Create(const std::string& run_id, v1::CreateRunRequest request) {
  std::vector<coordinator::EarlierRun> earlier = mesh_.earlier(request);
  Give(coordinator::RunCreated{run_id, std::move(request), std::move(earlier)});
}

void Replica::Cancel(const std::string& run_id) {
  Give(coordinator::RunCancelled{run_id, "enough"});
}

std::optional<v1::Run> Replica::FindRun(const std::string& run_id) {
  return engine_->FindRun(run_id, Now());
}

const std::vector<std::shared_ptr<Stream>> Replica::Streams() const {
  std::vector<std::shared_ptr<Stream>> streams;
  for (const auto& [id, stream] : sessions_) streams.push_back(stream);
  return streams;
}

// ---- The store -------------------------------------------------------------------------------

void Replica::Ask(std::shared_ptr<Line> line, bool is_write, Write write, Done done) {
  line->free =
      std::max(line->free, world_.now()) + milliseconds(1) +
      world_.random.Within(world_.random.Chance(0.8) ? milliseconds(3) : world_.swarm.slow_store);
  line->waiting.push_back({line->free, life(), world_.random.Chance(0.5), is_write, false,
                           std::move(write), std::move(done)});
  world_.At(line->free, [this, line] { Serve(line); });
}

void Replica::Serve(const std::shared_ptr<Line>& line) {
  while (!line->waiting.empty() && line->waiting.front().arrives <= world_.now()) {
    Request& first = line->waiting.front();
    if (first.life != life()) {
      // A file belongs to one process at a time; a server carries out what it has heard.
      const bool before_next_start = life() == first.life + 1;
      const bool heard = first.on_wire && (world_.swarm.replicas > 1 || before_next_start);
      if (heard && first.is_write) first.write().IgnoreError();
    } else if (MustWait(line, first) || !CarryOut(line, &first)) {
      return;
    }
    line->waiting.pop_front();
  }
}

bool Replica::MustWait(const std::shared_ptr<Line>& line, const Request& request) {
  if (paused() && !request.on_wire) {
    Do(request.life, [this, line] { Serve(line); });
    return true;
  }
  if (world_.now() < line->in_doubt_until) {
    world_.At(line->in_doubt_until, [this, line] { Serve(line); });
    return true;
  }
  return false;
}

bool Replica::CarryOut(const std::shared_ptr<Line>& line, Request* request) {
  const bool unreachable = world_.now() < store_lost_until_;
  const bool unwell = request->is_write && world_.now() < mesh_.store_unwell_until &&
                      world_.random.Chance(world_.swarm.store_failures);
  absl::Status status;
  if (!unreachable && !unwell) {
    status = request->write();
  } else {
    world_.report.Fault("failures of the store");
    status = absl::UnavailableError(unreachable ? "the store does not answer" : "the disk is full");
    const bool in_doubt = request->again || world_.random.Chance(world_.swarm.lost_answers);
    if (in_doubt && !request->again) request->write().IgnoreError();  // done, and nobody is told
    // A store that cannot tell whether it has committed finds out before it answers.
    if (in_doubt && request->is_write && !world_.Is(Mutant::kTakesDoubtForFailure)) {
      world_.report.Count("commits in doubt");
      request->again = true;
      line->in_doubt_until = world_.now() + milliseconds(500);
      world_.At(line->in_doubt_until, [this, line] { Serve(line); });
      return false;
    }
  }
  // An answer may come when its asker leads anew already.
  const bool late = world_.storm() && world_.random.Chance(0.2);
  line->answered = std::max(line->answered, world_.now()) +
                   world_.random.Within(late ? world_.swarm.slow_store : milliseconds(3));
  world_.At(line->answered, [this, status, life = request->life, done = std::move(request->done)] {
    Do(life, [status, done] { done(status); });
  });
  return true;
}

void Replica::StoreIsDone(uint64_t engine, uint64_t ticket, const absl::Status& asked,
                          std::optional<v1::Run> ended) {
  if (engine != engine_number_ && !world_.Is(Mutant::kAnswersOutliveEngine)) return;
  absl::Status status = asked;
  if (coordinator::IsFenced(status)) {
    world_.report.Count("writes fenced");
    if (world_.Is(Mutant::kFencedIsStored)) {
      status = absl::OkStatus();
    } else {
      Lead(coordinator::WriteFenced{epoch_});
    }
  }
  Give(coordinator::StoreDone{ticket, status, std::move(ended)});
}

}  // namespace smokemesh::testing
