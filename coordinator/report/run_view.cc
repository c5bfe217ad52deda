#include "coordinator/report/run_view.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/markup.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

// Lower is worse.
int Rank(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_FAILED:
      return 0;
    case v1::OUTCOME_ERRORED:
      return 1;
    case v1::OUTCOME_MISSING:
      return 2;
    case v1::OUTCOME_ABORTED:
      return 3;
    case v1::OUTCOME_BLOCKED:
      return 4;
    case v1::OUTCOME_UNSPECIFIED:
      return 5;
    default:
      return 6;
  }
}

using Names = std::set<std::string_view>;

std::vector<SuiteView> ArrangeSuites(const v1::Run& run, const Names& tolerated) {
  std::vector<SuiteView> suites;
  std::map<std::string, size_t> index;
  const auto at = [&](const std::string& name) -> SuiteView& {
    const auto [it, added] = index.emplace(name, suites.size());
    if (added) {
      suites.emplace_back();
      suites.back().name = name;
      suites.back().title = name.empty() ? "Checks" : name;
    }
    return suites[it->second];
  };
  for (const v1::Suite& suite : run.suites()) {
    SuiteView& view = at(suite.name());
    if (!suite.title().empty()) view.title = suite.title();
    if (suite.has_target()) view.target = shared::FromProto(suite.target());
  }
  for (const v1::CheckRecord& check : run.checks()) {
    SuiteView& view = at(check.suite());
    view.checks.push_back(&check);
    if (check.deselected()) {
      ++view.deselected;
    } else if (check.shadow()) {
      Count(check.outcome(), &view.shadow);
    } else {
      Count(check.outcome(), &view.counts);
      if (tolerated.count(check.name()) > 0) ++view.tolerated;
    }
  }
  suites.erase(std::remove_if(suites.begin(), suites.end(),
                              [](const SuiteView& view) { return view.checks.empty(); }),
               suites.end());
  for (SuiteView& view : suites) {
    const SuiteTime time = SuiteTimeOf(view.name, view.target, view.checks);
    view.time = time.time;
    view.over_target = time.over_target;
    view.title = SafeText(view.title);
  }
  return suites;
}

void WorstFirst(std::vector<const v1::CheckRecord*>* checks) {
  std::stable_sort(checks->begin(), checks->end(),
                   [](const v1::CheckRecord* a, const v1::CheckRecord* b) {
                     return std::make_tuple(!IsCritical(*a), Rank(a->outcome())) <
                            std::make_tuple(!IsCritical(*b), Rank(b->outcome()));
                   });
}

// Puts a check into the lists that it belongs to.
void Place(const v1::CheckRecord& check, bool tolerated, RunView* view) {
  if (check.deselected()) {
    ++view->deselected;
    return;
  }
  if (check.shadow()) {
    Count(check.outcome(), &view->shadow_counts);
    if (!CountsAsPassed(check.outcome()) && check.outcome() != v1::OUTCOME_SKIPPED) {
      view->shadow.push_back(&check);
    }
    return;
  }
  if (check.comparison().newly_failing()) view->newly_failing.push_back(&check);
  if (check.comparison().newly_passing()) view->newly_passing.push_back(&check);
  if (check.comparison().newly_slow()) view->newly_slow.push_back(&check);
  if (check.comparison().added()) view->added.push_back(&check);
  if (check.outcome() == v1::OUTCOME_FLAKY) {
    view->flaky.push_back(&check);
  } else if (check.outcome() == v1::OUTCOME_SKIPPED && !IsCritical(check)) {
    view->skipped.push_back(&check);
  } else if (check.outcome() != v1::OUTCOME_PASSED) {
    (tolerated ? view->tolerated : view->troubles).push_back(&check);
  }
}

std::string WithoutWord(v1::Decision decision, const std::string& text) {
  std::string summary = SafeText(text);
  const std::string word = absl::StrCat(std::string(Name(decision)), ": ");
  if (summary.rfind(word, 0) == 0) summary.erase(0, word.size());
  return summary;
}

std::string WordAndSummary(v1::Decision decision, const std::string& text) {
  const std::string word(Name(decision));
  const std::string summary = WithoutWord(decision, text);
  return summary.empty() ? word : absl::StrCat(word, ": ", summary);
}

}  // namespace

RunView Arrange(const v1::Run& run) {
  RunView view;
  const Names tolerated(run.verdict().tolerated().begin(), run.verdict().tolerated().end());
  view.suites = ArrangeSuites(run, tolerated);
  std::set<std::string> agents;
  for (const v1::CheckRecord& check : run.checks()) {
    for (const v1::Task& task : check.tasks()) {
      if (!task.agent_id().empty()) agents.insert(task.agent_id());
      if (!task.result().cleanup_error().empty()) view.not_cleaned.emplace_back(&check, &task);
    }
    Place(check, tolerated.count(check.name()) > 0, &view);
  }
  for (auto* list : {&view.troubles, &view.tolerated, &view.shadow}) WorstFirst(list);
  view.agents = static_cast<int>(agents.size());
  return view;
}

