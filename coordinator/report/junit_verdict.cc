#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/junit_suites.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

JunitMark MarkOf(v1::Decision decision) {
  switch (decision) {
    case v1::DECISION_PROMOTE:
      return JunitMark::kPassed;
    case v1::DECISION_ROLLBACK:
    case v1::DECISION_HOLD:
      return JunitMark::kFailure;
    default:
      return JunitMark::kError;
  }
}

JunitCase RuleCase(const v1::RuleResult& rule) {
  JunitCase result;
  result.classname = "verdict";
  const bool tolerance = rule.effect() == v1::RULE_EFFECT_TOLERATE;
  result.name = absl::StrCat(tolerance ? "tolerance " : "rule ", rule.rule());
  AppendJunitLine(&result.output, "effect:   ", absl::AsciiStrToUpper(EffectOf(rule)));
  AppendJunitLine(&result.output, "select:   ", rule.select());
  AppendJunitLine(&result.output, "value:    ", rule.value());
  AppendJunitLine(&result.output, "limit:    ", rule.limit());
  AppendJunitLine(&result.output, "rounds:   ", rule.rounds());
  AppendJunitLine(&result.output, "what if:  ", rule.what_if());
  std::string* why = IsAgainst(rule) ? &result.details : &result.output;
  AppendJunitLine(why, "counted:  ", absl::StrJoin(rule.counted(), ", "));
  AppendJunitLine(why, "evidence: ", rule.first_evidence());
  if (IsAgainst(rule)) {
    result.mark = JunitMark::kFailure;
    result.type = absl::AsciiStrToUpper(EffectOf(rule));
    result.message = SafeText(
        absl::StrCat("rule \"", rule.rule(), "\" holds: ", rule.value(), ", limit ", rule.limit()));
  }
  return result;
}

}  // namespace

JunitSuite JunitRounds(const v1::Run& run) {
  JunitSuite suite;
  suite.name = "rounds";
  for (const v1::BakeRound& round : run.bake().rounds()) {
    JunitCase result;
    result.classname = "rounds";
    result.name = absl::StrCat("round ", round.number());
    result.time = shared::FromProto(round.duration());
    result.mark = MarkOf(round.decision());
    result.type = std::string(Name(round.decision()));
    AppendJunitLine(&result.output, "run:     ", round.run_id());
    AppendJunitLine(&result.output, "crossed: ", absl::StrJoin(round.crossed(), ", "));
    if (result.mark == JunitMark::kPassed) {
      AppendJunitLine(&result.output, "", round.summary());
    } else {
      result.message = round.summary().empty() ? "no verdict" : SafeText(round.summary());
    }
    if (suite.timestamp.empty() && round.has_create_time()) {
      suite.timestamp = shared::FormatWallTime(shared::FromProto(round.create_time()));
    }
    suite.cases.push_back(std::move(result));
  }
  return suite;
}

JunitSuite JunitVerdict(const v1::Run& run) {
  const v1::Decision word = DecisionOf(run);
  JunitSuite suite;
  suite.name = "verdict";
  for (const v1::RuleResult& rule : run.verdict().rules()) suite.cases.push_back(RuleCase(rule));
  JunitCase decision;
  decision.classname = "verdict";
  decision.name = "decision";
  decision.mark = MarkOf(word);
  decision.type = std::string(Name(word));
  decision.output = absl::StrCat(HeadlineOf(run), "\n", CountsText(run.verdict().counts()),
                                 "\nexit code ", ExitCode(word), "\n");
  if (decision.mark != JunitMark::kPassed) {
    decision.message = HeadlineOf(run);
    for (const std::string& reason :
         run.has_bake() ? run.bake().reasons() : run.verdict().reasons()) {
      AppendJunitLine(&decision.details, "", reason);
    }
  }
  suite.cases.push_back(std::move(decision));
  return suite;
}

}  // namespace smokemesh::coordinator
