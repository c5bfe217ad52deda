#include "coordinator/run/verification.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/run/digest.h"
#include "coordinator/run/run_state.h"
#include "coordinator/scheduler/agent_choice.h"
#include "coordinator/scheduler/manifest.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr size_t kMaxProblems = 100;
constexpr size_t kShown = 128;
constexpr size_t kDifference = 400;

std::string Shown(std::string_view text) {
  return shared::EscapeControl(shared::Shorten(text, kShown));
}

std::string Text(v1::Outcome outcome) { return std::string(Name(outcome)); }

// `login on api-1`.
std::string PairText(std::string_view check, std::string_view agent_id) {
  return absl::StrCat(Shown(check), " on ",
                      agent_id.empty() ? std::string("no agent") : Shown(agent_id));
}

// The first field that differs: `rules[0].value`.
std::string FirstDifference(const google::protobuf::Message& a,
                            const google::protobuf::Message& b) {
  std::string report;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(a, b)) return "";
  return shared::EscapeControl(shared::Shorten(report.substr(0, report.find('\n')), kDifference));
}

// What only the coordinator could decide, and only time could say.
bool IsTimesToSay(v1::Outcome outcome) {
  return outcome == v1::OUTCOME_ABORTED || outcome == v1::OUTCOME_MISSING;
}

// Whether a check's reason is one that some of its pairs give; `again` is the check made again.
bool ReasonFits(const v1::CheckRecord& check, const v1::CheckRecord& again) {
  const std::string& reason = check.reason();
  if (reason == again.reason()) return true;
  bool named = false;
  for (const v1::Task& task : check.tasks()) {
    if (task.outcome() != check.outcome()) continue;
    named = true;
    const std::string& why = task.reason().empty() ? task.result().message() : task.reason();
    if (reason == why || reason == absl::StrCat(task.agent_id(), ": ", why)) return true;
  }
  return !named && check.tasks_size() > 0 && reason.rfind("too few of ", 0) == 0;
}

ManifestPair AsStored(const v1::RunPair& pair) {
  return {pair.check(),
          pair.agent_id(),
          pair.service(),
          pair.deployment(),
          {pair.roles().begin(), pair.roles().end()}};
}

class Verifier {
 public:
  explicit Verifier(const v1::RunRecord& record) : record_(record), run_(record.run()) {}

  Verification Take() {
    if (!Refuse() && Shape()) {
      Pairs();
      Results();
      Tasks();
      if (MakeAgain()) Verdict();
    }
    if (more_ > 0) Add(absl::StrCat("and ", more_, " more"), true);
    return std::move(found_);
  }

 private:
  using PairKey = std::pair<std::string, std::string>;

  void Add(std::string problem, bool always = false) {
    if (found_.problems.size() < kMaxProblems || always) {
      found_.problems.push_back(std::move(problem));
    } else {
      ++more_;
    }
  }

  // Whether there is nothing to verify.
  bool Refuse() {
    const std::string name = absl::StrCat("run ", Shown(run_.run_id()));
    if (IsCleanUp(run_)) {
      Add(absl::StrCat(name,
                       " cleaned up after other runs and judged nothing: there is no verdict "
                       "to verify"));
    } else if (run_.state() != v1::Run::STATE_FINISHED) {
      Add(absl::StrCat(name, " is still going on: verify it when it has ended"));
    } else if (run_.policy_digest().empty()) {
      Add(absl::StrCat(name,
                       " was judged by an older smokemesh that kept no digest of its policy: "
                       "it cannot be verified"));
    }
    return !found_.problems.empty();
  }

  // Plan and policy, and whether the run has the plan's checks.
  bool Shape() {
    const v1::Plan& plan = record_.plan();
    const auto digest = [this](const char* what, const std::string& made, const std::string& says) {
      if (made == says) return;
      Add(absl::StrCat("the ", what, " is not the one that the run had: its digest is ", made,
                       ", the run says ", Shown(says)));
    };
    digest("plan", PlanDigest(plan), run_.plan_digest());
    digest("policy", PolicyDigest(plan.policy()), run_.policy_digest());
    if (run_.plan_name() != plan.name()) {
      Add(absl::StrCat("the plan's name is \"", Shown(plan.name()), "\", the run says \"",
                       Shown(run_.plan_name()), "\""));
    }
    const bool same_suites = std::equal(
        run_.suites().begin(), run_.suites().end(), plan.suites().begin(), plan.suites().end(),
        [](const auto& a, const auto& b) { return MessageDifferencer::Equals(a, b); });
    if (!same_suites) Add("the run's suites are not the plan's");

    bool same = true;
    for (int i = 0; i < std::max(run_.checks_size(), plan.checks_size()); ++i) {
      const std::string in_run = i < run_.checks_size() ? run_.checks(i).name() : "";
      const std::string in_plan = i < plan.checks_size() ? plan.checks(i).name() : "";
      if (in_run == in_plan) continue;
      same = false;
      Add(absl::StrCat("check ", i + 1, " of the plan is \"", Shown(in_plan), "\", of the run \"",
                       Shown(in_run), "\""));
      break;
    }
    if (!same) return false;
    found_.checks = plan.checks_size();

    v1::CreateRunRequest request;
    *request.mutable_plan() = plan;
    *request.mutable_options() = run_.options();
    auto state = RunState::Create(run_.run_id(), std::move(request));
    if (!state.ok()) {
      Add(absl::StrCat("the run cannot be made again: ", state.status().message()));
      return false;
    }
    state_ = *std::move(state);
    return true;
  }

