#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/markdown_text.h"
#include "coordinator/report/matrix_view.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

using shared::FormatDuration;

constexpr int kMaxAgentsPerCheck = 4;
constexpr int kMaxFailuresPerAgent = 3;
constexpr int kMaxRows = 60;        // of a table
constexpr size_t kMaxColumns = 20;  // of the matrix
constexpr int kMaxListed = 20;      // names in a list
constexpr size_t kMaxValueBytes = 4000;
// Kept free for the line that says how much was left out.
constexpr size_t kFooterBytes = 200;

std::string SignOf(v1::Decision decision) {
  switch (decision) {
    case v1::DECISION_PROMOTE:
      return "✅";
    case v1::DECISION_ROLLBACK:
      return "❌";
    case v1::DECISION_HOLD:
      return "✋";
    default:
      return "❓";
  }
}

std::string SignOf(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_PASSED:
      return "✅";
    case v1::OUTCOME_FAILED:
      return "❌";
    case v1::OUTCOME_SKIPPED:
      return "➖";
    default:
      return "⚠️";
  }
}

// A row of a table from cells that are Markdown already.
std::string Row(const std::vector<std::string>& cells) {
  return absl::StrCat("| ", absl::StrJoin(cells, " | "), " |\n");
}

std::string HeadOfTable(const std::vector<std::string>& titles) {
  return absl::StrCat(Row(titles), Row(std::vector<std::string>(titles.size(), "---")));
}

// Takes whole pieces as long as they fit.
class Budget {
 public:
  explicit Budget(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Leaves at least `reserve` bytes free for what is to come.
  bool Add(std::string_view piece, size_t reserve = 0) {
    if (out_.size() + piece.size() + reserve + kFooterBytes > max_bytes_) return false;
    out_.append(piece);
    return true;
  }

  // What is said last has room of its own.
  void AddLast(std::string_view piece) {
    if (out_.size() + piece.size() <= max_bytes_) out_.append(piece);
  }

  std::string Take() { return std::move(out_); }

 private:
  const size_t max_bytes_;
  std::string out_;
};

class MarkdownWriter {
 public:
  MarkdownWriter(const v1::Run& run, size_t max_bytes)
      : run_(run), view_(Arrange(run)), max_bytes_(max_bytes), page_(max_bytes) {}

  std::string Write() {
    const std::string word(Name(DecisionOf(run_)));
    const std::string title = absl::StrCat("## ", SignOf(DecisionOf(run_)), " ", word, "\n");
    // Nothing but the word has room.
    if (!page_.Add(title)) return word.size() <= max_bytes_ ? word : "";
    Section(Head());
    Section(Rounds());
    Section(Suites());
    Section(Rules());
    Section(Reasons());
    Checks("Did not pass", view_.troubles);
    Section(Flows());
    Section(Matrix());
    Section(Comparison());
    Checks("Tolerated", view_.tolerated);
    Section(List("Flaky", view_.flaky));
    Section(List("Skipped", view_.skipped));
    Section(NotCleaned());
    Checks("Shadow (do not count)", view_.shadow);
    Footer();
    return page_.Take();
  }

 private:
  void Section(const std::string& text) {
    if (!text.empty() && !page_.Add(text)) ++sections_left_out_;
  }

  std::string Head() {
    const v1::Run& run = run_;
    std::string out = absl::StrCat(
        "\n", CodeSpan(SummaryOf(run)), "\n\n", CodeSpan(run.plan_name()), " · run ",
        CodeSpan(run.run_id()), " · ", Counted(run.verdict().counts().planned(), "check"), " on ",
        Counted(view_.agents, "agent"), " · ", FormatDuration(shared::FromProto(run.duration())),
        " · exit code ", ExitCode(DecisionOf(run)));
    if (IsCriticalPathOnly(run)) out += " · critical path only";
    if (const std::string version = DeploymentLabel(run); !version.empty()) {
      absl::StrAppend(&out, " · judges ", CodeSpan(version));
    }
    if (view_.deselected > 0) {
      absl::StrAppend(&out, " · ", Counted(view_.deselected, "check"), " left out by -m or -k");
    }
    if (!run.cancel_reason().empty()) {
      absl::StrAppend(&out, " · cancelled: ", CodeSpan(run.cancel_reason()));
    }
    return absl::StrCat(out, "\n");
  }

