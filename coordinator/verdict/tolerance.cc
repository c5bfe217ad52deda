#include "coordinator/verdict/tolerance.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/selection.h"
#include "coordinator/verdict/rule_count.h"
#include "coordinator/verdict/rule_limit.h"
#include "coordinator/verdict/rule_text.h"

namespace smokemesh::coordinator {

ToleranceOutcome ApplyTolerance(const v1::Tolerance& tolerance, const Evidence& evidence) {
  ToleranceOutcome outcome;
  v1::RuleResult& result = outcome.result;
  result.set_rule(tolerance.rule());
  result.set_select(tolerance.select());
  result.set_effect(v1::RULE_EFFECT_TOLERATE);

  const auto selection = Selection::Parse(tolerance.select());
  const auto limit = LimitOf(tolerance);
  if (!selection.ok() || !limit.ok()) {
    const std::string why =
        selection.ok() ? absl::StrCat("it ", std::string(limit.status().message()))
                       : absl::StrCat("its selector \"", tolerance.select(),
                                      "\" is wrong: ", std::string(selection.status().message()));
    outcome.problem = absl::StrCat("tolerance ", tolerance.rule(), " cannot be judged: ", why);
    result.set_limit("none");
    result.set_value("0 of 0");
    result.set_what_if(absl::StrCat("cannot be judged: ", why));
    return outcome;
  }

  RuleCount count = CountFor(*limit, *selection, Scope::kNotCritical, evidence);
  const int counted = static_cast<int>(count.counted.size());
  const bool holds = counted > 0 && count.open == 0 && limit->Holds(counted, count.denominator);
  for (const std::string& name : count.counted) result.add_counted(name);
  result.set_denominator(count.denominator);
  result.set_limit(LimitText(*limit, count.denominator));
  result.set_value(ValueText(counted, count.denominator));
  result.set_first_evidence(count.first_evidence);
  result.set_crossed(holds);
  result.set_holds(holds);
  result.set_what_if(ToleranceWhatIf(*limit, count));
  if (holds) outcome.tolerated = std::move(count.checks);
  return outcome;
}

}  // namespace smokemesh::coordinator