  // Every pair of the manifest is in the run, once, and no other.
  void Pairs() {
    found_.pairs = record_.manifest_size();
    std::map<PairKey, const v1::RunPair*> manifest;
    std::set<std::string> checks;
    for (const v1::RunPair& pair : record_.manifest()) {
      checks.insert(pair.check());
      if (!manifest.emplace(PairKey(pair.check(), pair.agent_id()), &pair).second) {
        Add(absl::StrCat(PairText(pair.check(), pair.agent_id()), " is twice in the manifest"));
      }
    }
    std::set<PairKey> in_run;
    for (int i = 0; i < run_.checks_size(); ++i) {
      const v1::CheckRecord& check = run_.checks(i);
      const bool expected = state_->wanted()[i] && record_.plan().checks(i).skip().empty();
      if (expected && !record_.manifest().empty() && !checks.contains(check.name())) {
        Add(absl::StrCat("check ", Shown(check.name()), " has no pair in the manifest"));
      }
      for (const v1::Task& task : check.tasks()) {
        const std::string text = PairText(check.name(), task.agent_id());
        const PairKey key(check.name(), task.agent_id());
        const auto it = manifest.find(key);
        if (it == manifest.end()) {
          Add(absl::StrCat(text, " is in the run, and not in the manifest"));
        } else {
          Place(text, record_.plan().checks(i), *it->second, task);
        }
        if (!in_run.insert(key).second) Add(absl::StrCat(text, " is twice in the run"));
      }
    }
    for (const auto& [key, pair] : manifest) {
      if (in_run.contains(key)) continue;
      Add(absl::StrCat(PairText(key.first, key.second), " is in the manifest, and not in the run"));
    }
  }

  // A pair is in the manifest what it is in the run, and of the version that the run judges.
  void Place(const std::string& text, const v1::Check& check, const v1::RunPair& pair,
             const v1::Task& task) {
    const auto same = [&](const char* what, const std::string& planned, const std::string& is) {
      if (planned == is) return;
      Add(absl::StrCat(text, " is ", what, " \"", Shown(planned), "\" in the manifest, ", what,
                       " \"", Shown(is), "\" in the run"));
    };
    same("beside service", pair.service(), task.service());
    same("beside version", pair.deployment(), task.deployment());
    same("for the roles", absl::StrJoin(pair.roles(), ", "), absl::StrJoin(task.roles(), ", "));
    const std::string* wanted = OtherThanWanted(check, run_.options(), AsStored(pair));
    if (wanted == nullptr || task.outcome() == v1::OUTCOME_MISSING) return;
    Add(absl::StrCat(text, " is ", Text(task.outcome()), " in the run, and gives no evidence: its ",
                     "agent says version ", Shown(DeploymentText(pair.deployment())),
                     ", and the run judges version ", Shown(*wanted)));
  }

  // Every stored result is of this run and of a pair; finds the one that counts of each pair.
  void Results() {
    found_.results = record_.results_size();
    std::set<PairKey> pairs;
    for (const v1::RunPair& pair : record_.manifest()) {
      if (!pair.agent_id().empty()) pairs.emplace(pair.check(), pair.agent_id());
    }
    std::set<std::tuple<std::string, std::string, int>> seen;
    for (const v1::TaskResult& result : record_.results()) {
      const PairKey key(result.check(), result.agent_id());
      const std::string text =
          absl::StrCat("the stored result of ", PairText(result.check(), result.agent_id()),
                       ", attempt ", result.attempt());
      if (result.run_id() != run_.run_id()) {
        Add(absl::StrCat(text, " is of run \"", Shown(result.run_id()), "\""));
        continue;
      }
      if (!pairs.contains(key)) {
        Add(absl::StrCat(text, " is of no pair of the manifest"));
        continue;
      }
      if (result.attempt() < 1) Add(absl::StrCat(text, ": attempts are counted from 1"));
      if (!seen.emplace(result.check(), result.agent_id(), result.attempt()).second) {
        Add(absl::StrCat(text, " is there twice"));
      }
      const v1::TaskResult*& first = first_[key];
      // Of two attempts the earlier one came first, and counted.
      if (first == nullptr || result.attempt() < first->attempt()) first = &result;
    }
  }