  std::string Rounds() {
    if (!run_.has_bake()) return "";
    const std::vector<RoundSpan> spans = SpansOf(run_.bake());
    std::string out =
        absl::StrCat("\n### Rounds\n\n", HeadOfTable({"Round", "Verdict", "Time", ""}));
    const size_t from = spans.size() > kMaxRows ? spans.size() - kMaxRows : 0;
    for (size_t i = from; i < spans.size(); ++i) {
      const RoundSpan& span = spans[i];
      absl::StrAppend(
          &out, Row({span.first == span.last ? absl::StrCat(span.first)
                                             : absl::StrCat(span.first, "–", span.last),
                     absl::StrCat(SignOf(span.decision), " ", std::string(Name(span.decision))),
                     FormatDuration(span.time), CodeCell(Short(span.text))}));
    }
    if (from > 0) absl::StrAppend(&out, "\n", from, " lines before them are left out.\n");
    return out;
  }

  std::string Suites() {
    struct Column {
      const char* title;
      int (v1::OutcomeCounts::*count)() const;
    };
    static constexpr Column kColumns[] = {
        {"Passed", &v1::OutcomeCounts::passed},   {"Flaky", &v1::OutcomeCounts::flaky},
        {"Failed", &v1::OutcomeCounts::failed},   {"Errored", &v1::OutcomeCounts::errored},
        {"Missing", &v1::OutcomeCounts::missing}, {"Aborted", &v1::OutcomeCounts::aborted},
        {"Blocked", &v1::OutcomeCounts::blocked}, {"Skipped", &v1::OutcomeCounts::skipped},
        {"Open", &v1::OutcomeCounts::open}};
    const v1::OutcomeCounts& all = run_.verdict().counts();
    std::vector<const Column*> columns;
    for (const Column& column : kColumns) {
      if (&column == kColumns || (all.*column.count)() > 0) columns.push_back(&column);
    }
    std::vector<std::string> titles = {"Suite"};
    for (const Column* column : columns) titles.emplace_back(column->title);
    titles.insert(titles.end(), {"Time", "Target"});
    std::string out = absl::StrCat("\n", HeadOfTable(titles));
    const auto row = [&](const std::string& title, const v1::OutcomeCounts& counts,
                         const std::string& time, const std::string& target) {
      std::vector<std::string> cells = {title};
      for (const Column* column : columns) cells.push_back(absl::StrCat((counts.*column->count)()));
      cells.insert(cells.end(), {time, target});
      absl::StrAppend(&out, Row(cells));
    };
    int shown = 0;
    for (const SuiteView& suite : view_.suites) {
      if (suite.counts.planned() == 0 || ++shown > kMaxRows) continue;
      std::string target = suite.target.count() > 0 ? FormatDuration(suite.target) : "";
      if (suite.over_target) absl::StrAppend(&target, " ⚠️ missed");
      row(CodeCell(Short(suite.title)), suite.counts,
          suite.time.count() > 0 ? FormatDuration(suite.time) : "", target);
    }
    row("**all**", all, FormatDuration(shared::FromProto(run_.duration())), "");
    if (shown > kMaxRows) absl::StrAppend(&out, "\n", shown - kMaxRows, " more suites.\n");
    return out;
  }

