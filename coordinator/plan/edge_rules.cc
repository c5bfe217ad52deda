#include "coordinator/plan/edge_rules.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/edge_checks.h"
#include "coordinator/plan/expectation_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/step_rules.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxName = 128;  // of checks and services
constexpr size_t kMaxShown = 64;
constexpr size_t kMaxBytes = size_t{4} << 20;  // of all checks that one becomes

class EdgeRules {
 public:
  EdgeRules(const v1::Plan& plan, const v1::Check& check, const std::string& path,
            const Scope& scope, shared::Duration timeout, ProblemList* problems)
      : plan_(plan),
        check_(check),
        path_(path),
        where_(NameOfCheck(check)),
        scope_(scope),
        timeout_(timeout),
        problems_(*problems),
        checks_(check) {}

  void Check() {
    if (check_.edges().edges().empty()) {
      problems_.Add(path_ + ".edges", absl::StrCat(where_,
                                                   " has no edges: it would prove "
                                                   "nothing"));
    }
    CheckNumberInFinally(check_, path_, &problems_);
    const size_t bytes = checks_.BytesOfEach() * static_cast<size_t>(check_.edges().edges_size());
    if (bytes > kMaxBytes) {
      problems_.Add(path_ + ".edges",
                    absl::StrCat(where_, " would become checks of ", bytes,
                                 " bytes, because each edge has all that the check has; at most ",
                                 kMaxBytes, ": split it, or shorten what the edges share"));
      return;
    }
    for (int i = 0; i < check_.edges().edges_size(); ++i) CheckEdge(i);
  }

 private:
  void CheckEdge(int i) {
    const v1::Edge& edge = check_.edges().edges(i);
    const std::string path = absl::StrCat(path_, ".edges.edges[", i, "]");
    const bool has_from = CheckService(edge.from(), "from", "the calling service", i, path);
    const bool has_to = CheckService(edge.to(), "to", "the called service", i, path);
    const bool has_names = has_from && has_to;
    const std::string name = has_names
                                 ? absl::StrCat("edge ", shared::Shorten(edge.from(), kMaxShown),
                                                " to ", shared::Shorten(edge.to(), kMaxShown))
                                 : absl::StrCat("edge ", i + 1);
    const std::string where = absl::StrCat(name, " of ", where_);
    if (has_names) CheckPair(edge, i, path, where);
    if (edge.url().empty() == edge.steps().empty()) {
      problems_.Add(path, absl::StrCat(where, edge.url().empty()
                                                  ? " asks nothing: add a \"url\", or \"steps\""
                                                  : " has both \"url\" and \"steps\": keep one"));
      return;
    }
    if (!edge.steps().empty()) {
      const auto refuse = [&](const char* field, const char* instead) {
        problems_.Add(
            absl::StrCat(path, ".", field),
            absl::StrCat(where, " has \"", field, "\", which only goes with \"url\": ", instead));
      };
      if (edge.expect_size() > 0) refuse("expect", "move it to a step");
      if (!edge.connection().empty()) refuse("connection", "name it in the steps");
    }
    CheckProbe(edge, i, name, path, where);
  }

  bool CheckService(const std::string& service, const std::string& field, const std::string& what,
                    int i, const std::string& path) {
    const std::string where = absl::StrCat("edge ", i + 1, " of ", where_);
    if (service.empty()) {
      problems_.Add(path, absl::StrCat(where, " has no \"", field, "\": name ", what));
    } else if (!IsName(service, kMaxName)) {
      problems_.Add(
          absl::StrCat(path, ".", field),
          absl::StrCat("\"", field, "\" of ", where, " is \"", shared::Shorten(service, kMaxShown),
                       "\": a service is letters, digits, \"-\", \"_\" and \".\""));
    } else {
      return true;
    }
    return false;
  }

  void CheckPair(const v1::Edge& edge, int i, const std::string& path, const std::string& where) {
    const auto [first, is_new] = pairs_.emplace(std::pair(edge.from(), edge.to()), i);
    if (!is_new) {
      problems_.Add(path, absl::StrCat(where, " is here twice, first as edge ", first->second + 1,
                                       ": each pair of services once"));
      return;
    }
    if (edge.from() == edge.to()) {
      problems_.Add(path + ".to", absl::StrCat(where,
                                               " leads back to its caller: an edge is "
                                               "between two services"));
    }
    const std::string name = EdgeCheckName(check_, edge);
    if (name.size() > kMaxName && check_.name().size() <= kMaxName) {
      problems_.Add(path,
                    absl::StrCat(where, " would be a check with a name of ", name.size(),
                                 " characters, ", shared::Shorten(name, kMaxShown), "; at most ",
                                 kMaxName, ": choose a shorter name for the check"));
    }
  }

  // What the edge asks, as steps of the check that it becomes.
  void CheckProbe(const v1::Edge& edge, int i, const std::string& name, const std::string& path,
                  const std::string& where) {
    v1::Check probe = checks_.Of(edge);
    probe.set_name(check_.name());  // as the file calls it
    const std::string below = absl::StrCat("edges.edges[", i, "]");
    std::vector<StepRef> steps;
    for (StepRef& ref : StepsOf(probe)) {
      // Said once is enough.
      if (ref.in_finally && i > 0) continue;
      if (!ref.in_finally) {
        ref.list = name;
        if (edge.steps().empty()) {
          ref.path = below;
          ref.number = 0;
        } else {
          ref.path = below + ref.path.substr(ref.path.find('.'));
        }
      }
      steps.push_back(std::move(ref));
    }
    const auto others = std::count_if(steps.begin(), steps.end(),
                                      [](const StepRef& ref) { return !ref.in_finally; });
    if (others > kMaxSteps) {
      problems_.Add(path, absl::StrCat(where, " has ", others, " steps; at most ", kMaxSteps));
    }
    if (!std::any_of(steps.begin(), steps.end(), [](const StepRef& ref) {
          return !ref.in_finally && CanProveSomething(ref.step);
        })) {
      problems_.Add(path, absl::StrCat(where,
                                       " can prove nothing: its steps are left out with \"when: "
                                       "false\", or only disconnect or forget"));
    }
    CheckEachStep(plan_, probe, steps, path_, scope_, timeout_, &problems_);
  }

  const v1::Plan& plan_;
  const v1::Check& check_;
  const std::string& path_;
  const std::string where_;
  const Scope& scope_;
  const shared::Duration timeout_;
  ProblemList& problems_;
  const EdgeChecks checks_;
  std::map<std::pair<std::string, std::string>, int> pairs_;
};

}  // namespace

void CheckEdges(const v1::Plan& plan, const v1::Check& check, const std::string& path,
                const Scope& scope, shared::Duration timeout, ProblemList* problems) {
  EdgeRules(plan, check, path, scope, timeout, problems).Check();
}

}  // namespace smokemesh::coordinator