  // Every outcome of a pair in the run has what it needs behind it.
  void Tasks() {
    for (const v1::CheckRecord& check : run_.checks()) {
      for (const v1::Task& task : check.tasks()) {
        const auto it = first_.find(PairKey(check.name(), task.agent_id()));
        Task(PairText(check.name(), task.agent_id()), task,
             it == first_.end() ? nullptr : it->second);
      }
    }
  }

  void Task(const std::string& text, const v1::Task& task, const v1::TaskResult* stored) {
    const std::string is = absl::StrCat(text, " is ", Text(task.outcome()), " in the run");
    if (task.state() != v1::Task::STATE_DONE) Add(absl::StrCat(text, " never ended"));
    if (task.has_result() && stored == nullptr) {
      return Add(absl::StrCat(is, " by a result that the store does not hold"));
    }
    if (!task.has_result() && stored != nullptr) {
      return Add(absl::StrCat(is, ", and the store holds a result of it, which says ",
                              Text(stored->outcome())));
    }
    if (task.has_result()) {
      const std::string difference = FirstDifference(*stored, task.result());
      if (!difference.empty()) {
        Add(absl::StrCat("the stored result of ", text,
                         " is not the one in the run: ", difference));
      }
      if (task.outcome() != stored->outcome()) {
        Add(absl::StrCat(is, ", and its stored result says ", Text(stored->outcome())));
      }
      return;
    }
    const bool without_agent = IsTimesToSay(task.outcome()) ||
                               task.outcome() == v1::OUTCOME_BLOCKED ||
                               task.outcome() == v1::OUTCOME_SKIPPED;
    if (!without_agent) {
      Add(absl::StrCat(is, " without a stored result"));
    } else if (task.reason().empty()) {
      Add(absl::StrCat(is, " without a reason"));
    }
  }

  // Makes the checks again from plan, manifest and stored results, and compares. False when they
  // are not even decided.
  bool MakeAgain() {
    if (record_.manifest().empty()) {
      EndedWithoutManifest();
    } else {
      std::vector<ManifestPair> manifest;
      for (const v1::RunPair& pair : record_.manifest()) {
        manifest.push_back(AsStored(pair));
      }
      std::map<std::string, std::string> no_agent;
      std::vector<RunState::Decision> decisions;
      for (const v1::CheckRecord& check : run_.checks()) {
        for (const v1::Task& task : check.tasks()) {
          if (task.agent_id().empty()) no_agent[check.name()] = task.reason();
        }
      }
      state_->SetManifest(std::move(manifest), no_agent, true);
      // Before the results: what time decided was decided whatever came later.
      for (const v1::CheckRecord& check : run_.checks()) {
        for (const v1::Task& task : check.tasks()) {
          if (task.has_result()) continue;
          if (!IsTimesToSay(task.outcome()) && !IsSkippedWithItsFlow(check, task)) continue;
          if (first_.contains(PairKey(check.name(), task.agent_id()))) continue;
          const auto ref = state_->Find(check.name(), task.agent_id());
          if (ref.has_value()) decisions.push_back({*ref, task.outcome(), task.reason()});
        }
      }
      state_->DecideAll(decisions);
      state_->Restore({record_.results().begin(), record_.results().end()});
    }
    state_->CompareWithEarlierRuns();
    again_ = state_->records();
    bool decided = true;
    for (int i = 0; i < run_.checks_size(); ++i) {
      decided = decided && again_[i].outcome() != v1::OUTCOME_UNSPECIFIED;
      Compare(run_.checks(i), &again_[i]);
    }
    if (!decided && found_.problems.empty())
      Add("the run cannot be made again: some check is open");
    return decided;
  }

  // Whether the pair is of a flow that could not begin, for another pair of it was SKIPPED.
  bool IsSkippedWithItsFlow(const v1::CheckRecord& check, const v1::Task& task) const {
    const auto& checks = record_.plan().checks();
    const auto planned = std::find_if(checks.begin(), checks.end(), [&](const v1::Check& one) {
      return one.name() == check.name();
    });
    return task.outcome() == v1::OUTCOME_SKIPPED && planned != checks.end() &&
           planned->has_flow() && planned->optional() &&
           std::any_of(check.tasks().begin(), check.tasks().end(), [](const v1::Task& other) {
             return other.has_result() && other.outcome() == v1::OUTCOME_SKIPPED;
           });
  }

