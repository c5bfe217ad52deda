#include "coordinator/report/json_parts.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

Json RuleJson(const v1::RuleResult& rule) {
  return {{"rule", Text(rule.rule())},
          {"select", Text(rule.select())},
          {"limit", Text(rule.limit())},
          {"value", Text(rule.value())},
          {"holds", rule.holds()},
          {"counted", Texts(rule.counted())},
          {"denominator", rule.denominator()},
          {"first_evidence", TextOrNull(rule.first_evidence())},
          {"effect", absl::AsciiStrToUpper(EffectOf(rule))},
          {"what_if", TextOrNull(rule.what_if())},
          {"crossed", rule.crossed()},
          {"rounds", TextOrNull(rule.rounds())}};
}

}  // namespace

Json Text(const std::string& text) { return SafeText(text); }

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Text(text); }

Json Milliseconds(shared::Duration duration) {
  const auto microseconds = duration.count() / 1000;  // whole ones
  return static_cast<double>(microseconds) / 1000.0;
}

Json TimeOrNull(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return nullptr;
  return shared::FormatWallTime(shared::FromProto(time));
}

Json OutcomeOrNull(v1::Outcome outcome) {
  if (outcome == v1::OUTCOME_UNSPECIFIED) return nullptr;
  return std::string(Name(outcome));
}

Json DecisionOrNull(v1::Decision decision) {
  if (decision == v1::DECISION_UNSPECIFIED) return nullptr;
  return std::string(Name(decision));
}

Json CountsJson(const v1::OutcomeCounts& counts) {
  return {{"planned", counts.planned()}, {"passed", counts.passed()},
          {"flaky", counts.flaky()},     {"failed", counts.failed()},
          {"errored", counts.errored()}, {"blocked", counts.blocked()},
          {"aborted", counts.aborted()}, {"missing", counts.missing()},
          {"skipped", counts.skipped()}, {"open", counts.open()}};
}

Json VerdictJson(const v1::Verdict& verdict) {
  Json rules = Json::array();
  for (const v1::RuleResult& rule : verdict.rules()) rules.push_back(RuleJson(rule));
  return {{"decision", DecisionOrNull(verdict.decision())},
          {"exit_code", ExitCode(verdict.decision())},
          {"final", verdict.final()},
          {"summary", Text(verdict.summary())},
          {"reasons", Texts(verdict.reasons())},
          {"counts", CountsJson(verdict.counts())},
          {"rules", std::move(rules)},
          {"shadow", CountsJson(verdict.shadow())},
          {"tolerated", Texts(verdict.tolerated())}};
}

Json BakeJson(const v1::Run& run) {
  if (!run.has_bake()) return nullptr;
  const v1::Bake& bake = run.bake();
  Json rounds = Json::array();
  for (const v1::BakeRound& round : bake.rounds()) {
    rounds.push_back({{"number", round.number()},
                      {"run_id", TextOrNull(round.run_id())},
                      {"decision", DecisionOrNull(round.decision())},
                      {"summary", Text(round.summary())},
                      {"crossed", Texts(round.crossed())},
                      {"create_time", TimeOrNull(round.has_create_time(), round.create_time())},
                      {"duration_ms", Milliseconds(shared::FromProto(round.duration()))}});
  }
  return {{"id", TextOrNull(bake.bake_id())},
          {"decision", DecisionOrNull(bake.decision())},
          {"exit_code", ExitCode(bake.decision())},
          {"final", bake.final()},
          {"summary", Text(bake.summary())},
          {"reasons", Texts(bake.reasons())},
          {"rounds", std::move(rounds)}};
}

}  // namespace smokemesh::coordinator
