#include "tests/property/verdict_property.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>
#include <type_traits>
#include <utility>

#include "coordinator/verdict/bake_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "tests/property/driven_run.h"
#include "tests/property/random_case.h"
#include "tests/property/slow_outcomes.h"
#include "tests/simulation/slow_judge.h"

namespace smokemesh::testing {
namespace {

constexpr size_t kKeptDifferences = 5;

using coordinator::RunState;

std::string Show(v1::Outcome outcome) { return v1::Outcome_Name(outcome); }
std::string Show(bool value) { return value ? "yes" : "no"; }

// One case: collects the first thing that the product and the slow judge disagree on.
class CaseCheck {
 public:
  CaseCheck(SimRandom* random, PropertyReport* report)
      : random_(random), report_(report), case_(RandomCase(random)) {}

  // Empty: they agree.
  std::string Run() {
    const bool none_selected =
        std::find(case_.selected.begin(), case_.selected.end(), true) == case_.selected.end();
    auto created = RunState::Create("run", case_.request);
    if (!created.ok() || none_selected) {
      Expect(created.ok() != none_selected, "a run without a selected check was created, or not");
      ++report_->seen["nothing selected"];
      return problem_;
    }
    ++report_->seen["runs"];
    DrivenRun driven(case_, *std::move(created));
    Drive(&driven);
    if (problem_.empty()) CheckEnd(&driven);
    if (problem_.empty() && !driven.told().was_ended) CheckAnotherOrder(&driven);
    if (problem_.empty()) CheckBake();
    return problem_;
  }

 private:
  // `what`: a text, or a function that makes one.
  template <typename What>
  void Expect(bool holds, const What& what) {
    if (holds || !problem_.empty()) return;
    if constexpr (std::is_invocable_v<What>) {
      problem_ = what();
    } else {
      problem_ = what;
    }
  }

  void Drive(DrivenRun* driven) {
    const int pairs = static_cast<int>(case_.pairs.size());
    const bool ends_early = random_->Chance(0.1);
    const int end_at = ends_early ? random_->Below(pairs + 1) : -1;
    const int look_at = random_->Chance(0.3) ? random_->Below(pairs + 1) : -1;
    const bool listens = random_->Chance(0.15);
    for (int step = 0;; ++step) {
      if (step == look_at) CheckNow(&driven->state(), driven->told());
      if (listens) Listen(&driven->state());
      if (step == end_at) break;
      if (!driven->Step(random_)) break;
    }
    if (ends_early) {
      driven->End();
      ++report_->seen["ended early"];
    }
    Expect(driven->problem().empty(), driven->problem());
  }

  // Whether a ROLLBACK is certain now.
  void Listen(RunState* state) {
    state->CompareWithEarlierRuns();
    const v1::Verdict verdict = state->CurrentVerdict();
    Expect(verdict.final() == (verdict.decision() == v1::DECISION_ROLLBACK),
           "a decision before the end is final and no ROLLBACK, or the other way round");
    announced_ = announced_ || verdict.final();
    Expect(verdict.final() == announced_, "a final ROLLBACK was taken back");
  }

  SlowVerdict SlowVerdictOf(const std::vector<v1::CheckRecord>& records) const {
    const auto& suites = case_.request.plan().suites();
    return SlowJudgeAll(records, {suites.begin(), suites.end()}, case_.request.options(),
                        case_.request.plan().policy(),
                        [&](const std::string& select, const std::set<std::string>& tags) {
                          return case_.selectors.at(select).Holds(
                              [&](const std::string& word) { return tags.count(word) > 0; });
                        });
  }

  void CompareRecords(const RunState& state, const std::vector<v1::CheckRecord>& slow) {
    for (size_t i = 0; i < slow.size(); ++i) {
      const v1::CheckRecord& record = state.records().Get(static_cast<int>(i));
      Expect(record.outcome() == slow[i].outcome(), [&] {
        return record.name() + " is " + Show(record.outcome()) + ", should be " +
               Show(slow[i].outcome());
      });
      Expect(record.outcome() != v1::OUTCOME_BLOCKED || record.blocked_by() == slow[i].blocked_by(),
             [&] {
               return record.name() + " is blocked by " + Show(record.blocked_by()) +
                      ", should be by " + Show(slow[i].blocked_by());
             });
      Expect(
          record.deselected() == slow[i].deselected() && record.shadow() == slow[i].shadow(),
          [&] { return record.name() + " is judged and should not be, or the other way round"; });
    }
  }

  void CompareCounts(const v1::OutcomeCounts& counts, std::map<v1::Outcome, int> slow,
                     const std::string& of) {
    const int all[] = {counts.open(),    counts.passed(),  counts.flaky(),
                       counts.failed(),  counts.errored(), counts.blocked(),
                       counts.aborted(), counts.missing(), counts.skipped()};
    int planned = 0;
    for (int outcome = 0; outcome <= 8; ++outcome) {
      planned += slow[static_cast<v1::Outcome>(outcome)];
      Expect(all[outcome] == slow[static_cast<v1::Outcome>(outcome)], [&] {
        return of + ": the number of " + Show(static_cast<v1::Outcome>(outcome)) + " is wrong";
      });
    }
    Expect(counts.planned() == planned,
           [&] { return of + ": the number of planned checks is wrong"; });
  }

