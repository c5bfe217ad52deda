#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "shared/text.h"

// Source: testanything.org/tap-version-14-specification.html. `# TODO` after `not ok` and `# SKIP`
// after `ok` are the two ways to show a point that must not fail the whole. The version line says
// 13: nothing here is new in 14, readers of 14 take it, and perl's TAP::Parser before 3.45 takes a
// 14 for an error.

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxTextBytes = 2000;

// A text after `ok 1 - `: a `#` would begin a directive.
std::string Description(const std::string& text) {
  return absl::StrReplaceAll(SafeText(text), {{"\\", "\\\\"}, {"#", "\\#"}});
}

// A text after a directive's word.
std::string Explanation(const std::string& text) { return SafeText(text); }

// A single-quoted scalar of YAML, in which nothing but the quote itself is special.
std::string Quoted(const std::string& text) {
  return absl::StrCat(
      "'", absl::StrReplaceAll(shared::Shorten(SafeText(text), kMaxTextBytes), {{"'", "''"}}), "'");
}

std::string Milliseconds(shared::Duration duration) {
  return absl::StrFormat("%.3f", static_cast<double>(duration.count()) / 1e6);
}

// The lines of a YAML block; the writer indents them.
class Diagnostics {
 public:
  void Text(const std::string& key, const std::string& text) {
    if (!text.empty()) lines_.push_back(absl::StrCat(key, ": ", Quoted(text)));
  }
  void Number(const std::string& key, const std::string& number) {
    lines_.push_back(absl::StrCat(key, ": ", number));
  }
  // A list of maps: pairs with an empty text are left out. No list of texts: perl's reader takes
  // `- 'a: b'` for a map.
  using Map = std::vector<std::pair<std::string, std::string>>;
  void Maps(const std::string& key, const std::vector<Map>& maps) {
    if (maps.empty()) return;
    lines_.push_back(absl::StrCat(key, ":"));
    for (const Map& map : maps) {
      const char* lead = "  - ";
      for (const auto& [name, text] : map) {
        if (text.empty()) continue;
        lines_.push_back(absl::StrCat(lead, name, ": ", Quoted(text)));
        lead = "    ";
      }
    }
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

class TapWriter {
 public:
  explicit TapWriter(const v1::Run& run) : run_(run) {}

  std::string Write() {
    for (const v1::CheckRecord& check : run_.checks()) {
      if (check.tasks().empty()) Pair(check, nullptr);
      for (const v1::Task& task : check.tasks()) Pair(check, &task);
    }
    for (const v1::RuleResult& rule : run_.verdict().rules()) Rule(rule);
    Verdict();
    return absl::StrCat("TAP version 13\n1..", points_, "\n", out_);
  }

 private:
  void Point(bool ok, const std::string& description, const std::string& directive,
             const Diagnostics& diagnostics) {
    absl::StrAppend(&out_, ok ? "ok " : "not ok ", ++points_, " - ", Description(description),
                    directive.empty() ? "" : " # ", directive, "\n");
    if (diagnostics.lines().empty()) return;
    out_ += "  ---\n";
    for (const std::string& line : diagnostics.lines()) absl::StrAppend(&out_, "  ", line, "\n");
    out_ += "  ...\n";
  }

  void Pair(const v1::CheckRecord& check, const v1::Task* task) {
    const v1::Outcome outcome = task == nullptr ? check.outcome() : task->outcome();
    std::string why = task == nullptr ? "" : WhyOf(*task);
    if (why.empty()) why = SafeText(check.reason());
    const PairStanding standing = StandingOf(run_, check, task);
    std::string directive;
    switch (standing) {
      case PairStanding::kGood:
      case PairStanding::kBad:
        break;
      case PairStanding::kLeftOut:
        directive =
            absl::StrCat("SKIP ", check.deselected() ? "left out by -m or -k" : Explanation(why));
        break;
      case PairStanding::kShadow:
        directive = "TODO shadow: it does not count";
        break;
      case PairStanding::kOutvoted:
        directive = "TODO the check has its quorum without this agent";
        break;
      case PairStanding::kTolerated:
        directive = "TODO tolerated by the policy";
        break;
    }
    const bool ok = standing == PairStanding::kLeftOut || CountsAsPassed(outcome);
    std::string description = check.name();
    if (task != nullptr) absl::StrAppend(&description, " on ", AgentName(*task));
    Point(ok, description, directive,
          standing == PairStanding::kLeftOut ? Diagnostics() : About(check, task, outcome, why));
  }

  // As AgentLabel, not escaped yet.
  static std::string AgentName(const v1::Task& task) {
    if (task.agent_id().empty()) return "no agent";
    if (task.service().empty() || task.service() == task.agent_id()) return task.agent_id();
    return absl::StrCat(task.agent_id(), " (", task.service(), ")");
  }

  static Diagnostics About(const v1::CheckRecord& check, const v1::Task* task, v1::Outcome outcome,
                           const std::string& why) {
    Diagnostics about;
    about.Text("outcome", std::string(Name(outcome)));
    if (task != nullptr && task->has_result()) {
      about.Number("duration_ms", Milliseconds(shared::FromProto(task->result().duration())));
    }
    if (task != nullptr && task->result().tries() > 1) {
      about.Number("tries", absl::StrCat(task->result().tries()));
    }
    if (outcome != v1::OUTCOME_PASSED) {
      about.Text("message", why);
      about.Text("suite", check.suite());
      about.Text("impact", check.impact());
      about.Text("file", check.source().file());
      if (check.source().line() > 0) about.Number("line", absl::StrCat(check.source().line()));
    }
    if (task == nullptr) return about;
    std::vector<Diagnostics::Map> failures;
    for (const v1::Failure& failure : task->result().failures()) {
      failures.push_back(
          {{"step", failure.step() > 0 ? absl::StrCat(failure.step(), " ", failure.step_name())
                                       : std::string()},
           {"expected", failure.expected()},
           {"seen", failure.actual()},
           {"target", failure.target()},
           {"hint", failure.hint()}});
    }
    about.Maps("failures", failures);
    about.Text("not_cleaned_up", task->result().cleanup_error());
    return about;
  }

  void Rule(const v1::RuleResult& rule) {
    Diagnostics about;
    about.Text("select", rule.select());
    about.Text("value", rule.value());
    about.Text("limit", rule.limit());
    about.Text("rounds", rule.rounds());
    if (rule.holds()) {
      about.Text("counted", absl::StrJoin(rule.counted(), ", "));
      about.Text("evidence", rule.first_evidence());
      about.Text("what_if", rule.what_if());
    }
    Point(!IsAgainst(rule),
          absl::StrCat(EffectOf(rule), " rule ", rule.rule(),
                       rule.holds() ? " holds" : " does not hold"),
          "", about);
  }

  // Alone enough to make everything but a PROMOTE red.
  void Verdict() {
    const v1::Decision decision = DecisionOf(run_);
    Diagnostics about;
    about.Text("run_id", run_.run_id());
    about.Number("exit_code", absl::StrCat(ExitCode(decision)));
    about.Text("counts", CountsText(run_.verdict().counts()));
    std::vector<Diagnostics::Map> reasons;
    for (const std::string& reason :
         run_.has_bake() ? run_.bake().reasons() : run_.verdict().reasons()) {
      reasons.push_back({{"reason", reason}});
    }
    about.Maps("reasons", reasons);
    std::vector<Diagnostics::Map> rounds;
    for (const v1::BakeRound& round : run_.bake().rounds()) {
      rounds.push_back({{"round", absl::StrCat(round.number())},
                        {"run_id", round.run_id()},
                        {"verdict", std::string(Name(round.decision()))},
                        {"crossed", absl::StrJoin(round.crossed(), ", ")}});
    }
    about.Maps("rounds", rounds);
    Point(decision == v1::DECISION_PROMOTE, absl::StrCat("verdict ", HeadlineOf(run_)), "", about);
  }

  const v1::Run& run_;
  std::string out_;
  int points_ = 0;
};

}  // namespace

std::string TapReport(const v1::Run& run) { return TapWriter(run).Write(); }

}  // namespace smokemesh::coordinator