  // The run ended while it waited for agents: each check that was to run is ABORTED.
  void EndedWithoutManifest() {
    for (int i = 0; i < run_.checks_size(); ++i) {
      const v1::CheckRecord& check = run_.checks(i);
      if (state_->records()[i].outcome() != v1::OUTCOME_UNSPECIFIED) continue;
      if (check.outcome() != v1::OUTCOME_ABORTED || check.reason().empty()) continue;
      return state_->DecideWithoutManifest(v1::OUTCOME_ABORTED, check.reason());
    }
  }

  // A check of the run against the same, made again.
  void Compare(const v1::CheckRecord& in_run, v1::CheckRecord* again) {
    const std::string name = absl::StrCat("check ", Shown(in_run.name()));
    for (const v1::Task& task : again->tasks()) {
      for (const v1::Task& other : in_run.tasks()) {
        if (other.agent_id() != task.agent_id() || other.outcome() == task.outcome()) continue;
        // Those with a result have been looked at.
        if (task.has_result() || other.has_result()) continue;
        Add(absl::StrCat(PairText(in_run.name(), task.agent_id()), " is ", Text(other.outcome()),
                         " in the run, and ", Text(task.outcome()), " by what it needs"));
      }
    }
    if (in_run.outcome() != again->outcome()) {
      Add(absl::StrCat(name, " is ", Text(in_run.outcome()), " in the run, and ",
                       Text(again->outcome()), " by its pairs"));
    } else if (in_run.blocked_by() != again->blocked_by()) {
      Add(absl::StrCat(name, " is blocked by ", Text(in_run.blocked_by()), " in the run, and by ",
                       Text(again->blocked_by()), " by what it needs"));
    }
    const std::string comparison =
        in_run.has_comparison() == again->has_comparison()
            ? FirstDifference(again->comparison(), in_run.comparison())
            : std::string(in_run.has_comparison() ? "there is none to be made" : "it is not there");
    if (!comparison.empty()) {
      Add(absl::StrCat("the comparison of ", name,
                       " with earlier promoted runs is another: ", comparison));
    }
    if (in_run.outcome() == again->outcome() && !ReasonFits(in_run, *again)) {
      Add(absl::StrCat("the reason of ", name, " is none that its pairs give: \"",
                       Shown(in_run.reason()), "\""));
    }
    // Which of several pairs or needs is named in a reason depends on the order in which they
    // ended: these words are the run's.
    again->set_reason(in_run.reason());
    for (int i = 0; i < again->tasks_size() && i < in_run.tasks_size(); ++i) {
      again->mutable_tasks(i)->set_reason(in_run.tasks(i).reason());
    }
    // Everything else is the plan's.
    v1::CheckRecord rest_in_run = in_run;
    v1::CheckRecord rest_again = *again;
    for (v1::CheckRecord* rest : {&rest_in_run, &rest_again}) {
      rest->clear_tasks();
      rest->clear_outcome();
      rest->clear_blocked_by();
      rest->clear_comparison();
    }
    const std::string difference = FirstDifference(rest_again, rest_in_run);
    if (!difference.empty()) {
      Add(absl::StrCat(name, " is not in the run as the plan has it: ", difference));
    }
  }

  void Verdict() {
    found_.verdict =
        Judge({again_, record_.plan().suites(), run_.options()}, record_.plan().policy());
    const v1::Verdict& says = run_.verdict();
    if (found_.verdict.decision() != says.decision()) {
      Add(absl::StrCat("the verdict is ", std::string(Name(says.decision())),
                       " in the run, and made again ",
                       std::string(Name(found_.verdict.decision()))));
      return;
    }
    const std::string difference = FirstDifference(found_.verdict, says);
    if (!difference.empty()) {
      Add(absl::StrCat("the verdict is not the one that is made again: ", difference));
    }
  }

  const v1::RunRecord& record_;
  const v1::Run& run_;
  Verification found_;
  size_t more_ = 0;
  std::unique_ptr<RunState> state_;
  std::map<PairKey, const v1::TaskResult*> first_;  // of each pair, the stored result that counts
  google::protobuf::RepeatedPtrField<v1::CheckRecord> again_;
};

}  // namespace

Verification VerifyRecord(const v1::RunRecord& record) { return Verifier(record).Take(); }

}  // namespace smokemesh::coordinator