  std::string Rules() {
    if (run_.verdict().rules().empty()) return "";
    std::string out =
        absl::StrCat("\n### Rules\n\n", HeadOfTable({"Rule", "Means", "Value", "Limit", "Holds"}));
    std::vector<const v1::RuleResult*> rules;
    for (const v1::RuleResult& rule : run_.verdict().rules()) rules.push_back(&rule);
    std::stable_partition(rules.begin(), rules.end(),
                          [](const v1::RuleResult* rule) { return rule->holds(); });
    int shown = 0;
    for (const v1::RuleResult* rule : rules) {
      if (++shown > kMaxRows) continue;
      std::string value = rule->value();
      if (!rule->rounds().empty()) absl::StrAppend(&value, "; ", rule->rounds());
      absl::StrAppend(&out, Row({CodeCell(Short(rule->rule())), EffectOf(*rule),
                                 CodeCell(Short(value)), CodeCell(Short(rule->limit())),
                                 IsAgainst(*rule) ? "**yes**" : (rule->holds() ? "yes" : "no")}));
    }
    if (shown > kMaxRows) absl::StrAppend(&out, "\n", shown - kMaxRows, " more rules.\n");
    std::string notes;
    shown = 0;
    for (const v1::RuleResult* rule : rules) {
      if (!rule->holds() || ++shown > kMaxListed) continue;
      absl::StrAppend(&notes, "- ", CodeSpan(Short(rule->rule())));
      if (!rule->counted().empty()) absl::StrAppend(&notes, ": ", NamesOf(rule->counted()));
      notes += "\n";
      if (!rule->first_evidence().empty()) {
        absl::StrAppend(&notes, "  - first: ", CodeSpan(Short(rule->first_evidence())), "\n");
      }
      if (!rule->what_if().empty()) {
        absl::StrAppend(&notes, "  - ", CodeSpan(Short(rule->what_if())), "\n");
      }
    }
    if (!notes.empty()) absl::StrAppend(&out, "\n", notes);
    return out;
  }

  std::string Reasons() {
    const std::vector<std::string> reasons = FurtherReasons(run_);
    if (reasons.empty()) return "";
    std::string out = "\n### Why\n\n";
    int shown = 0;
    for (const std::string& reason : reasons) {
      if (++shown <= kMaxListed) absl::StrAppend(&out, "- ", CodeSpan(Short(reason)), "\n");
    }
    if (shown > kMaxListed) absl::StrAppend(&out, "- and ", shown - kMaxListed, " more\n");
    return out;
  }

  // Each role of each flow on each agent.
  std::string Flows() {
    std::string out;
    int shown = 0;
    for (const v1::CheckRecord& check : run_.checks()) {
      for (const v1::Task& task : check.tasks()) {
        for (const v1::RoleResult& role : task.result().roles()) {
          if (++shown > kMaxRows) continue;
          absl::StrAppend(
              &out, Row({SignOf(role.outcome()), CodeCell(Short(check.name())),
                         CodeCell(Short(role.role())), CodeCell(AgentLabel(task)),
                         role.has_latency() ? FormatDuration(SaneDuration(role.latency())) : ""}));
        }
      }
    }
    if (out.empty()) return "";
    if (shown > kMaxRows) absl::StrAppend(&out, "\n", shown - kMaxRows, " more roles.\n");
    return absl::StrCat("\n### Flows\n\n",
                        HeadOfTable({"", "Check", "Role", "Agent", "Latency since go"}), out);
  }

  // Who can call whom, and why not.
  std::string Matrix() {
    const MatrixView view = ArrangeMatrix(run_);
    if (view.empty()) return "";
    std::string out = "\n### Services\n\n";
    if (view.callees.size() <= kMaxColumns && view.callers.size() <= kMaxRows) {
      std::vector<std::string> titles = {"caller"};
      for (const std::string& callee : view.callees) titles.push_back(CodeCell(Short(callee)));
      absl::StrAppend(&out, HeadOfTable(titles));
      for (size_t r = 0; r < view.callers.size(); ++r) {
        std::vector<std::string> cells = {CodeCell(Short(view.callers[r]))};
        for (const MatrixView::Cell& cell : view.cells[r]) cells.push_back(CellOf(cell));
        absl::StrAppend(&out, Row(cells));
      }
    }
    std::string notes;
    int shown = 0;
    for (const v1::EdgeRecord* edge : view.broken) {
      if (++shown > kMaxListed) continue;
      absl::StrAppend(&notes, "- ", CodeSpan(Short(absl::StrCat(edge->from(), " → ", edge->to()))),
                      " ", EdgeWords(*edge), ", ", CodeSpan(Short(edge->explanation())), "\n");
    }
    if (shown > kMaxListed) absl::StrAppend(&notes, "- and ", shown - kMaxListed, " more\n");
    return absl::StrCat(out, notes.empty() ? "" : "\n", notes);
  }

