#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "shared/text.h"

// Sources: docs.github.com, "Workflow commands for GitHub Actions"; github.com/actions/runner,
// src/Runner.Common/ActionCommand.cs (what is escaped, and that `##[command]` works anywhere in a
// line while `::command::` needs its beginning).

namespace smokemesh::coordinator {
namespace {

// A step shows no more of each kind.
constexpr int kMaxOfAKind = 10;
constexpr size_t kMaxValueBytes = 600;
constexpr size_t kMaxTitleBytes = 200;

// The text of a command. `%` first: the others make some.
std::string Data(const std::string& text) {
  std::string out = absl::StrReplaceAll(text, {{"%", "%25"}});
  return absl::StrReplaceAll(out, {{"\r", "%0D"}, {"\n", "%0A"}});
}

// The value of a command's property.
std::string Property(const std::string& text) {
  return absl::StrReplaceAll(Data(text), {{":", "%3A"}, {",", "%2C"}});
}

struct Annotation {
  std::string file;  // empty: none
  int line = 0;
  std::string title;
  std::string message;  // of several lines
};

class GithubWriter {
 public:
  explicit GithubWriter(const v1::Run& run) : run_(run), view_(Arrange(run)) {}

  std::string Write(const std::string& token) {
    TextReportBlock(token);
    Collect();
    Emit("error", errors_);
    Emit("warning", warnings_);
    Emit("notice", notices_);
    More();
    return std::move(out_);
  }

 private:
  void TextReportBlock(const std::string& token) {
    std::string text = TextReport(run_, {});
    // Nobody can guess the token; if it is there all the same, it ends nothing.
    if (!token.empty()) text = absl::StrReplaceAll(text, {{token, "(token)"}});
    absl::StrAppend(&out_, "::stop-commands::", token, "\n", text, "::", token, "::\n");
  }

  void Collect() {
    Decision();
    for (const v1::RuleResult& rule : run_.verdict().rules()) {
      if (IsAgainst(rule)) errors_.push_back(OfRule(rule));
    }
    for (const v1::CheckRecord* check : view_.troubles) errors_.push_back(OfCheck(*check, ""));
    for (const v1::CheckRecord* check : view_.tolerated) {
      warnings_.push_back(OfCheck(*check, ", tolerated"));
    }
    for (const v1::CheckRecord* check : view_.flaky) warnings_.push_back(OfCheck(*check, ""));
    for (const auto& [check, task] : view_.not_cleaned) {
      Annotation annotation = At(*check);
      annotation.title = absl::StrCat(SafeText(check->name()), " left something behind");
      annotation.message =
          absl::StrCat("on ", AgentLabel(*task), ": ", SafeText(task->result().cleanup_error()));
      warnings_.push_back(std::move(annotation));
    }
    for (const v1::CheckRecord* check : view_.shadow) {
      notices_.push_back(OfCheck(*check, ", shadow: it does not count"));
    }
    for (const v1::CheckRecord* check : view_.newly_slow) {
      Annotation annotation = At(*check);
      annotation.title = "newly slow";
      annotation.message = SlowText(*check);
      notices_.push_back(std::move(annotation));
    }
  }

  void Decision() {
    Annotation annotation;
    annotation.title = absl::StrCat("smokemesh: ", std::string(Name(DecisionOf(run_))));
    annotation.message = SummaryOf(run_);
    for (const std::string& reason : FurtherReasons(run_)) {
      absl::StrAppend(&annotation.message, "\n", reason);
    }
    (DecisionOf(run_) == v1::DECISION_PROMOTE ? notices_ : errors_).push_back(annotation);
  }

  static Annotation OfRule(const v1::RuleResult& rule) {
    Annotation annotation;
    annotation.title = absl::StrCat("rule ", SafeText(rule.rule()), ": ", EffectOf(rule));
    AddLine("value: ", rule.value(), &annotation.message);
    AddLine("limit: ", rule.limit(), &annotation.message);
    AddLine("rounds: ", rule.rounds(), &annotation.message);
    AddLine("counted: ", absl::StrJoin(rule.counted(), ", "), &annotation.message);
    AddLine("evidence: ", rule.first_evidence(), &annotation.message);
    AddLine("what if: ", rule.what_if(), &annotation.message);
    return annotation;
  }

  static Annotation At(const v1::CheckRecord& check) {
    Annotation annotation;
    annotation.file = SafeText(check.source().file());
    annotation.line = check.source().line();
    return annotation;
  }

