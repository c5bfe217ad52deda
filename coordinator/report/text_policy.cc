#include "coordinator/report/text_policy.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/markup.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxColumns = 40;

// How a rule looks: red when it means ROLLBACK, yellow when it means HOLD.
v1::Outcome LookOf(const v1::RuleResult& rule) {
  if (!rule.holds()) {
    // A tolerance that has more to tolerate than it may.
    const bool exceeded = rule.effect() == v1::RULE_EFFECT_TOLERATE && !rule.counted().empty();
    return exceeded ? v1::OUTCOME_ERRORED : v1::OUTCOME_PASSED;
  }
  switch (rule.effect()) {
    case v1::RULE_EFFECT_TOLERATE:
      return v1::OUTCOME_PASSED;
    case v1::RULE_EFFECT_HOLD:
      return v1::OUTCOME_ERRORED;
    default:
      return v1::OUTCOME_FAILED;
  }
}

// Widest of the texts, within reason.
class Column {
 public:
  void Take(const std::string& text) {
    columns_ = std::min(kMaxColumns, std::max(columns_, Columns(text)));
  }
  std::string Pad(const std::string& text) const { return Padded(text, columns_); }

 private:
  size_t columns_ = 0;
};

}  // namespace

void RulesText(const v1::Run& run, TextPage* page) {
  const auto& rules = run.verdict().rules();
  if (rules.empty()) return;
  page->Heading("Rules");
  // Where all rules mean ROLLBACK, nobody needs to be told of each.
  const bool with_effect = std::any_of(rules.begin(), rules.end(), [](const v1::RuleResult& rule) {
    return rule.effect() == v1::RULE_EFFECT_HOLD || rule.effect() == v1::RULE_EFFECT_TOLERATE;
  });
  Column names;
  Column effects;
  Column values;
  for (const v1::RuleResult& rule : rules) {
    names.Take(SafeText(rule.rule()));
    effects.Take(EffectOf(rule));
    values.Take(SafeText(rule.value()));
  }
  const auto start = [&](const v1::RuleResult& rule) {
    return absl::StrCat(names.Pad(SafeText(rule.rule())), "  ",
                        with_effect ? effects.Pad(EffectOf(rule)) + "  " : "",
                        values.Pad(SafeText(rule.value())));
  };
  const auto limit = [](const v1::RuleResult& rule) {
    return absl::StrCat("limit: ", SafeText(rule.limit()));
  };
  // A table, unless a line of it is too long.
  const bool table = std::all_of(rules.begin(), rules.end(), [&](const v1::RuleResult& rule) {
    return 4 + Columns(start(rule)) + 2 + Columns(limit(rule)) <=
           static_cast<size_t>(page->options().width);
  });
  for (const v1::RuleResult& rule : rules) {
    if (table) {
      page->Line(absl::StrCat("  ", page->Sign(LookOf(rule)), " ", start(rule), "  ",
                              page->Dim(limit(rule))));
    } else {
      page->Item(LookOf(rule),
                 absl::StrCat(SafeText(rule.rule()), "  ", with_effect ? EffectOf(rule) + "  " : "",
                              SafeText(rule.value())));
      page->Field("limit", SafeText(rule.limit()), Paint::kDim);
    }
    const bool shown = rule.holds() || LookOf(rule) != v1::OUTCOME_PASSED;
    if (shown) {
      page->Field("counted", TextPage::Names({rule.counted().begin(), rule.counted().end()}));
      page->Field("evidence", SafeText(rule.first_evidence()));
    }
    if (shown || page->options().verbose) {
      page->Field("rounds", SafeText(rule.rounds()));
      page->Field("what if", SafeText(rule.what_if()));
    }
  }
  page->Line();
}

void ComparisonText(const v1::Run& run, const RunView& view, TextPage* page) {
  const std::string baseline = BaselineLabel(run);
  if (baseline.empty()) return;
  page->Paragraph(absl::StrCat("Since the promoted ", baseline), Paint::kBold);
  bool anything = false;
  const auto list = [&](v1::Outcome look, const char* title,
                        const std::vector<const v1::CheckRecord*>& checks, auto text) {
    if (checks.empty()) return;
    anything = true;
    std::vector<std::string> names;
    for (const v1::CheckRecord* check : checks) names.push_back(text(*check));
    page->Item(look, absl::StrCat(title, ": ", TextPage::Names(names)));
  };
  const auto name = [](const v1::CheckRecord& check) { return check.name(); };
  list(v1::OUTCOME_FAILED, "newly failing", view.newly_failing, name);
  list(v1::OUTCOME_FLAKY, "newly slow", view.newly_slow, SlowText);
  list(v1::OUTCOME_PASSED, "newly passing", view.newly_passing, name);
  list(v1::OUTCOME_UNSPECIFIED, "new", view.added, name);
  if (!anything) page->Line("  nothing is new");
  page->Line();
}

void RoundsText(const v1::Run& run, TextPage* page) {
  if (!run.has_bake()) return;
  page->Heading("Rounds");
  const std::vector<RoundSpan> spans = SpansOf(run.bake());
  const size_t from = spans.size() > TextPage::kMaxListed ? spans.size() - TextPage::kMaxListed : 0;
  if (from > 0) page->Line(page->Dim(absl::StrCat("    ", from, " lines before these")));
  Column numbers;
  const auto number = [&](const RoundSpan& span) {
    return span.first == span.last
               ? absl::StrCat(span.first)
               : absl::StrCat(span.first, page->options().unicode ? "–" : "-", span.last);
  };
  for (size_t i = from; i < spans.size(); ++i) numbers.Take(number(spans[i]));
  for (size_t i = from; i < spans.size(); ++i) {
    const RoundSpan& span = spans[i];
    // The signs of outcomes for decisions: good, bad, neither.
    const v1::Outcome look = span.decision == v1::DECISION_PROMOTE    ? v1::OUTCOME_PASSED
                             : span.decision == v1::DECISION_ROLLBACK ? v1::OUTCOME_FAILED
                                                                      : v1::OUTCOME_ERRORED;
    const std::string lead =
        absl::StrCat(numbers.Pad(number(span)), "  ", Padded(Name(span.decision), 12), "  ",
                     shared::FormatDuration(span.time));
    if (span.text.empty()) {
      page->Item(look, lead);
    } else {
      page->Item(look, span.text, lead + "  ");
    }
  }
  page->Line();
}

}  // namespace smokemesh::coordinator
