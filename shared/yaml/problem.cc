#include "shared/yaml/problem.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr size_t kMaxMessageBytes = 1000;

}  // namespace

std::string FormatProblems(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) {
    absl::StrAppend(&out, EscapeControl(problem.file));
    if (problem.line > 0) absl::StrAppend(&out, ":", problem.line, ":", problem.column);
    absl::StrAppend(&out, ": ", Shorten(EscapeControl(problem.message), kMaxMessageBytes), "\n");
  }
  return out;
}

void SortAndBound(std::string_view file, std::vector<Problem>* problems) {
  std::stable_sort(problems->begin(), problems->end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (problems->size() <= kMaxProblems) return;
  const size_t more = problems->size() - kMaxProblems;
  problems->resize(kMaxProblems);
  problems->push_back(
      {std::string(file), 0, 0, absl::StrCat("and ", more, " more problems that are not shown")});
}

}  // namespace smokemesh::shared