  void CompareVerdicts(const v1::Verdict& verdict, const SlowVerdict& slow) {
    Expect(verdict.decision() == slow.decision, [&] {
      return v1::Decision_Name(verdict.decision()) + ", should be " +
             v1::Decision_Name(slow.decision);
    });
    Expect(verdict.final() == (slow.decision != v1::DECISION_UNSPECIFIED), "final is wrong");
    CompareCounts(verdict.counts(), slow.counts, "judged");
    CompareCounts(verdict.shadow(), slow.shadow, "shadow");
    const std::set<std::string> tolerated(verdict.tolerated().begin(), verdict.tolerated().end());
    Expect(tolerated == slow.tolerated &&
               static_cast<size_t>(verdict.tolerated_size()) == slow.tolerated.size(),
           "tolerates other checks");
    Expect(verdict.rules_size() == static_cast<int>(slow.rules.size()), "has other rules");
    for (size_t i = 0; i < slow.rules.size() && problem_.empty(); ++i) {
      const v1::RuleResult& rule = verdict.rules(static_cast<int>(i));
      const SlowRule& expected = slow.rules[i];
      const std::set<std::string> counted(rule.counted().begin(), rule.counted().end());
      Expect(rule.rule() == expected.rule, "has its rules in another order");
      Expect(rule.crossed() == expected.crossed,
             [&] { return rule.rule() + " is crossed: " + Show(rule.crossed()); });
      Expect(rule.holds() == expected.holds,
             [&] { return rule.rule() + " holds: " + Show(rule.holds()); });
      Expect(counted == expected.counted, [&] { return rule.rule() + " counts other checks"; });
      Expect(rule.denominator() == expected.of, [&] {
        return rule.rule() + " is over " + std::to_string(rule.denominator()) +
               ", should be over " + std::to_string(expected.of);
      });
    }
  }

  // At some moment before the end.
  void CheckNow(RunState* state, const Told& told) {
    const std::vector<v1::CheckRecord> slow = SlowOutcomes(case_, told);
    state->CompareWithEarlierRuns();
    CompareRecords(*state, slow);
    CompareVerdicts(state->FinalVerdict(), SlowVerdictOf(slow));
    ++report_->seen["looked at half way"];
    if (!problem_.empty()) problem_ = "half way: " + problem_;
  }

  void CheckEnd(DrivenRun* driven) {
    RunState& state = driven->state();
    Expect(state.AllDecided(), "something never ran and is open for ever");
    const std::vector<v1::CheckRecord> slow = SlowOutcomes(case_, driven->told());
    state.CompareWithEarlierRuns();
    const v1::Verdict verdict = state.FinalVerdict();
    const SlowVerdict expected = SlowVerdictOf(slow);
    CompareRecords(state, slow);
    CompareVerdicts(verdict, expected);
    CheckNeeds(driven->told(), slow);
    Expect(!announced_ || verdict.decision() == v1::DECISION_ROLLBACK,
           "a ROLLBACK was announced and is none in the end");
    if (problem_.empty()) CheckWhatIf(verdict, expected);
    Report(verdict, expected);
  }

  // Nothing may run before what it needs has passed.
  void CheckNeeds(const Told& told, const std::vector<v1::CheckRecord>& records) {
    std::map<std::string, const v1::CheckRecord*> by_name;
    for (const v1::CheckRecord& record : records) by_name[record.name()] = &record;
    for (size_t i = 0; i < case_.pairs.size(); ++i) {
      if (!told.pairs[i]) continue;
      const v1::Check& check = case_.request.plan().checks(case_.pairs[i].check);
      for (const std::string& need : check.needs()) {
        const v1::CheckRecord& record = *by_name[need];
        Expect(
            record.deselected() || record.outcome() == v1::OUTCOME_PASSED ||
                record.outcome() == v1::OUTCOME_FLAKY,
            [&] { return check.name() + " ran, and " + need + ", which it needs, did not pass"; });
      }
    }
  }

  // Tries out the number after `words`; false when the text does not begin with them.
  template <typename Rule>
  bool TryOut(const std::string& text, const std::string& words, const Rule& rule,
              const SlowRule& slow, int way, bool becomes) {
    if (text.rfind(words, 0) != 0) return false;
    const int number = std::atoi(text.c_str() + words.size()) * way;
    const int counted = static_cast<int>(slow.counted.size());
    const bool possible = number != 0 && counted + number >= 0 && number <= slow.could;
    Expect(possible && SlowHolds(rule, counted + number, slow.of) == becomes &&
               SlowHolds(rule, counted + number - way, slow.of) != becomes,
           [&] { return slow.rule + " says: " + text; });
    ++report_->seen["what-if tried out"];
    return true;
  }