bool IsCriticalPathOnly(const v1::Run& run) {
  const std::string& select = run.options().select();
  return select == "critical" || select.rfind("critical and (", 0) == 0;
}

bool IsTolerated(const v1::Run& run, const v1::CheckRecord& check) {
  const auto& names = run.verdict().tolerated();
  return std::find(names.begin(), names.end(), check.name()) != names.end();
}

PairStanding StandingOf(const v1::Run& run, const v1::CheckRecord& check, const v1::Task* task) {
  const v1::Outcome outcome = task == nullptr ? check.outcome() : task->outcome();
  if (check.deselected() || outcome == v1::OUTCOME_SKIPPED) return PairStanding::kLeftOut;
  if (check.shadow()) return PairStanding::kShadow;
  if (CountsAsPassed(outcome)) return PairStanding::kGood;
  if (CountsAsPassed(check.outcome()) || check.outcome() == v1::OUTCOME_SKIPPED) {
    return PairStanding::kOutvoted;
  }
  return IsTolerated(run, check) ? PairStanding::kTolerated : PairStanding::kBad;
}

std::string WhyOf(const v1::Task& task) {
  return SafeText(task.reason().empty() ? task.result().message() : task.reason());
}

std::string AgentLabel(const v1::Task& task) {
  if (task.agent_id().empty()) return "no agent";
  std::string label = SafeText(task.agent_id());
  if (!task.service().empty() && task.service() != task.agent_id()) {
    absl::StrAppend(&label, " (", SafeText(task.service()), ")");
  }
  return label;
}

std::string AgentWithVersion(const v1::Task& task) {
  if (task.deployment().empty()) return AgentLabel(task);
  return absl::StrCat(AgentLabel(task), ", version ", SafeText(task.deployment()));
}

std::string RoleText(const v1::RoleResult& role) {
  std::string text;
  if (!CountsAsPassed(role.outcome())) text = absl::StrCat(std::string(Name(role.outcome())), ", ");
  if (role.has_prepared_after()) {
    absl::StrAppend(&text, "ready after ",
                    shared::FormatDuration(SaneDuration(role.prepared_after())), ", ");
  } else {
    absl::StrAppend(&text, "not ready, ");
  }
  if (!role.has_latency()) return text + "nobody said go";
  if (shared::FromProto(role.latency()) == shared::Duration::zero()) {
    return text + "nothing passed since go";
  }
  return absl::StrCat(text, shared::FormatDuration(SaneDuration(role.latency())), " since go");
}

std::string DeploymentLabel(const v1::Run& run) {
  std::map<std::string, std::string> versions(run.options().deployment().begin(),
                                              run.options().deployment().end());
  if (versions.empty()) return "";
  std::vector<std::string> parts;
  const auto of_all = versions.find("*");
  const bool has_all = of_all != versions.end();
  if (has_all) {
    parts.push_back(absl::StrCat("version ", SafeText(of_all->second)));
    versions.erase(of_all);
  }
  for (const auto& [service, version] : versions) {
    parts.push_back(
        absl::StrCat(SafeText(service), has_all ? " " : " version ", SafeText(version)));
  }
  constexpr size_t kShown = 8;
  if (parts.size() > kShown) {
    const size_t more = parts.size() - kShown;
    parts.resize(kShown);
    parts.push_back(absl::StrCat("and ", more, " more"));
  }
  return absl::StrJoin(parts, ", ");
}

std::string PlaceOf(const v1::CheckRecord& check) {
  if (check.source().file().empty()) return "";
  return absl::StrCat(SafeText(check.source().file()), ":", check.source().line());
}

std::string CountsText(const v1::OutcomeCounts& counts) {
  std::vector<std::string> parts;
  const auto add = [&](int count, const char* word) {
    if (count > 0) parts.push_back(absl::StrCat(count, " ", word));
  };
  add(counts.passed(), "passed");
  add(counts.flaky(), "flaky");
  add(counts.failed(), "failed");
  add(counts.errored(), "errored");
  add(counts.missing(), "missing");
  add(counts.aborted(), "aborted");
  add(counts.blocked(), "blocked");
  add(counts.skipped(), "skipped");
  add(counts.open(), "open");
  return parts.empty() ? "nothing" : absl::StrJoin(parts, ", ");
}

std::string EffectOf(const v1::RuleResult& rule) {
  switch (rule.effect()) {
    case v1::RULE_EFFECT_HOLD:
      return "hold";
    case v1::RULE_EFFECT_TOLERATE:
      return "tolerate";
    default:
      return "rollback";
  }
}

