#ifndef SMOKEMESH_COORDINATOR_REPORT_TEXT_PAGE_H_
#define SMOKEMESH_COORDINATOR_REPORT_TEXT_PAGE_H_

#include <string>
#include <vector>

#include "coordinator/report/reporter.h"
#include "coordinator/report/text_layout.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// The text report while it is written: the pieces that its sections are made of. Writes what it is
// given: escape first.
class TextPage {
 public:
  explicit TextPage(const TextOptions& options) : options_(options) {}

  const TextOptions& options() const { return options_; }
  std::string Take() { return std::move(out_); }

  // As it is, but for `::` at its beginning (NoCommand).
  void Line(const std::string& text = "");
  // Cut into lines of the page's width.
  void Paragraph(const std::string& text, Paint paint = Paint::kNone);
  void Heading(const std::string& text);

  // `    label     value`, the value wrapped under itself. Nothing when it is empty.
  void Field(const std::string& label, const std::string& value, Paint paint = Paint::kNone,
             int indent = 4);

  // `  ✗ text`, wrapped under itself; with a `lead`, which comes before it, under what follows it.
  void Item(v1::Outcome outcome, const std::string& text, const std::string& lead = "");
  // `    and 3 more` when more were `listed` than a list shows.
  void More(int listed);
  // How many a list shows.
  static constexpr int kMaxListed = 12;
  // At most so many of `names`, escaped, and how many more there are.
  static std::string Names(const std::vector<std::string>& names);

  std::string Colored(const std::string& text, Paint paint) const;
  std::string Dim(const std::string& text) const { return Colored(text, Paint::kDim); }
  std::string Bold(const std::string& text) const { return Colored(text, Paint::kBold); }
  std::string Sign(v1::Outcome outcome) const;
  // Between facts on one line.
  std::string Dot() const { return options_.unicode ? " · " : ", "; }

 private:
  const TextOptions options_;
  std::string out_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_TEXT_PAGE_H_
