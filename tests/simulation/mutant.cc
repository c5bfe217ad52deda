#include "tests/simulation/mutant.h"

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
using coordinator::RunRestored;
using coordinator::SendToAgent;
using coordinator::StoreDone;

// A ticket that the engine does not know: its StoreDone changes nothing.
constexpr uint64_t kNobodysTicket = uint64_t{1} << 60;

void Add(std::vector<Effect> more, std::vector<Effect>* effects) {
  effects->insert(effects->end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

void SkipMissing(v1::Run* run, const v1::Policy& policy) {
  for (v1::CheckRecord& check : *run->mutable_checks()) {
    if (check.outcome() == v1::OUTCOME_MISSING) check.set_outcome(v1::OUTCOME_SKIPPED);
  }
  *run->mutable_verdict() = coordinator::Judge(coordinator::EvidenceOf(*run), policy);
}

}  // namespace

std::optional<shared::SteadyTime> EngineUnderTest::NextDeadline() const {
  if (mutant_ == Mutant::kNeverTicks) return std::nullopt;
  return engine_.NextDeadline();
}

std::vector<Effect> EngineUnderTest::Step(const Event& event, const shared::Instant& now) {
  std::vector<Effect> effects;
  if (mutant_ == Mutant::kForgetsResults && std::holds_alternative<RunRestored>(event)) {
    RunRestored forgetful = std::get<RunRestored>(event);
    forgetful.run.results.clear();
    effects = engine_.Step(forgetful, now);
  } else {
    effects = engine_.Step(event, now);
  }
  if (mutant_ != Mutant::kNone) Mutate(event, now, &effects);
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
  // By index: what is added is looked at as well.
  for (size_t i = 0; i < effects->size(); ++i) {
    if (auto* append = std::get_if<AppendResults>(&(*effects)[i])) {
      if (mutant_ != Mutant::kLiesAboutWrites) continue;
      const StoreDone lie{append->ticket, absl::OkStatus()};
      append->results.clear();
      append->ticket = kNobodysTicket;
      Add(engine_.Step(lie, now), effects);
    } else if (auto* send = std::get_if<SendToAgent>(&(*effects)[i])) {
      if (mutant_ != Mutant::kRunsInsteadOfCleaning || !send->message.has_assignment()) continue;
      send->message.mutable_assignment()->clear_clean_up();
    } else if (auto* put = std::get_if<PutRun>(&(*effects)[i])) {
      if (mutant_ == Mutant::kMissingIsSkipped && put->run.final_run.has_value()) {
        SkipMissing(&*put->run.final_run, put->run.request.plan().policy());
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