  static Annotation OfCheck(const v1::CheckRecord& check, const std::string& note) {
    Annotation annotation = At(check);
    annotation.title = absl::StrCat(IsCritical(check) ? "critical: " : "", SafeText(check.name()),
                                    " ", std::string(Name(check.outcome())), note);
    std::string& message = annotation.message;
    int others = 0;
    for (const v1::Task& task : check.tasks()) {
      if (task.outcome() == v1::OUTCOME_PASSED) continue;
      if (!message.empty()) {
        ++others;
        continue;
      }
      absl::StrAppend(&message, "on ", AgentLabel(task), "\n");
      if (task.outcome() == v1::OUTCOME_FLAKY) {
        absl::StrAppend(&message, "passed only on try ", task.result().tries(), "\n");
      }
      if (task.result().failures().empty()) {
        AddLine("", task.reason().empty() ? task.result().message() : task.reason(), &message);
        continue;
      }
      const v1::Failure& failure = task.result().failures(0);
      if (failure.step() > 0) {
        AddLine("step: ", absl::StrCat(failure.step(), " ", failure.step_name()), &message);
      }
      AddLine("expected: ", failure.expected(), &message);
      AddLine("seen: ", failure.actual(), &message);
      AddLine("target: ", failure.target(), &message);
      AddLine("hint: ", failure.hint(), &message);
    }
    if (message.empty()) AddLine("", check.reason(), &message);
    if (others > 0) absl::StrAppend(&message, "and on ", Counted(others, "agent"), " more\n");
    AddLine("impact: ", check.impact(), &message);
    return annotation;
  }

  static void AddLine(const char* label, const std::string& text, std::string* message) {
    if (text.empty()) return;
    absl::StrAppend(message, label, shared::Shorten(SafeText(text), kMaxValueBytes), "\n");
  }

  void Emit(const char* command, const std::vector<Annotation>& annotations) {
    int shown = 0;
    for (const Annotation& annotation : annotations) {
      if (++shown > Limit(command)) break;
      std::vector<std::string> properties;
      if (!annotation.file.empty()) {
        properties.push_back(absl::StrCat("file=", Property(annotation.file)));
        if (annotation.line > 0) properties.push_back(absl::StrCat("line=", annotation.line));
      }
      properties.push_back(
          absl::StrCat("title=", Property(shared::Shorten(annotation.title, kMaxTitleBytes))));
      const std::string message(absl::StripTrailingAsciiWhitespace(annotation.message));
      absl::StrAppend(&out_, "::", command, " ", absl::StrJoin(properties, ","),
                      "::", Data(message), "\n");
    }
  }

  // The last notice is for what is left out.
  static int Limit(const std::string& command) {
    return command == "notice" ? kMaxOfAKind - 1 : kMaxOfAKind;
  }

  void More() {
    std::vector<std::string> parts;
    const auto add = [&](const char* noun, const std::vector<Annotation>& annotations) {
      const int hidden = static_cast<int>(annotations.size()) - Limit(noun);
      if (hidden > 0) parts.push_back(Counted(hidden, absl::StrCat("more ", noun)));
    };
    add("error", errors_);
    add("warning", warnings_);
    add("notice", notices_);
    if (parts.empty()) return;
    absl::StrAppend(&out_, "::notice title=smokemesh::", absl::StrJoin(parts, ", "),
                    ": GitHub shows no more of a step; the log has them all\n");
  }

  const v1::Run& run_;
  const RunView view_;
  std::vector<Annotation> errors_;
  std::vector<Annotation> warnings_;
  std::vector<Annotation> notices_;
  std::string out_;
};

}  // namespace

std::string GithubReport(const v1::Run& run, const std::string& token) {
  return GithubWriter(run).Write(token);
}

std::string GithubOutputs(const v1::Run& run, const std::string& delimiter) {
  std::string out;
  // Source: actions/runner, src/Runner.Worker/FileCommandManager.cs: `name<<DELIMITER`, lines, and
  // the delimiter alone on a line.
  const auto add = [&](const std::string& name, const std::string& value) {
    std::string line = SafeText(value);
    if (line == delimiter) line.insert(0, " ");
    absl::StrAppend(&out, name, "<<", delimiter, "\n", line, "\n", delimiter, "\n");
  };
  const v1::Decision decision = DecisionOf(run);
  const v1::OutcomeCounts& counts = run.verdict().counts();
  add("verdict", std::string(Name(decision)));
  add("exit_code", absl::StrCat(ExitCode(decision)));
  add("run_id", run.run_id());
  add("summary", HeadlineOf(run));
  add("planned", absl::StrCat(counts.planned()));
  add("passed", absl::StrCat(counts.passed()));
  add("flaky", absl::StrCat(counts.flaky()));
  add("failed", absl::StrCat(counts.failed()));
  add("errored", absl::StrCat(counts.errored()));
  add("blocked", absl::StrCat(counts.blocked()));
  add("aborted", absl::StrCat(counts.aborted()));
  add("missing", absl::StrCat(counts.missing()));
  add("skipped", absl::StrCat(counts.skipped()));
  add("open", absl::StrCat(counts.open()));
  add("tolerated", absl::StrCat(run.verdict().tolerated_size()));
  return out;
}

}  // namespace smokemesh::coordinator
