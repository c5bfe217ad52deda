#include "tests/simulation/invariants.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "coordinator/run/assignment.h"
#include "coordinator/run/verification.h"
#include "tests/simulation/agent_node.h"
#include "tests/simulation/sim_random.h"
#include "tests/simulation/slow_judge.h"

namespace smokemesh::testing {
namespace {

bool Passed(v1::Outcome outcome) {
  return outcome == v1::OUTCOME_PASSED || outcome == v1::OUTCOME_FLAKY;
}

bool IsAnAgentsToSay(v1::Outcome outcome) {
  return Passed(outcome) || outcome == v1::OUTCOME_FAILED || outcome == v1::OUTCOME_ERRORED ||
         outcome == v1::OUTCOME_ABORTED;
}

std::string Text(const v1::TaskResult& result) {
  return result.run_id() + "/" + result.check() + "/" + result.agent_id() + "/" +
         std::to_string(result.attempt());
}

const v1::Check* FindCheck(const v1::Plan& plan, const std::string& name) {
  for (const v1::Check& check : plan.checks()) {
    if (check.name() == name) return &check;
  }
  return nullptr;
}

std::vector<v1::Outcome> Outcomes(const v1::CheckRecord& check) {
  std::vector<v1::Outcome> outcomes;
  for (const v1::Task& task : check.tasks()) outcomes.push_back(task.outcome());
  return outcomes;
}

}  // namespace

void Invariants::Expect(bool holds, const std::string& what) {
  ++checks_;
  if (!holds && violation_.empty()) violation_ = what;
}

// ---- Agents ----------------------------------------------------------------------------------

void Invariants::OnProduced(const v1::TaskResult& result) {
  std::set<v1::Outcome>& outcomes =
      produced_[{result.run_id(), result.check(), result.agent_id(), result.attempt()}];
  outcomes.insert(result.outcome());
  if (!IsAnAgentsToSay(result.outcome())) outcomes.insert(v1::OUTCOME_ERRORED);
}

void Invariants::OnSession(const std::string& session_id, const std::string& incarnation) {
  sessions_[session_id].incarnation = incarnation;
}

void Invariants::OnBatch(const std::string& incarnation, const v1::Results& batch) {
  std::vector<Sent>& sent = batches_[incarnation][batch.sequence()];
  sent.clear();
  for (const v1::TaskResult& result : batch.results()) {
    sent.push_back(
        {result.task_id(), {result.run_id(), result.check(), result.agent_id(), result.attempt()}});
    sequences_[incarnation + "/" + result.task_id()] = batch.sequence();
  }
}

void Invariants::OnAckHeard(const std::string& incarnation, uint64_t up_to) {
  uint64_t& heard = heard_acks_[incarnation];
  heard = std::max(heard, up_to);
}

void Invariants::OnForgotten(const std::string& incarnation, const std::string& task_id) {
  const auto it = sequences_.find(incarnation + "/" + task_id);
  Expect(it != sequences_.end() && it->second <= heard_acks_[incarnation],
         "the agent forgot the result of " + task_id + " before it was acknowledged");
}

void Invariants::OnSubmitted(const v1::Assignment& assignment, const AgentCard& card) {
  const auto name = coordinator::ParseTaskId(assignment.task_id());
  Expect(name.has_value() && name->agent_id == card.id,
         card.id + " was sent a task of another agent: " + assignment.task_id());
}

void Invariants::OnExecuted(const std::string& incarnation, const std::string& task_id) {
  Expect(executed_.insert({incarnation, task_id}).second,
         incarnation + " carried out " + task_id + " twice");
}

void Invariants::OnReady(const std::string& task_id) {
  const auto name = coordinator::ParseTaskId(task_id);
  if (name.has_value()) ready_[{name->run_id, name->check}].insert(name->agent_id);
}

void Invariants::SetUnruly(std::set<std::string> liars, std::set<std::string> twins) {
  unruly_ = liars;
  unruly_.merge(twins);
  liars_ = std::move(liars);
}

void Invariants::OnSessionEnded(const std::string& agent_id, const absl::Status& status) {
  if (!calm_ || status.ok() || unruly_.count(agent_id) > 0) return;
  Expect(false, "the session of " + agent_id +
                    " ended although nothing was wrong: " + std::string(status.message()));
}

// ---- Coordinators ----------------------------------------------------------------------------

uint64_t Invariants::OnEngineStart(shared::SteadyTime now) {
  engines_.push_back({now, now, {}, {}});
  return engines_.size() - 1;
}

void Invariants::OnConnected(uint64_t engine, const std::string& session_id, const v1::Hello& hello,
                             shared::SteadyTime now) {
  Session& session = sessions_[session_id];
  session.engine = engine;
  session.hello = hello;
  Watched& watched = engines_[engine];
  const auto [it, is_new] = watched.agents.try_emplace(hello.agent_id());
  Presence& presence = it->second;
  if (is_new) presence.since = watched.started;
  if (presence.session_id.empty()) {
    presence.longest_absence =
        std::max<shared::Duration>(presence.longest_absence, now - presence.since);
  }
  presence.session_id = session_id;
}

void Invariants::OnGone(uint64_t engine, const std::string& session_id, shared::SteadyTime now) {
  Watched& watched = engines_[engine];
  const auto it = watched.agents.find(sessions_[session_id].hello.agent_id());
  if (it == watched.agents.end() || it->second.session_id != session_id) return;
  it->second.session_id.clear();
  it->second.since = now;
}

void Invariants::OnAppend(const std::vector<v1::TaskResult>& results) {
  for (const v1::TaskResult& result : results) {
    const auto it =
        produced_.find({result.run_id(), result.check(), result.agent_id(), result.attempt()});
    Expect(it != produced_.end() && it->second.count(result.outcome()) > 0,
           "stored a result that its agent never had: " + Text(result));
  }
}

void Invariants::OnEffect(const coordinator::Effect& effect, uint64_t number,
                          const coordinator::Engine& engine, const shared::Instant& now) {
  Watched& watched = engines_[number];
  watched.now = now.steady;
  if (const auto* send = std::get_if<coordinator::SendToAgent>(&effect)) {
    const v1::ConnectResponse& message = send->message;
    if (message.has_result_ack()) {
      OnAck(send->session_id, message.result_ack().up_to_sequence(), engine, now);
    } else if (message.has_assignment()) {
      OnAssignment(send->session_id, message.assignment(), engine, now);
    } else if (message.has_cancellation()) {
      sessions_[send->session_id].cancelled.insert(message.cancellation().task_id());
    } else if (message.has_go()) {
      OnGo(number, message.go().task_id());
    }
  } else if (const auto* close = std::get_if<coordinator::CloseSession>(&effect)) {
    OnGone(number, close->session_id, now.steady);
  } else if (const auto* notice = std::get_if<coordinator::NotifyWatchers>(&effect)) {
    Expect(watched.finished.count(notice->run_id) == 0,
           "a watcher of " + notice->run_id + " was told something after the end");
    if (notice->event.has_verdict()) OnVerdict(notice->run_id, notice->event.verdict(), true);
    if (notice->event.has_run()) {
      OnRead(notice->event.run(), false);
      if (notice->event.run().state() == v1::Run::STATE_FINISHED) {
        watched.finished.insert(notice->run_id);
        finished_.insert(notice->run_id);
      }
    }
  } else if (const auto* accepted = std::get_if<coordinator::RunAccepted>(&effect)) {
    Expect(!accepted->status.ok() || store_.Find(accepted->run_id) != nullptr,
           "accepted a run that is not stored: " + accepted->run_id);
  }
}

void Invariants::OnArrival(const v1::Results& batch, const coordinator::Engine& engine,
                           const shared::Instant& now) {
  for (const v1::TaskResult& result : batch.results()) {
    const ResultKey key{result.run_id(), result.check(), result.agent_id(), result.attempt()};
    early_.erase(key);
    const coordinator::StoredRun* stored = store_.Find(result.run_id());
    const v1::Check* check =
        stored == nullptr ? nullptr : FindCheck(stored->request.plan(), result.check());
    if (check == nullptr || check->needs().empty()) continue;
    const auto run = engine.FindRun(result.run_id(), now);
    if (!run.has_value()) continue;
    // MISSING is not stored: a successor asks again, and what needs that check waits once more, to
    // be carried out anew.
    for (const v1::CheckRecord& record : run->checks()) {
      if (record.outcome() != v1::OUTCOME_UNSPECIFIED) continue;
      const auto& needs = check->needs();
      if (std::find(needs.begin(), needs.end(), record.name()) != needs.end()) early_.insert(key);
    }
  }
}

void Invariants::OnAck(const std::string& session_id, uint64_t up_to,
                       const coordinator::Engine& engine, const shared::Instant& now) {
  const std::string& incarnation = sessions_[session_id].incarnation;
  uint64_t& before = acknowledged_[incarnation];
  const auto& batches = batches_[incarnation];
  for (auto it = batches.upper_bound(before); it != batches.end() && it->first <= up_to; ++it) {
    for (const Sent& sent : it->second) {
      const auto& [run_id, check_name, agent_id, attempt] = sent.key;
      if (store_.FindResult(run_id, check_name, agent_id, attempt)) continue;
      if (incarnation.rfind(agent_id + "#", 0) != 0) continue;  // forged: dropped
      // Who lies has results that nobody asked for.
      if (liars_.count(agent_id) > 0 || early_.count(sent.key) > 0) continue;
      // Nor for one that comes after the result of a later attempt.
      const auto later = produced_.lower_bound({run_id, check_name, agent_id, attempt + 1});
      if (later != produced_.end() && std::get<0>(later->first) == run_id &&
          std::get<1>(later->first) == check_name && std::get<2>(later->first) == agent_id) {
        continue;
      }
      // Dropped for a reason: the run is over, or has decided the pair already.
      const coordinator::StoredRun* stored = store_.Find(run_id);
      if (stored == nullptr || stored->final_run.has_value()) continue;
      const auto run = engine.FindRun(run_id, now);
      bool open = run.has_value() ? run->state() == v1::Run::STATE_RUNNING : stored->has_manifest;
      if (open && run.has_value()) {
        open = false;  // also of a pair that was given to another agent and is not stored yet
        for (const v1::CheckRecord& check : run->checks()) {
          for (const v1::Task& task : check.tasks()) {
            if (check.name() != check_name || task.agent_id() != agent_id) continue;
            open = task.state() != v1::Task::STATE_DONE;
          }
        }
      }
      // A pair that was given to another agent is open, and not this agent's any more.
      const bool is_its_pair =
          std::any_of(stored->manifest.begin(), stored->manifest.end(),
                      [&check = check_name, &agent = agent_id](const auto& pair) {
                        return pair.check == check && pair.agent_id == agent;
                      });
      Expect(!open || !is_its_pair, "acknowledged a result that is not stored: " + sent.task_id);
    }
  }
  before = std::max(before, up_to);
}

bool Invariants::HasLiar(const coordinator::StoredRun& run, const std::string& check) const {
  return std::any_of(run.manifest.begin(), run.manifest.end(), [&](const auto& pair) {
    return pair.check == check && liars_.count(pair.agent_id) > 0;
  });
}

void Invariants::OnGo(uint64_t engine, const std::string& task_id) {
  const auto name = coordinator::ParseTaskId(task_id);
  const coordinator::StoredRun* run = name.has_value() ? store_.Find(name->run_id) : nullptr;
  if (run == nullptr) return Expect(false, "sent Go for a task of no run: " + task_id);
  const FlowKey flow{name->run_id, name->check};
  begun_[flow] = engine;
  // A result of one who lies looks like one of a flow that has begun.
  if (HasLiar(*run, name->check)) return;
  for (const coordinator::ManifestPair& pair : run->manifest) {
    if (pair.check != name->check) continue;
    Expect(ready_[flow].count(pair.agent_id) > 0,
           "sent Go for " + task_id + " before " + pair.agent_id + " was ready");
  }
}

void Invariants::ExpectRightAgent(const Session& session, const v1::Assignment& assignment,
                                  const v1::RunOptions& options) {
  const v1::Hello& hello = session.hello;
  const auto& task_id = assignment.task_id();
  const auto has = [&hello](const char* feature) {
    return std::find(hello.features().begin(), hello.features().end(), feature) !=
           hello.features().end();
  };
  Expect(!assignment.check().has_flow() || assignment.clean_up_size() > 0 || has("flow"),
         "sent a flow to an agent of before flows: " + task_id);
  auto wanted = options.deployment().find(hello.service());
  if (wanted == options.deployment().end()) wanted = options.deployment().find("*");
  Expect(wanted == options.deployment().end() || wanted->second == hello.deployment() ||
             assignment.clean_up_size() > 0,
         "sent " + task_id + " to an agent beside version \"" + hello.deployment() + "\"");
  if (unruly_.count(hello.agent_id()) > 0) return;
  for (const std::string& held : hello.tasks_in_hand()) {
    const auto name = coordinator::ParseTaskId(held);
    Expect(!name.has_value() || name->run_id != assignment.run_id() ||
               name->check != assignment.check().name() || session.cancelled.count(held) > 0,
           "sent " + task_id + " although its agent said that it has " + held);
  }
}

void Invariants::OnAssignment(const std::string& session_id, const v1::Assignment& assignment,
                              const coordinator::Engine& engine, const shared::Instant& now) {
  const coordinator::StoredRun* run = store_.Find(assignment.run_id());
  Expect(run != nullptr && run->has_manifest,
         "sent work of a run whose manifest is not stored: " + assignment.task_id());
  if (run == nullptr || !run->has_manifest) return;
  const v1::RunOptions& options = run->request.options();
  ExpectRightAgent(sessions_[session_id], assignment, options);
  const FlowKey flow{assignment.run_id(), assignment.check().name()};
  const auto begun = begun_.find(flow);
  Expect(begun == begun_.end() || begun->second != sessions_[session_id].engine,
         "sent a flow that has begun again: " + assignment.task_id());
  const auto told = final_.find(assignment.run_id());
  Expect(!options.fail_fast() || told == final_.end() || told->second != v1::DECISION_ROLLBACK,
         "sent work although ROLLBACK was certain and the run was to fail fast: " +
             assignment.task_id());
  int in_flight = 0;
  // Who lies can say that it has more in hand; an agent for which a flow waits needs no place.
  const auto as_it_is =
      options.max_parallel() > 0 && liars_.empty() && !assignment.check().has_flow()
          ? engine.FindRun(assignment.run_id(), now)
          : std::optional<v1::Run>();
  if (as_it_is.has_value()) {
    for (const v1::CheckRecord& record : as_it_is->checks()) {
      const auto out =
          std::count_if(record.tasks().begin(), record.tasks().end(), [](const v1::Task& task) {
            return task.state() == v1::Task::STATE_ASSIGNED ||
                   task.state() == v1::Task::STATE_RUNNING;
          });
      // A flow counts once.
      const v1::Check* planned = FindCheck(run->request.plan(), record.name());
      in_flight +=
          planned->has_flow() ? std::min<int>(static_cast<int>(out), 1) : static_cast<int>(out);
    }
  }
  Expect(in_flight <= options.max_parallel(),
         "more at once than max_parallel: " + std::to_string(in_flight) + " with " +
             assignment.task_id());
  const v1::Check* check = FindCheck(run->request.plan(), assignment.check().name());
  const std::string prefix = assignment.run_id() + "/" + assignment.check().name() + "/";
  const std::string suffix = "/" + std::to_string(assignment.attempt());
  const bool in_manifest =
      std::any_of(run->manifest.begin(), run->manifest.end(), [&](const auto& pair) {
        return assignment.task_id() == prefix + pair.agent_id + suffix &&
               pair.check == assignment.check().name();
      });
  Expect(in_manifest, "sent work that the stored manifest does not have: " + assignment.task_id());
  const bool cleans = options.clean_runs_size() > 0;
  Expect(cleans == (assignment.clean_up_size() > 0),
         std::string(cleans ? "sent as a check to run: " : "sent to clean up only: ") +
             assignment.task_id());
  if (cleans) {
    for (const v1::CleanUpTarget& target : assignment.clean_up()) ExpectTarget(assignment, target);
    return;
  }
  for (const std::string& need : check->needs()) {
    std::vector<v1::Outcome> outcomes;
    bool expected = false;
    for (const auto& pair : run->manifest) {
      if (pair.check != need) continue;
      expected = true;
      const v1::TaskResult* result = store_.FirstResult(assignment.run_id(), need, pair.agent_id);
      outcomes.push_back(result == nullptr ? v1::OUTCOME_UNSPECIFIED : result->outcome());
    }
    if (!expected) continue;  // deselected
    // Silence of others may be known already: passes of enough agents are what counts.
    const v1::Check* needed = FindCheck(run->request.plan(), need);
    int passed = 0;
    for (const v1::Outcome outcome : outcomes) passed += Passed(outcome) ? 1 : 0;
    Expect(passed > 0 || needed == nullptr, "sent " + assignment.task_id() + " although " + need +
                                                ", which it needs, has not passed");
  }
}

void Invariants::ExpectTarget(const v1::Assignment& assignment, const v1::CleanUpTarget& target) {
  const coordinator::StoredRun* run = store_.Find(assignment.run_id());
  const auto& asked = run->request.options().clean_runs();
  Expect(
      std::any_of(asked.begin(), asked.end(),
                  [&](const v1::CleanRun& one) { return one.run_id() == target.run_id(); }),
      assignment.task_id() + " is to clean up after " + target.run_id() + ", which nobody asked");
  const coordinator::StoredRun* earlier = store_.Find(target.run_id());
  if (earlier == nullptr) return;
  Expect(std::any_of(earlier->manifest.begin(), earlier->manifest.end(),
                     [&](const auto& pair) {
                       return pair.check == assignment.check().name() &&
                              pair.agent_id == target.agent_id();
                     }),
         assignment.task_id() + " is to clean up after " + target.agent_id() + ", which had no " +
             "part in " + target.run_id());
}

void Invariants::OnVerdict(const std::string& run_id, const v1::Verdict& verdict, bool readable) {
  if (!verdict.final()) {
    Expect(verdict.decision() == v1::DECISION_UNSPECIFIED,
           "a decision about " + run_id + " that is not final");
    // A leader whose clock runs too slowly does not know yet that another one has ended the run.
    Expect(!clocks_agree_ || told_final_.count(run_id) == 0,
           "the final verdict of " + run_id + " became open again");
    return;
  }
  if (readable) told_final_.insert(run_id);
  const auto [it, is_new] = final_.emplace(run_id, verdict.decision());
  Expect(it->second == verdict.decision(), "the final verdict of " + run_id + " changed from " +
                                               v1::Decision_Name(it->second) + " to " +
                                               v1::Decision_Name(verdict.decision()));
}

void Invariants::OnRead(const v1::Run& run, bool strict) {
  OnVerdict(run.run_id(), run.verdict(), true);
  Expect(!strict || run.state() == v1::Run::STATE_FINISHED || finished_.count(run.run_id()) == 0,
         "showed " + run.run_id() + " as open although somebody knows its end");
  if (run.state() != v1::Run::STATE_FINISHED) return;
  const coordinator::StoredRun* stored = store_.Find(run.run_id());
  Expect(stored != nullptr && stored->final_run.has_value() &&
             stored->final_run->SerializeAsString() == run.SerializeAsString(),
         "showed an end of " + run.run_id() + " that is not the stored one");
}

void Invariants::OnOverdue(const std::string& run_id) {
  Expect(false, "run " + run_id + " did not end in time");
}

void Invariants::OnFinal(const coordinator::StoredRun& run, uint64_t engine) {
  const v1::Run& final_run = *run.final_run;
  const v1::OutcomeCounts& counts = final_run.verdict().counts();
  int judged = 0;
  const bool cleans = run.request.options().clean_runs_size() > 0;
  for (const v1::CheckRecord& check : final_run.checks()) {
    const v1::Check* planned = FindCheck(run.request.plan(), check.name());
    Expect(planned != nullptr && planned->shadow() == check.shadow(),
           run.run_id + "/" + check.name() + " is a shadow check, or none, unlike in its plan");
    judged += check.deselected() || (check.shadow() && !cleans) ? 0 : 1;
    Expect(check.reason().find("--fail-fast") == std::string::npos ||
               (run.request.options().fail_fast() &&
                final_run.verdict().decision() == v1::DECISION_ROLLBACK),
           run.run_id + "/" + check.name() + " was ended by fail-fast, and it is no ROLLBACK");
  }
  const int sum = counts.passed() + counts.flaky() + counts.failed() + counts.errored() +
                  counts.blocked() + counts.aborted() + counts.missing() + counts.skipped();
  Expect(counts.planned() == judged && sum == judged && counts.open() == 0,
         "the outcomes of " + run.run_id + " do not add up to its manifest");
  Expect(final_run.checks_size() == run.request.plan().checks_size(),
         run.run_id + " ended without some of its checks");

  size_t pairs = 0;
  for (const v1::CheckRecord& check : final_run.checks()) {
    pairs += check.tasks_size();
    ExpectEvidence(run, check);
  }
  Expect(pairs == run.manifest.size(),
         run.run_id + " ended with other pairs than its manifest has");

  ExpectLaw(run);
  ExpectGrace(run, engines_[engine]);
  OnVerdict(run.run_id, final_run.verdict(), false);
  ExpectSameInAnyOrder(run);
}

// An agent is given up only when it was away for as long as is said.
void Invariants::ExpectGrace(const coordinator::StoredRun& run, const Watched& engine) {
  const shared::Duration grace = coordinator::EngineOptions().agent_grace;
  for (const v1::CheckRecord& check : run.final_run->checks()) {
    for (const v1::Task& task : check.tasks()) {
      if (task.outcome() != v1::OUTCOME_MISSING ||
          task.reason().find("did not come back") == std::string::npos) {
        continue;
      }
      shared::Duration away = engine.now - engine.started;
      const auto it = engine.agents.find(task.agent_id());
      if (it != engine.agents.end()) {
        away = it->second.longest_absence;
        if (it->second.session_id.empty()) {
          away = std::max<shared::Duration>(away, engine.now - it->second.since);
        }
      }
      Expect(away >= grace, run.run_id + "/" + check.name() + ": " + task.agent_id() +
                                " was given up although it was back in time");
    }
  }
}

void Invariants::ExpectLaw(const coordinator::StoredRun& run) {
  const v1::Verdict& verdict = run.final_run->verdict();
  const v1::Plan& plan = run.request.plan();
  // What only cleans up is no evidence for anything.
  const bool cleans = run.request.options().clean_runs_size() > 0;
  SlowVerdict slow;
  if (!cleans) {
    slow = SlowJudgeAll({run.final_run->checks().begin(), run.final_run->checks().end()},
                        {plan.suites().begin(), plan.suites().end()}, run.request.options(),
                        plan.policy(), {});
  }
  Expect(verdict.decision() == slow.decision,
         run.run_id + " ended in " + v1::Decision_Name(verdict.decision()) + ", by the law it is " +
             v1::Decision_Name(slow.decision));
  if (cleans) return;
  Expect(slow.tolerated ==
             std::set<std::string>(verdict.tolerated().begin(), verdict.tolerated().end()),
         run.run_id + " tolerates others than the law does");
  Expect(slow.rules.size() == static_cast<size_t>(verdict.rules_size()),
         run.run_id + " was not judged by every rule");
  for (int i = 0; i < verdict.rules_size() && i < static_cast<int>(slow.rules.size()); ++i) {
    const v1::RuleResult& rule = verdict.rules(i);
    Expect(rule.holds() == slow.rules[i].holds && rule.crossed() == slow.rules[i].crossed,
           run.run_id + ": rule " + rule.rule() + " holds, or was crossed, unlike by the law");
  }
}

void Invariants::ExpectVerified(const coordinator::StoredRun& run) {
  if (run.request.options().clean_runs_size() > 0) return;
  v1::RunRecord record;
  *record.mutable_run() = *run.final_run;
  *record.mutable_plan() = run.request.plan();
  for (const coordinator::ManifestPair& pair : run.manifest) {
    v1::RunPair& copy = *record.add_manifest();
    copy.set_check(pair.check);
    copy.set_agent_id(pair.agent_id);
    copy.set_service(pair.service);
    copy.set_deployment(pair.deployment);
    copy.mutable_roles()->Add(pair.roles.begin(), pair.roles.end());
  }
  record.mutable_results()->Add(run.results.begin(), run.results.end());
  const coordinator::Verification found = coordinator::VerifyRecord(record);
  Expect(found.problems.empty(),
         "the record of " + run.run_id + " does not hold: " +
             (found.problems.empty() ? std::string() : found.problems.front()));
}

void Invariants::ExpectEvidence(const coordinator::StoredRun& run, const v1::CheckRecord& check) {
  const std::string place = run.run_id + "/" + check.name();
  for (const v1::Task& task : check.tasks()) {
    Expect(task.state() == v1::Task::STATE_DONE, place + " ended open on " + task.agent_id());
    const v1::TaskResult* first = store_.FirstResult(run.run_id, check.name(), task.agent_id());
    const bool needs_evidence = Passed(task.outcome()) || task.outcome() == v1::OUTCOME_FAILED;
    Expect(!needs_evidence || first != nullptr,
           place + " is " + v1::Outcome_Name(task.outcome()) + " without a stored result");
    if (task.has_result() && first != nullptr) {
      Expect(task.outcome() == first->outcome(), place + " is " + v1::Outcome_Name(task.outcome()) +
                                                     ", its first stored result says " +
                                                     v1::Outcome_Name(first->outcome()));
    }
  }
  if (check.tasks_size() == 0) {
    Expect(check.outcome() == v1::OUTCOME_SKIPPED || check.outcome() == v1::OUTCOME_ABORTED,
           place + " has no pair and is " + v1::Outcome_Name(check.outcome()));
    return;
  }
  const v1::Check* planned = FindCheck(run.request.plan(), check.name());
  const bool cleans = run.request.options().clean_runs_size() > 0;
  Expect(!cleans || check.tasks_size() == 1, place + " is cleaned up after more than once");
  const v1::Outcome slow = SlowQuorum(Outcomes(check), cleans ? "any" : planned->quorum());
  Expect(check.outcome() == slow, place + " is " + v1::Outcome_Name(check.outcome()) +
                                      ", by its pairs it is " + v1::Outcome_Name(slow));
}

// The same results, in another order, twice: a coordinator that finds them in the store must come
// to the same end at once.
void Invariants::ExpectSameInAnyOrder(const coordinator::StoredRun& run) {
  if (!run.has_manifest) return;
  for (const v1::CheckRecord& check : run.final_run->checks()) {
    for (const v1::Task& task : check.tasks()) {
      const bool follows = task.has_result() || task.agent_id().empty() ||
                           task.outcome() == v1::OUTCOME_BLOCKED ||
                           task.outcome() == v1::OUTCOME_SKIPPED;
      if (!follows) return;
    }
    if (check.outcome() == v1::OUTCOME_ABORTED && check.tasks_size() == 0) return;
  }
  coordinator::StoredRun again = run;
  again.final_run.reset();
  again.cancel_reason.clear();
  again.results = store_.Find(run.run_id)->results;
  SimRandom random(again.results.size() + checks_);
  for (size_t i = again.results.size(); i > 1; --i) {
    std::swap(again.results[i - 1], again.results[random.Below(static_cast<int>(i))]);
  }
  const std::vector<v1::TaskResult> copies = again.results;
  again.results.insert(again.results.end(), copies.begin(), copies.end());

  coordinator::Engine engine({});
  v1::Decision decision = v1::DECISION_UNSPECIFIED;
  for (const coordinator::Effect& effect :
       engine.Step(coordinator::RunRestored{again}, shared::Instant{})) {
    const auto* put = std::get_if<coordinator::PutRun>(&effect);
    if (put != nullptr && put->run.final_run.has_value()) {
      decision = put->run.final_run->verdict().decision();
    }
  }
  Expect(decision == run.final_run->verdict().decision(),
         "the same results in another order end " + run.run_id + " in " +
             v1::Decision_Name(decision) + ", not in " +
             v1::Decision_Name(run.final_run->verdict().decision()));
}

}  // namespace smokemesh::testing
