#include "coordinator/plan/flow_rules.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/agent_rules.h"
#include "coordinator/plan/expectation_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/step_rules.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxRoleName = 64;
constexpr int kMaxRoles = 50;

class FlowRules {
 public:
  FlowRules(const v1::Plan& plan, const v1::Check& check, const std::string& path,
            const Scope& scope, shared::Duration timeout, ProblemList* problems)
      : plan_(plan),
        check_(check),
        path_(path),
        where_(NameOfCheck(check)),
        scope_(scope),
        timeout_(timeout),
        problems_(*problems) {}

  void Check() {
    CheckNumbers();
    if (check_.retry().attempts() > 1) {
      problems_.Add(path_ + ".retry",
                    absl::StrCat(where_,
                                 " is a flow, and none of its agents can try again "
                                 "without the others: remove \"retry\""));
    }
    std::map<std::string, std::string> captures;  // and the role that takes each
    for (int i = 0; i < check_.flow().roles_size(); ++i) {
      const v1::FlowRole& role = check_.flow().roles(i);
      for (const std::string& name : CapturesOf(StepsOfRole(role, i))) {
        captures.emplace(name, absl::StrCat("captured only by ", RoleName(role),
                                            ": roles share variables of the check, and no "
                                            "captures"));
      }
    }
    for (int i = 0; i < check_.flow().roles_size(); ++i) CheckRole(i, captures);
    CheckFinally(captures);
  }

 private:
  void CheckNumbers() {
    const auto& roles = check_.flow().roles();
    const std::string path = path_ + ".flow";
    if (roles.empty()) {
      problems_.Add(path, absl::StrCat(where_, " has no roles: it would prove nothing"));
      return;
    }
    if (roles.size() > kMaxRoles) {
      problems_.Add(path + ".roles",
                    absl::StrCat(where_, " has ", roles.size(), " roles; at most ", kMaxRoles));
    }
    int steps = 0;
    for (const v1::FlowRole& role : roles) steps += role.prepare_size() + role.steps_size();
    if (steps > kMaxSteps) {
      problems_.Add(path, absl::StrCat(where_, " has ", steps, " steps in all its roles; at most ",
                                       kMaxSteps, ": split it into several checks"));
    }
    const std::vector<StepRef> all = StepsOf(check_);
    const bool proves = std::any_of(all.begin(), all.end(), [](const StepRef& ref) {
      return !ref.in_finally && CanProveSomething(ref.step);
    });
    if (steps > 0 && !proves) {
      problems_.Add(path, absl::StrCat(where_,
                                       " can prove nothing: its steps are left out with \"when: "
                                       "false\", or only disconnect or forget"));
    }
    CheckNumberInFinally(check_, path_, &problems_);
  }

  void CheckRole(int i, const std::map<std::string, std::string>& captures) {
    const v1::FlowRole& role = check_.flow().roles(i);
    const std::string path = absl::StrCat(path_, ".flow.roles[", i, "]");
    const std::string where = absl::StrCat(
        role.name().empty() ? absl::StrCat("role ", i + 1) : RoleName(role), " of ", where_);
    CheckName(role.name(), kMaxRoleName, path + ".name", where, &problems_);
    if (!role.name().empty() && !names_.insert(role.name()).second) {
      problems_.Add(path + ".name", absl::StrCat(where, " is here twice: names are unique"));
    }
    if (role.has_on()) CheckOn(role.on(), path + ".on", where, &problems_);
    if (role.steps().empty()) {
      problems_.Add(path, absl::StrCat(where,
                                       " has no steps: add what it does when all are ready, such "
                                       "as \"receive\"; \"prepare\" is only what comes before"));
    }
    const std::vector<StepRef> steps = StepsOfRole(role, i);
    Scope scope = scope_;
    const std::set<std::string> own = CapturesOf(steps);
    for (const auto& [name, why] : captures) {
      if (own.count(name) == 0) scope.later.emplace(name, why);
    }
    CheckEachStep(plan_, check_, steps, path_, scope, timeout_, &problems_);
  }

  // On every agent, whichever roles it took: anything may have been captured.
  void CheckFinally(const std::map<std::string, std::string>& captures) {
    std::vector<StepRef> steps;
    for (StepRef& ref : StepsOf(check_)) {
      if (ref.in_finally) steps.push_back(std::move(ref));
    }
    Scope scope = scope_;
    for (const auto& [name, unused] : captures) scope.known.insert(name);
    CheckEachStep(plan_, check_, steps, path_, scope, timeout_, &problems_);
  }

  const v1::Plan& plan_;
  const v1::Check& check_;
  const std::string& path_;
  const std::string where_;
  const Scope& scope_;
  const shared::Duration timeout_;
  ProblemList& problems_;
  std::set<std::string> names_;
};

}  // namespace

void CheckFlow(const v1::Plan& plan, const v1::Check& check, const std::string& path,
               const Scope& scope, shared::Duration timeout, ProblemList* problems) {
  FlowRules(plan, check, path, scope, timeout, problems).Check();
}

}  // namespace smokemesh::coordinator
