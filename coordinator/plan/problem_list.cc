#include "coordinator/plan/problem_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMaxSearches = 100;

}  // namespace

void ProblemList::LeaveOutAround(const std::vector<std::string>& unread) {
  unread_.insert(unread.begin(), unread.end());
}

// Whether `path` is a path in `unread_`, one around it, or one inside it.
bool ProblemList::IsLeftOut(const std::string& path) const {
  if (unread_.empty()) return false;
  for (std::string outer = path;;) {
    if (unread_.count(outer) > 0) return true;
    const size_t cut = outer.find_last_of(".[");
    if (cut == std::string::npos) break;
    outer.resize(cut);
  }
  if (path.empty()) return true;
  const auto inner = unread_.lower_bound(path);
  for (auto at = inner; at != unread_.end() && at->rfind(path, 0) == 0; ++at) {
    if (at->size() == path.size() || (*at)[path.size()] == '.' || (*at)[path.size()] == '[') {
      return true;
    }
  }
  return false;
}

void ProblemList::Add(const std::string& path, std::string message) {
  if (IsLeftOut(path)) return;
  if (positions_.empty()) {
    problems_.push_back({std::string(file_), 0, 0,
                         path.empty() ? std::move(message) : absl::StrCat(path, ": ", message)});
    return;
  }
  std::string place = path;
  auto found = positions_.find(place);
  while (found == positions_.end() && !place.empty()) {
    const size_t cut = place.find_last_of(".[");
    place.resize(cut == std::string::npos ? 0 : cut);
    found = positions_.find(place);
  }
  Problem problem{std::string(file_), 0, 0, std::move(message)};
  if (found != positions_.end()) {
    problem.line = found->second.line;
    problem.column = found->second.column;
  }
  problems_.push_back(std::move(problem));
}

std::string ProblemList::DidYouMean(std::string_view text,
                                    const std::vector<std::string>& candidates) {
  return ++searches_ > kMaxSearches ? "" : shared::DidYouMean(text, candidates);
}

std::vector<Problem> ProblemList::TakeWith(const std::vector<Problem>& earlier) {
  if (earlier.size() > shared::kMaxProblems) return earlier;
  problems_.insert(problems_.end(), earlier.begin(), earlier.end());
  shared::SortAndBound(file_, &problems_);
  return std::move(problems_);
}

}  // namespace smokemesh::coordinator
