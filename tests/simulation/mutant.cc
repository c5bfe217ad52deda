#include "tests/simulation/mutant.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "coordinator/verdict/verdict.h"

namespace smokemesh::testing {
namespace {

using coordinator::AgentConnected;
using coordinator::AgentMessage;
using coordinator::AppendResults;
using coordinator::Effect;
using coordinator::Event;
using coordinator::NotifyWatchers;
using coordinator::PutRun;
using coordinator::RunCreated;
using coordinator::RunRestored;
using coordinator::SendToAgent;
using coordinator::StoreDone;

// A ticket that the engine does not know: its StoreDone changes nothing.
constexpr uint64_t kNobodysTicket = uint64_t{1} << 60;

void Add(std::vector<Effect> more, std::vector<Effect>* effects) {
  effects->insert(effects->end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

// Whether the run ends with a verdict.
bool Judges(const PutRun& put) {
  return put.run.final_run.has_value() && put.run.request.options().clean_runs_size() == 0;
}

void JudgeShadows(v1::Run* run, const v1::Policy& policy) {
  v1::Run open = *run;
  for (v1::CheckRecord& check : *open.mutable_checks()) check.clear_shadow();
  *run->mutable_verdict() = coordinator::Judge(coordinator::EvidenceOf(open), policy);
}

void JudgeWithoutHoldRules(v1::Run* run, v1::Policy policy) {
  policy.clear_hold();
  v1::Verdict verdict = coordinator::Judge(coordinator::EvidenceOf(*run), policy);
  *verdict.mutable_rules() = run->verdict().rules();
  *run->mutable_verdict() = std::move(verdict);
}

void SkipMissing(v1::Run* run, const v1::Policy& policy) {
  for (v1::CheckRecord& check : *run->mutable_checks()) {
    if (check.outcome() == v1::OUTCOME_MISSING) check.set_outcome(v1::OUTCOME_SKIPPED);
  }
  *run->mutable_verdict() = coordinator::Judge(coordinator::EvidenceOf(*run), policy);
}

}  // namespace

const std::vector<Planted>& AllMutants() {
  static const std::vector<Planted> mutants = {
      {Mutant::kAckBeforeCommit, "AckBeforeCommit", "not stored"},
      {Mutant::kLiesAboutWrites, "LiesAboutWrites", ""},
      {Mutant::kTrustsAgents, "TrustsAgents", "its agent never had"},
      {Mutant::kMissingIsSkipped, "MissingIsSkipped", "by its pairs"},
      {Mutant::kForgetsResults, "ForgetsResults", ""},
      {Mutant::kNeverTicks, "NeverTicks", ""},
      {Mutant::kAnnouncesEarly, "AnnouncesEarly", ""},
      {Mutant::kRunsInsteadOfCleaning, "RunsInsteadOfCleaning", "sent as a check to run"},
      {Mutant::kAssignsBeforeStored, "AssignsBeforeStored", ""},
      {Mutant::kIgnoresFailFast, "IgnoresFailFast", "the run was to fail fast"},
      {Mutant::kIgnoresMaxParallel, "IgnoresMaxParallel", "more at once than"},
      {Mutant::kForgetsRounds, "ForgetsRounds", "by the law"},
      {Mutant::kForgetsBaseline, "ForgetsBaseline", ""},
      {Mutant::kCountsShadows, "CountsShadows", ""},
      {Mutant::kIgnoresHoldRules, "IgnoresHoldRules", ""},
      {Mutant::kStoresLateResults, "StoresLateResults", ""},
      {Mutant::kLosesStoredResults, "LosesStoredResults", ""},
      {Mutant::kIgnoresGrace, "IgnoresGrace", "given up although"},
      {Mutant::kMakesManifestAgain, "MakesManifestAgain", "manifest"},
      {Mutant::kNoHeartbeats, "NoHeartbeats", "although nothing was wrong"},
      {Mutant::kGoBeforeAllReady, "GoBeforeAllReady", "was ready"},
      {Mutant::kAcceptsAnyDeployment, "AcceptsAnyDeployment", "beside version"},
      {Mutant::kIgnoresFeatures, "IgnoresFeatures", "of before"},
      {Mutant::kForgetsTasksInHand, "ForgetsTasksInHand", "said that it has"},
      {Mutant::kAcksTooMuch, "AcksTooMuch", ""},
      {Mutant::kBlamesAnother, "BlamesAnother", "its agent never had"},
      {Mutant::kNoEpochInWrites, "NoEpochInWrites", "an epoch that is over"},
      {Mutant::kSecondVerdictOverwrites, "SecondVerdictOverwrites", ""},
      {Mutant::kCountsDuplicates, "CountsDuplicates", "stored twice"},
      {Mutant::kLeaseByLocalClock, "LeaseByLocalClock", "the lease was taken"},
      {Mutant::kDecidesWithoutLease, "DecidesWithoutLease", ""},
      {Mutant::kFencedIsStored, "FencedIsStored", ""},
      {Mutant::kTakesDoubtForFailure, "TakesDoubtForFailure", ""},
      {Mutant::kAnswersOutliveEngine, "AnswersOutliveEngine", ""},
      {Mutant::kForgetsSpool, "ForgetsSpool", "which it has kept"},
      {Mutant::kForgetsUnacknowledged, "ForgetsUnacknowledged", "before it was acknowledged"},
      {Mutant::kReusesIncarnation, "ReusesIncarnation", ""},
      {Mutant::kLosesBatches, "LosesBatches", ""},
  };
  return mutants;
}

coordinator::EngineOptions EngineUnderTest::Options(Mutant mutant) {
  coordinator::EngineOptions options;
  if (mutant == Mutant::kIgnoresGrace) options.agent_grace = std::chrono::seconds(1);
  return options;
}

std::optional<shared::SteadyTime> EngineUnderTest::NextDeadline() const {
  if (mutant_ == Mutant::kNeverTicks) return std::nullopt;
  return engine_.NextDeadline();
}

std::optional<v1::Run> EngineUnderTest::FindRun(const std::string& run_id,
                                                const shared::Instant& now) const {
  std::optional<v1::Run> run = engine_.FindRun(run_id, now);
  const auto it = asked_.find(run_id);
  if (run.has_value() && it != asked_.end()) *run->mutable_options() = it->second;
  return run;
}

Event EngineUnderTest::Heard(const Event& event) {
  const auto forget = [this](const std::string& run_id, v1::CreateRunRequest* request) {
    v1::RunOptions& options = *request->mutable_options();
    asked_[run_id] = options;
    if (mutant_ == Mutant::kIgnoresFailFast) options.clear_fail_fast();
    if (mutant_ == Mutant::kIgnoresMaxParallel) options.clear_max_parallel();
    if (mutant_ == Mutant::kForgetsBaseline) options.clear_baseline();
    if (mutant_ == Mutant::kAcceptsAnyDeployment) options.clear_deployment();
    if (mutant_ == Mutant::kForgetsRounds && options.has_round()) {
      options.mutable_round()->clear_earlier();
    }
  };
  Event heard = event;
  if (auto* created = std::get_if<RunCreated>(&heard)) forget(created->run_id, &created->request);
  if (auto* restored = std::get_if<RunRestored>(&heard)) {
    forget(restored->run.run_id, &restored->run.request);
    if (mutant_ == Mutant::kMakesManifestAgain) {
      restored->run.has_manifest = false;
      restored->run.manifest.clear();
    }
  }
  if (auto* connected = std::get_if<AgentConnected>(&heard)) {
    if (mutant_ == Mutant::kForgetsTasksInHand) connected->hello.clear_tasks_in_hand();
    if (mutant_ == Mutant::kIgnoresFeatures) {
      connected->hello.add_features("flow");
      connected->hello.add_features("clean_up");
    }
  }
  return heard;
}

void EngineUnderTest::Pretend(Effect* effect) const {
  if (auto* put = std::get_if<PutRun>(effect)) {
    const auto it = asked_.find(put->run.run_id);
    if (it == asked_.end()) return;
    *put->run.request.mutable_options() = it->second;
    if (put->run.final_run.has_value()) *put->run.final_run->mutable_options() = it->second;
  } else if (auto* notice = std::get_if<NotifyWatchers>(effect)) {
    const auto it = asked_.find(notice->run_id);
    if (it == asked_.end() || !notice->event.has_run()) return;
    *notice->event.mutable_run()->mutable_options() = it->second;
  }
}

std::vector<Effect> EngineUnderTest::Step(const Event& event, const shared::Instant& now) {
  std::vector<Effect> effects;
  if (mutant_ == Mutant::kForgetsResults && std::holds_alternative<RunRestored>(event)) {
    RunRestored forgetful = std::get<RunRestored>(event);
    forgetful.run.results.clear();
    effects = engine_.Step(forgetful, now);
  } else if (mutant_ == Mutant::kNone) {
    return engine_.Step(event, now);
  } else {
    effects = engine_.Step(Heard(event), now);
  }
  Mutate(event, now, &effects);
  for (Effect& effect : effects) Pretend(&effect);
  return effects;
}

void EngineUnderTest::Mutate(const Event& event, const shared::Instant& now,
                             std::vector<Effect>* effects) {
  if (const auto* connected = std::get_if<AgentConnected>(&event)) {
    agents_[connected->session_id] = connected->hello.agent_id();
  }
  const auto* message = std::get_if<AgentMessage>(&event);
  const bool is_results = message != nullptr && message->message.has_results();
  if (mutant_ == Mutant::kAckBeforeCommit && is_results) {
    SendToAgent ack{message->session_id, {}};
    ack.message.mutable_result_ack()->set_up_to_sequence(message->message.results().sequence());
    effects->push_back(std::move(ack));
  }
  if (mutant_ == Mutant::kTrustsAgents && is_results) {
    for (const v1::TaskResult& result : message->message.results().results()) {
      if (result.agent_id() == agents_[message->session_id]) continue;
      effects->push_back(AppendResults{kNobodysTicket, {result}});
    }
  }
  if (mutant_ == Mutant::kGoBeforeAllReady && message != nullptr && message->message.has_ready()) {
    SendToAgent go{message->session_id, {}};
    go.message.mutable_go()->set_task_id(message->message.ready().task_id());
    effects->push_back(std::move(go));
  }
  if (mutant_ == Mutant::kNoHeartbeats) {
    std::erase_if(*effects, [](const Effect& effect) {
      const auto* send = std::get_if<SendToAgent>(&effect);
      return send != nullptr && send->message.has_heartbeat();
    });
  }
  const bool stores = std::any_of(effects->begin(), effects->end(), [](const Effect& effect) {
    return std::holds_alternative<AppendResults>(effect);
  });
  if (mutant_ == Mutant::kStoresLateResults && is_results && !stores) {
    for (const v1::TaskResult& result : message->message.results().results()) {
      if (result.agent_id() != agents_[message->session_id]) continue;
      if (result.outcome() != v1::OUTCOME_PASSED) continue;
      effects->push_back(AppendResults{kNobodysTicket, {result}});
    }
  }
  // By index: what is added is looked at as well.
  for (size_t i = 0; i < effects->size(); ++i) {
    if (auto* append = std::get_if<AppendResults>(&(*effects)[i])) {
      if (mutant_ == Mutant::kLosesStoredResults && append->results.size() > 1) {
        append->results.resize(append->results.size() / 2);
      }
      if (mutant_ == Mutant::kBlamesAnother && agents_.size() > 1) {
        append->results.front().set_agent_id(agents_.begin()->second);
      }
      if (mutant_ != Mutant::kLiesAboutWrites) continue;
      const StoreDone lie{append->ticket, absl::OkStatus()};
      append->results.clear();
      append->ticket = kNobodysTicket;
      Add(engine_.Step(lie, now), effects);
    } else if (auto* send = std::get_if<SendToAgent>(&(*effects)[i])) {
      if (mutant_ == Mutant::kAcksTooMuch && send->message.has_result_ack()) {
        v1::ResultAck& ack = *send->message.mutable_result_ack();
        ack.set_up_to_sequence(ack.up_to_sequence() + 1);
      }
      if (mutant_ != Mutant::kRunsInsteadOfCleaning || !send->message.has_assignment()) continue;
      send->message.mutable_assignment()->clear_clean_up();
    } else if (auto* put = std::get_if<PutRun>(&(*effects)[i])) {
      if (mutant_ == Mutant::kMissingIsSkipped && put->run.final_run.has_value()) {
        SkipMissing(&*put->run.final_run, put->run.request.plan().policy());
      } else if (mutant_ == Mutant::kCountsShadows && Judges(*put)) {
        JudgeShadows(&*put->run.final_run, put->run.request.plan().policy());
      } else if (mutant_ == Mutant::kIgnoresHoldRules && Judges(*put)) {
        JudgeWithoutHoldRules(&*put->run.final_run, put->run.request.plan().policy());
      } else if (mutant_ == Mutant::kAnnouncesEarly && put->run.final_run.has_value()) {
        NotifyWatchers early{put->run.run_id, {}};
        *early.event.mutable_run() = *put->run.final_run;
        effects->push_back(std::move(early));
      } else if (mutant_ == Mutant::kAssignsBeforeStored && put->run.has_manifest &&
                 !put->run.final_run.has_value()) {
        const StoreDone lie{put->ticket, absl::OkStatus()};
        Add(engine_.Step(lie, now), effects);
      }
    }
  }
}

}  // namespace smokemesh::testing
