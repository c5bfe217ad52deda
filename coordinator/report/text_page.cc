#include "coordinator/report/text_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/markup.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxValueBytes = 1200;
constexpr size_t kLabelColumns = 10;

}  // namespace

void TextPage::Line(const std::string& text) { absl::StrAppend(&out_, NoCommand(text), "\n"); }

void TextPage::Paragraph(const std::string& text, Paint paint) {
  for (const std::string& line : Wrapped(text, options_.width)) Line(Colored(line, paint));
}

void TextPage::Heading(const std::string& text) { Line(Bold(text)); }

void TextPage::Field(const std::string& label, const std::string& value, Paint paint, int indent) {
  if (value.empty()) return;
  const int width = options_.width - indent - static_cast<int>(kLabelColumns);
  std::string lead = absl::StrCat(std::string(static_cast<size_t>(indent), ' '),
                                  Dim(Padded(label, kLabelColumns)));
  for (const std::string& line : Wrapped(shared::Shorten(value, kMaxValueBytes), width)) {
    Line(absl::StrCat(lead, Colored(line, paint)));
    lead.assign(static_cast<size_t>(indent) + kLabelColumns, ' ');
  }
}

void TextPage::Item(v1::Outcome outcome, const std::string& text, const std::string& lead) {
  // Where little room is left beside the lead, the text goes on under its beginning.
  constexpr size_t kMinColumns = 30;
  const auto width = static_cast<size_t>(options_.width);
  size_t indent = 4 + Columns(lead);
  std::string before = absl::StrCat("  ", Sign(outcome), " ", lead);
  if (!lead.empty() && indent + kMinColumns > width) {
    Line(before);
    indent = 6;
    before.assign(indent, ' ');
  }
  for (const std::string& line : Wrapped(text, static_cast<int>(width - indent))) {
    Line(absl::StrCat(before, line));
    before.assign(indent, ' ');
  }
}

void TextPage::More(int listed) {
  if (listed > kMaxListed) Line(Dim(absl::StrCat("    and ", listed - kMaxListed, " more")));
}

std::string TextPage::Names(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (static_cast<int>(shown.size()) == kMaxListed) {
      shown.push_back(absl::StrCat("and ", names.size() - kMaxListed, " more"));
      break;
    }
    shown.push_back(SafeText(name));
  }
  return absl::StrJoin(shown, ", ");
}

std::string TextPage::Colored(const std::string& text, Paint paint) const {
  return Painted(text, paint, options_.color);
}

std::string TextPage::Sign(v1::Outcome outcome) const {
  return Colored(SignOf(outcome, options_.unicode), PaintOf(outcome));
}

}  // namespace smokemesh::coordinator
