#include "coordinator/report/run_view.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

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

shared::Duration SpanOf(const std::vector<const v1::CheckRecord*>& checks) {
  struct Span {
    shared::WallTime begin = shared::WallTime::max();
    shared::WallTime end = shared::WallTime::min();
  };
  std::map<std::string, Span> by_agent;
  for (const v1::CheckRecord* check : checks) {
    for (const v1::Task& task : check->tasks()) {
      if (!task.has_result() || !task.result().has_start_time()) continue;
      const shared::WallTime begin = shared::FromProto(task.result().start_time());
      const shared::WallTime end = begin + std::chrono::duration_cast<shared::WallTime::duration>(
                                               shared::FromProto(task.result().duration()));
      Span& span = by_agent[task.agent_id()];
      span.begin = std::min(span.begin, begin);
      span.end = std::max(span.end, end);
    }
  }
  shared::Duration longest{0};
  for (const auto& [agent, span] : by_agent) {
    longest = std::max(longest, shared::Duration(span.end - span.begin));
  }
  return longest;
}

// Whether the coordinator ended the suite: what ran then has no time that could be added up.
bool EndedByItsMax(const SuiteView& suite) {
  const std::string words = absl::StrCat("suite \"", suite.name, "\" was ended after ");
  for (const v1::CheckRecord* check : suite.checks) {
    for (const v1::Task& task : check->tasks()) {
      if (task.outcome() == v1::OUTCOME_ABORTED && task.reason().rfind(words, 0) == 0) return true;
    }
  }
  return false;
}

std::vector<SuiteView> ArrangeSuites(const v1::Run& run) {
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
    } else {
      Count(check.outcome(), &view.counts);
    }
  }
  suites.erase(std::remove_if(suites.begin(), suites.end(),
                              [](const SuiteView& view) { return view.checks.empty(); }),
               suites.end());
  for (SuiteView& view : suites) {
    view.time = SpanOf(view.checks);
    view.over_target = view.target.count() > 0 && (view.time > view.target || EndedByItsMax(view));
    view.title = SafeText(view.title);
  }
  return suites;
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
  view.suites = ArrangeSuites(run);
  std::set<std::string> agents;
  for (const v1::CheckRecord& check : run.checks()) {
    for (const v1::Task& task : check.tasks()) {
      if (!task.agent_id().empty()) agents.insert(task.agent_id());
      if (!task.result().cleanup_error().empty()) view.not_cleaned.emplace_back(&check, &task);
    }
    if (check.deselected()) {
      ++view.deselected;
    } else if (check.outcome() == v1::OUTCOME_FLAKY) {
      view.flaky.push_back(&check);
    } else if (check.outcome() == v1::OUTCOME_SKIPPED && !IsCritical(check)) {
      view.skipped.push_back(&check);
    } else if (check.outcome() != v1::OUTCOME_PASSED) {
      view.troubles.push_back(&check);
    }
  }
  std::stable_sort(view.troubles.begin(), view.troubles.end(),
                   [](const v1::CheckRecord* a, const v1::CheckRecord* b) {
                     return std::make_tuple(!IsCritical(*a), Rank(a->outcome())) <
                            std::make_tuple(!IsCritical(*b), Rank(b->outcome()));
                   });
  view.agents = static_cast<int>(agents.size());
  return view;
}

bool IsCriticalPathOnly(const v1::Run& run) {
  const std::string& select = run.options().select();
  return select == "critical" || select.rfind("critical and (", 0) == 0;
}

bool IsCritical(const v1::CheckRecord& check) {
  return std::find(check.tags().begin(), check.tags().end(), "critical") != check.tags().end();
}

shared::Duration TimeOf(const v1::CheckRecord& check) {
  shared::Duration longest{0};
  for (const v1::Task& task : check.tasks()) {
    if (task.has_result()) {
      longest = std::max(longest, shared::FromProto(task.result().duration()));
    }
  }
  return longest;
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

std::string HeadlineOf(const v1::Run& run) {
  return WordAndSummary(DecisionOf(run),
                        run.has_bake() ? run.bake().summary() : run.verdict().summary());
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
    if (rule.holds()) shown.push_back(SafeText(absl::StrCat("rule ", rule.rule(), " holds")));
  }
  const std::string summary = SummaryOf(run.verdict());
  std::vector<std::string> reasons;
  for (const std::string& reason : run.verdict().reasons()) {
    std::string text = SafeText(reason);
    const bool elsewhere = summary.find(text) != std::string::npos ||
                           std::any_of(shown.begin(), shown.end(), [&](const std::string& start) {
                             return text.rfind(start, 0) == 0;
                           });
    if (!elsewhere) reasons.push_back(std::move(text));
  }
  return reasons;
}

}  // namespace smokemesh::coordinator
