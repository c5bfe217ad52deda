#include "coordinator/plan/parallel_rules.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/field_rules.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxName = 64;
constexpr size_t kMaxBranches = 50;

// The name of the group that a step is in; empty when it is in none.
const std::string& GroupOf(const StepRef& ref) {
  static const auto& none = *new std::string;
  const std::string* group = CommonOf(ref.step).parallel;
  return group == nullptr ? none : *group;
}

// The session that a step uses, of its kind and connection. Requests wait for nobody: each is a
// branch of its own.
std::string BranchOf(const v1::Plan& plan, const v1::Check& check, const StepRef& ref,
                     size_t index) {
  const CommonFields fields = CommonOf(ref.step);
  if (fields.session == nullptr) return absl::StrCat("step ", index);
  const auto connection = ResolveConnection(plan, check, KindOf(ref.step), *fields.connection);
  return absl::StrCat("session ", std::string(KindOf(ref.step)), "\n",
                      connection.ok() ? *connection : *fields.connection, "\n",
                      fields.session->empty() ? "main" : *fields.session);
}

}  // namespace

ParallelGroups::ParallelGroups(const v1::Plan& plan, const v1::Check& check,
                               const std::vector<StepRef>& steps)
    : steps_(steps), places_(steps.size()) {
  for (size_t first = 0; first < steps.size();) {
    size_t end = first + 1;
    const std::string& name = GroupOf(steps[first]);
    while (!name.empty() && end < steps.size() && GroupOf(steps[end]) == name &&
           steps[end].list == steps[first].list) {
      ++end;
    }
    for (size_t i = first; i < end; ++i) {
      places_[i].first = first;
      places_[i].last = end - 1;
      if (!name.empty()) places_[i].branch = BranchOf(plan, check, steps[i], i);
    }
    first = end;
  }
}

std::string ParallelGroups::ProblemOfGroupAt(size_t i) const {
  const Place& place = places_[i];
  if (place.branch.empty() || place.first != i) return "";
  const std::string& name = GroupOf(steps_[i]);
  const std::string shown = absl::StrCat("\"", shared::Shorten(name, kMaxName), "\"");
  if (!IsName(name, kMaxName)) {
    return absl::StrCat("is in the parallel group ", shown, ": a name has 1 to ", kMaxName,
                        " letters, digits, \"-\", \"_\" and \".\"");
  }
  if (place.first == place.last) {
    return absl::StrCat("is alone in the parallel group ", shown,
                        ": give the same name to a step next to it, or use \"repeat\" with "
                        "\"parallel\" to do one step several times at once");
  }
  std::set<std::string> branches;
  for (size_t k = place.first; k <= place.last; ++k) branches.insert(places_[k].branch);
  if (branches.size() == 1) {
    return absl::StrCat("begins the parallel group ", shown,
                        ", all of whose steps are on one session and would run one after the "
                        "other: give them different sessions");
  }
  if (branches.size() > kMaxBranches) {
    return absl::StrCat("begins the parallel group ", shown, " of ", branches.size(),
                        " sessions and requests; at most ", kMaxBranches, " at once");
  }
  return "";
}

std::map<std::string, std::string> ParallelGroups::RacingCaptures(size_t i) const {
  std::map<std::string, std::string> racing;
  const Place& place = places_[i];
  if (place.branch.empty()) return racing;
  for (size_t k = place.first; k <= place.last; ++k) {
    if (places_[k].branch == place.branch) continue;
    for (const auto& [name, unused] : *CommonOf(steps_[k].step).capture) {
      racing.emplace(name, absl::StrCat("captured at the same time by step ", steps_[k].number,
                                        " of its parallel group: use it in a step after the "
                                        "group"));
    }
  }
  return racing;
}

}  // namespace smokemesh::coordinator
