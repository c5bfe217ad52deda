#include "coordinator/verdict/rule.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/selection.h"
#include "coordinator/verdict/rounds.h"
#include "coordinator/verdict/rule_count.h"
#include "coordinator/verdict/rule_limit.h"
#include "coordinator/verdict/rule_text.h"

namespace smokemesh::coordinator {

RuleOutcome ApplyRule(const v1::Rule& rule, v1::RuleEffect effect, const Evidence& evidence) {
  RuleOutcome outcome;
  v1::RuleResult& result = outcome.result;
  result.set_rule(rule.rule());
  result.set_select(rule.select());
  result.set_effect(effect);

  const auto selection = Selection::Parse(rule.select());
  const auto limit = LimitOf(rule);
  const bool has_rounds = rule.has_rounds();
  std::string why;
  if (!selection.ok()) {
    why = absl::StrCat("its selector \"", rule.select(),
                       "\" is wrong: ", std::string(selection.status().message()));
  } else if (!limit.ok()) {
    why = absl::StrCat("it ", std::string(limit.status().message()));
  } else if (has_rounds && (!AreValid(rule.rounds()) || HasUnknownParts(rule.rounds()))) {
    why = absl::StrCat("it asks for ", rule.rounds().at_least(), " of the last ",
                       rule.rounds().of_last(), " rounds");
  }
  if (!why.empty()) {
    outcome.problem = absl::StrCat("rule ", rule.rule(), " cannot be judged: ", why);
    result.set_limit("none");
    result.set_value("0 of 0");
    result.set_what_if(absl::StrCat("cannot be judged: ", why));
    return outcome;
  }

  const RuleCount count = CountFor(*limit, *selection, Scope::kAll, evidence);
  const int counted = static_cast<int>(count.counted.size());
  const bool crossed = limit->Holds(counted, count.denominator);
  for (const std::string& name : count.counted) result.add_counted(name);
  result.set_denominator(count.denominator);
  result.set_limit(LimitText(*limit, count.denominator));
  result.set_value(ValueText(counted, count.denominator));
  result.set_first_evidence(count.first_evidence);
  result.set_crossed(crossed);
  result.set_holds(crossed);
  result.set_what_if(RuleWhatIf(*limit, count));
  outcome.in_short = InShort(*limit, counted, count.denominator);
  if (has_rounds) {
    const RoundsOfRule rounds = LookBack(rule.rounds(), rule.rule(), evidence.options.round());
    result.set_holds(rounds.Holds(crossed));
    result.set_rounds(RoundsText(rounds, crossed));
    result.set_what_if(RoundsWhatIf(rounds, crossed, result.what_if()));
    absl::StrAppend(&outcome.in_short, "; ", result.rounds());
  }
  return outcome;
}

}  // namespace smokemesh::coordinator