  void CheckWhatIf(const v1::Verdict& verdict, const SlowVerdict& slow) {
    const v1::Policy& policy = case_.request.plan().policy();
    int next = 0;
    const auto rules = [&](const auto& list) {
      for (const v1::Rule& rule : list) {
        const std::string& text = verdict.rules(next).what_if();
        const SlowRule& expected = slow.rules[next++];
        if (TryOut(text, "would not hold with ", rule, expected, -1, false)) continue;
        if (TryOut(text, "would hold with ", rule, expected, 1, true)) continue;
        if (text.rfind("could not hold", 0) == 0) {
          const int counted = static_cast<int>(expected.counted.size());
          for (int more = 0; more <= expected.could; ++more) {
            Expect(!SlowHolds(rule, counted + more, expected.of),
                   [&] { return rule.rule() + " says: " + text; });
          }
        } else if (text.rfind("is over nothing", 0) == 0) {
          Expect(expected.of == 0, [&] { return rule.rule() + " says: " + text; });
        } else {
          Expect(rule.has_rounds() || text.rfind("cannot be judged", 0) == 0,
                 [&] { return rule.rule() + " says: " + text; });
        }
      }
    };
    rules(policy.rollback());
    rules(policy.hold());
    for (const v1::Tolerance& tolerance : policy.tolerate()) {
      const std::string& text = verdict.rules(next).what_if();
      const SlowRule& expected = slow.rules[next++];
      TryOut(text, "would tolerate none with ", tolerance, expected, 1, false);
      TryOut(text, "would tolerate them with ", tolerance, expected, -1, true);
    }
  }

  void Report(const v1::Verdict& verdict, const SlowVerdict& slow) {
    ++report_->decisions[v1::Decision_Name(verdict.decision())];
    if (!slow.tolerated.empty()) ++report_->seen["tolerated"];
    if (announced_) ++report_->seen["announced"];
    const v1::Policy& policy = case_.request.plan().policy();
    const auto rules = [&](const auto& list, int first) {
      for (int i = 0; i < list.size(); ++i) {
        const SlowRule& rule = slow.rules[first + i];
        const std::string limit = "limit " + std::to_string(list.Get(i).limit_case());
        ++report_->seen[limit + (rule.crossed ? " crossed" : " not crossed")];
        if (list.Get(i).has_rounds() && rule.crossed != rule.holds) {
          ++report_->seen[rule.holds ? "held by earlier rounds" : "crossed and not held"];
        }
      }
    };
    rules(policy.rollback(), 0);
    rules(policy.hold(), policy.rollback_size());
  }

  void CheckAnotherOrder(DrivenRun* first) {
    auto created = RunState::Create("run", case_.request);
    DrivenRun second(case_, *std::move(created));
    while (second.Step(random_)) {
    }
    second.state().CompareWithEarlierRuns();
    Expect(second.problem().empty(), second.problem());
    const v1::Verdict one = first->state().FinalVerdict();
    const v1::Verdict other = second.state().FinalVerdict();
    Expect(one.SerializeAsString() == other.SerializeAsString(), [&] {
      return "another order gives another verdict:\n" + one.DebugString() + "and\n" +
             other.DebugString();
    });
  }

  void CheckBake() {
    const v1::Policy& policy = case_.request.plan().policy();
    for (const bool ended : {false, true}) {
      const v1::Bake bake = coordinator::JudgeBake("bake", "property", case_.rounds, policy, ended);
      const v1::Decision slow = SlowJudgeBake(case_.rounds, policy, ended);
      Expect(bake.decision() == slow, [&] {
        return "the bake is " + v1::Decision_Name(bake.decision()) + ", should be " +
               v1::Decision_Name(slow);
      });
      Expect(bake.final() == (slow != v1::DECISION_UNSPECIFIED), "the bake's final is wrong");
      if (ended) ++report_->seen["bake " + v1::Decision_Name(slow)];
    }
  }

  SimRandom* const random_;
  PropertyReport* const report_;
  const Case case_;
  bool announced_ = false;
  std::string problem_;
};

}  // namespace

void PropertyReport::Add(const PropertyReport& other) {
  cases += other.cases;
  differences += other.differences;
  for (const std::string& text : other.first) {
    if (first.size() < kKeptDifferences) first.push_back(text);
  }
  for (const auto& [name, count] : other.decisions) decisions[name] += count;
  for (const auto& [name, count] : other.seen) seen[name] += count;
}

PropertyReport CheckCases(uint64_t seed, uint64_t begin, uint64_t end) {
  PropertyReport report;
  for (uint64_t number = begin; number < end; ++number) {
    SimRandom random(SimRandom(seed).Next() ^ SimRandom(number).Next());
    const std::string problem = CaseCheck(&random, &report).Run();
    ++report.cases;
    if (problem.empty()) continue;
    ++report.differences;
    if (report.first.size() < kKeptDifferences) {
      report.first.push_back("case " + std::to_string(number) + ": " + problem);
    }
  }
  return report;
}

}  // namespace smokemesh::testing