  static std::string CellOf(const MatrixView::Cell& cell) {
    std::string text;
    for (const v1::EdgeRecord* edge : cell) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", SignOf(edge->outcome()), " ",
                      EdgeWords(*edge), " ", FormatDuration(SaneDuration(edge->duration())));
    }
    return text;
  }

  std::string Comparison() {
    const std::string baseline = BaselineLabel(run_);
    if (baseline.empty()) return "";
    std::string out;
    const auto list = [&](const char* title, const std::vector<const v1::CheckRecord*>& checks,
                          std::string (*text)(const v1::CheckRecord&)) {
      if (checks.empty()) return;
      std::vector<std::string> names;
      for (const v1::CheckRecord* check : checks) {
        if (names.size() == kMaxListed) {
          names.push_back(absl::StrCat("and ", checks.size() - kMaxListed, " more"));
          break;
        }
        names.push_back(CodeSpan(Short(text(*check))));
      }
      absl::StrAppend(&out, "- ", title, ": ", absl::StrJoin(names, ", "), "\n");
    };
    const auto name = [](const v1::CheckRecord& check) { return check.name(); };
    list("newly failing", view_.newly_failing, name);
    list("newly slow", view_.newly_slow, SlowText);
    list("newly passing", view_.newly_passing, name);
    list("new", view_.added, name);
    if (out.empty()) out = "- nothing\n";
    return absl::StrCat("\n### Since the promoted ", CodeSpan(baseline), "\n\n", out);
  }

  std::string List(const char* title, const std::vector<const v1::CheckRecord*>& checks) {
    if (checks.empty()) return "";
    std::string out = absl::StrCat("\n### ", title, "\n\n");
    int shown = 0;
    for (const v1::CheckRecord* check : checks) {
      if (++shown > kMaxListed) continue;
      absl::StrAppend(&out, "- ", CodeSpan(Short(check->name())),
                      check->reason().empty() ? "" : ": ", CodeSpan(Short(check->reason())), "\n");
    }
    if (shown > kMaxListed) absl::StrAppend(&out, "- and ", shown - kMaxListed, " more\n");
    return out;
  }

  std::string NotCleaned() {
    if (view_.not_cleaned.empty()) return "";
    std::string out = "\n### Not cleaned up\n\n";
    int shown = 0;
    for (const auto& [check, task] : view_.not_cleaned) {
      if (++shown > kMaxListed) continue;
      absl::StrAppend(&out, "- ", CodeSpan(Short(check->name())), " on ",
                      CodeSpan(AgentLabel(*task)), ": ",
                      CodeSpan(Short(task->result().cleanup_error())), "\n");
    }
    if (shown > kMaxListed) absl::StrAppend(&out, "- and ", shown - kMaxListed, " more\n");
    return out;
  }

  // Each check in full as long as there is room, then one line for each, then only their number.
  void Checks(const char* title, const std::vector<const v1::CheckRecord*>& checks) {
    if (checks.empty()) return;
    if (!page_.Add(absl::StrCat("\n### ", title, ": ", checks.size(), "\n"))) {
      checks_left_out_ += static_cast<int>(checks.size());
      return;
    }
    // A line for each of the others comes before the evidence of one more.
    size_t lines = 0;
    for (const v1::CheckRecord* check : checks) lines += OneLine(*check).size();
    bool room = true;
    for (const v1::CheckRecord* check : checks) {
      const std::string line = OneLine(*check);
      lines -= line.size();
      room = room && page_.Add(Details(*check), std::min(lines, max_bytes_ / 2));
      if (room) continue;
      if (page_.Add(line)) {
        ++without_evidence_;
      } else {
        ++checks_left_out_;
      }
    }
  }

  static std::string OneLine(const v1::CheckRecord& check) {
    return absl::StrCat("\n", SignOf(check.outcome()), " **", std::string(Name(check.outcome())),
                        "** ", CodeSpan(Short(check.name())),
                        IsCritical(check) ? " (critical)" : "", "\n");
  }

  static std::string Details(const v1::CheckRecord& check) {
    std::string out =
        absl::StrCat("\n<details><summary>", SignOf(check.outcome()), " <b>",
                     std::string(Name(check.outcome())), "</b> ", CodeElement(Short(check.name())),
                     IsCritical(check) ? " <b>critical</b>" : "", "</summary>\n\n");
    int shown = 0;
    int hidden = 0;
    for (const v1::Task& task : check.tasks()) {
      if (CountsAsPassed(task.outcome())) continue;
      if (shown == kMaxAgentsPerCheck) {
        ++hidden;
        continue;
      }
      ++shown;
      AgentEvidence(check, task, &out);
    }
    if (shown == 0 && !check.reason().empty()) out += CodeFence({Value(check.reason())});
    if (hidden > 0) absl::StrAppend(&out, "\nand on ", Counted(hidden, "agent"), " more\n");
    if (!check.impact().empty()) {
      absl::StrAppend(&out, "\nImpact: ", CodeSpan(Short(check.impact())), "\n");
    }
    if (const std::string place = PlaceOf(check); !place.empty()) {
      absl::StrAppend(&out, "\nPlan: ", CodeSpan(Short(place)), "\n");
    }
    return absl::StrCat(out, "\n</details>\n");
  }

  static void AgentEvidence(const v1::CheckRecord& check, const v1::Task& task, std::string* out) {
    absl::StrAppend(out, "On ", CodeSpan(AgentWithVersion(task)));
    if (check.tasks_size() > 1) absl::StrAppend(out, ": ", std::string(Name(task.outcome())));
    if (task.result().tries() > 1) absl::StrAppend(out, ", ", task.result().tries(), " tries");
    *out += "\n\n";
    std::vector<std::string> lines;
    const auto& failures = task.result().failures();
    if (failures.empty() || !task.reason().empty()) lines.push_back(Value(WhyOf(task)));
    for (int i = 0; i < failures.size() && i < kMaxFailuresPerAgent; ++i) {
      const v1::Failure& failure = failures[i];
      const auto field = [&](const char* label, const std::string& value) {
        if (!value.empty()) lines.push_back(absl::StrCat(Padded(label, 10), Value(value)));
      };
      if (failure.step() > 0) {
        field("step", absl::StrCat(failure.step(), " ", failure.step_name()));
      }
      field("expected", failure.expected());
      field("seen", failure.actual());
      field("target", failure.target());
      field("hint", failure.hint());
    }
    if (failures.size() > kMaxFailuresPerAgent) {
      lines.push_back(absl::StrCat(
          "and ", Counted(failures.size() - kMaxFailuresPerAgent, "failure"), " more"));
    }
    *out += CodeFence(lines);
  }

  void Footer() {
    std::vector<std::string> parts;
    if (without_evidence_ > 0) {
      parts.push_back(absl::StrCat("the evidence of ", Counted(without_evidence_, "check")));
    }
    if (checks_left_out_ > 0) {
      parts.push_back(absl::StrCat(checks_left_out_, " more ",
                                   checks_left_out_ == 1 ? "check" : "checks",
                                   " that did not pass"));
    }
    if (sections_left_out_ > 0) parts.push_back(Counted(sections_left_out_, "section"));
    if (parts.empty()) return;
    page_.AddLast(
        absl::StrCat("\n**Left out for want of room: ", absl::StrJoin(parts, ", "), ".**\n"));
  }

  // For a line beside others.
  static std::string Short(const std::string& text) { return shared::Shorten(text, 300); }
  static std::string Value(const std::string& text) {
    return shared::Shorten(text, kMaxValueBytes);
  }
  static std::string NamesOf(const google::protobuf::RepeatedPtrField<std::string>& names) {
    std::vector<std::string> out;
    for (const std::string& name : names) {
      if (out.size() == kMaxListed) {
        out.push_back(absl::StrCat("and ", names.size() - kMaxListed, " more"));
        break;
      }
      out.push_back(CodeSpan(Short(name)));
    }
    return absl::StrJoin(out, ", ");
  }

  const v1::Run& run_;
  const RunView view_;
  const size_t max_bytes_;
  Budget page_;
  int without_evidence_ = 0;
  int checks_left_out_ = 0;
  int sections_left_out_ = 0;
};

}  // namespace

std::string MarkdownReport(const v1::Run& run, size_t max_bytes) {
  return MarkdownWriter(run, max_bytes).Write();
}

}  // namespace smokemesh::coordinator
