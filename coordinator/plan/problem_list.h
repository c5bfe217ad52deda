#ifndef SMOKEMESH_COORDINATOR_PLAN_PROBLEM_LIST_H_
#define SMOKEMESH_COORDINATOR_PLAN_PROBLEM_LIST_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/plan/plan_loader.h"

namespace smokemesh::coordinator {

// Collects problems by the path of the field that they are about. Keeps the first 100 in file order
// and says how many more there are.
class ProblemList {
 public:
  // Neither is copied; both outlive this.
  ProblemList(const Positions& positions, std::string_view file)
      : positions_(positions), file_(file) {}

  // Leaves out what may only follow from fields that could not be read (LoadedPlan.unread).
  void LeaveOutAround(const std::vector<std::string>& unread);

  // `path` as in Positions. If the file does not have that field, the nearest field around it is
  // the place.
  void Add(const std::string& path, std::string message);

  // Whether the file has a field at `path`; false when nothing is known about the file.
  bool IsWritten(const std::string& path) const { return positions_.count(path) > 0; }

  // Whether the plan was read from a file; if not, somebody may have changed it on purpose.
  bool HasFile() const { return !positions_.empty(); }

  // ` (did you mean "x"?)` or nothing. Gives up after 100 searches, so that a plan full of unknown
  // names cannot take long.
  std::string DidYouMean(std::string_view text, const std::vector<std::string>& candidates);

  // The problems in file order. Call once.
  std::vector<Problem> Take() { return TakeWith({}); }

  // The same, with those that were found before, as bounded by SortAndBound, among them.
  std::vector<Problem> TakeWith(const std::vector<Problem>& earlier);

 private:
  bool IsLeftOut(const std::string& path) const;

  const Positions& positions_;
  const std::string_view file_;
  std::set<std::string> unread_;
  std::vector<Problem> problems_;
  int searches_ = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_PROBLEM_LIST_H_