bool IsAgainst(const v1::RuleResult& rule) {
  return rule.holds() && rule.effect() != v1::RULE_EFFECT_TOLERATE;
}

std::string BaselineLabel(const v1::Run& run) {
  const v1::Baseline& baseline = run.options().baseline();
  if (baseline.run_id().empty()) return "";
  std::string label = absl::StrCat("run ", SafeText(baseline.run_id()));
  if (baseline.has_create_time()) {
    absl::StrAppend(&label, " of ",
                    shared::FormatWallTime(shared::FromProto(baseline.create_time())));
  }
  return label;
}

std::string SlowText(const v1::CheckRecord& check) {
  const v1::CheckComparison& comparison = check.comparison();
  return absl::StrCat(SafeText(check.name()), " ", shared::FormatDuration(TimeOf(check)),
                      ", usually ", shared::FormatDuration(shared::FromProto(comparison.usual())),
                      " (", Counted(comparison.runs(), "run"), ")");
}

std::vector<RoundSpan> SpansOf(const v1::Bake& bake) {
  std::vector<RoundSpan> spans;
  for (const v1::BakeRound& round : bake.rounds()) {
    RoundSpan span;
    span.first = round.number();
    span.last = round.number();
    span.decision = round.decision();
    span.time = shared::FromProto(round.duration());
    if (round.decision() != v1::DECISION_PROMOTE) {
      span.text = WithoutWord(round.decision(), round.summary());
    }
    if (!round.crossed().empty()) {
      absl::StrAppend(&span.text, span.text.empty() ? "" : "; ",
                      "limit crossed: ", SafeText(absl::StrJoin(round.crossed(), ", ")));
    }
    const bool same = !spans.empty() && span.text.empty() && spans.back().text.empty() &&
                      span.decision == v1::DECISION_PROMOTE &&
                      spans.back().decision == v1::DECISION_PROMOTE &&
                      spans.back().last + 1 == span.first;
    if (same) {
      spans.back().last = span.last;
      spans.back().time = std::max(spans.back().time, span.time);
    } else {
      spans.push_back(std::move(span));
    }
  }
  return spans;
}

std::string Counted(int count, std::string_view noun) {
  return absl::StrCat(count, " ", std::string(noun), count == 1 ? "" : "s");
}

std::string SummaryOf(const v1::Verdict& verdict) {
  return WithoutWord(verdict.decision(), verdict.summary());
}

std::string VerdictLine(const v1::Verdict& verdict) {
  return WordAndSummary(verdict.decision(), verdict.summary());
}

v1::Decision DecisionOf(const v1::Run& run) {
  return run.has_bake() ? run.bake().decision() : run.verdict().decision();
}

std::string SummaryOf(const v1::Run& run) {
  return run.has_bake() ? WithoutWord(run.bake().decision(), run.bake().summary())
                        : SummaryOf(run.verdict());
}

std::string HeadlineOf(const v1::Run& run) {
  return run.has_bake() ? WordAndSummary(run.bake().decision(), run.bake().summary())
                        : VerdictLine(run.verdict());
}

std::vector<std::string> FurtherReasons(const v1::Run& run) {
  // What begins so is the evidence of a check or of a rule, which reports show in full.
  std::vector<std::string> shown;
  for (const v1::CheckRecord& check : run.checks()) {
    for (const char* end : {" on ", ": ", ", ", " passed only"}) {
      shown.push_back(SafeText(absl::StrCat(check.name(), end)));
    }
  }
  for (const v1::RuleResult& rule : run.verdict().rules()) {
    if (!rule.holds()) continue;
    shown.push_back(SafeText(absl::StrCat("rule ", rule.rule(), " holds")));
    shown.push_back(SafeText(absl::StrCat("rule ", rule.rule(), " was crossed")));
  }
  for (const v1::BakeRound& round : run.bake().rounds()) {
    shown.push_back(SafeText(absl::StrCat("round ", round.number(), " (", round.run_id(), "): ")));
  }
  const std::string summary = absl::StrCat(HeadlineOf(run), "\n", SummaryOf(run.verdict()));
  std::vector<std::string> reasons;
  const auto add = [&](const std::string& reason) {
    std::string text = SafeText(reason);
    // `and 5 checks more`: a report shows them all.
    const bool rest = text.rfind("and ", 0) == 0 && absl::EndsWith(text, " more");
    const bool elsewhere = rest || summary.find(text) != std::string::npos ||
                           std::find(reasons.begin(), reasons.end(), text) != reasons.end() ||
                           std::any_of(shown.begin(), shown.end(), [&](const std::string& start) {
                             return text.rfind(start, 0) == 0;
                           });
    if (!elsewhere) reasons.push_back(std::move(text));
  };
  for (const std::string& reason : run.bake().reasons()) add(reason);
  for (const std::string& reason : run.verdict().reasons()) add(reason);
  return reasons;
}

}  // namespace smokemesh::coordinator
