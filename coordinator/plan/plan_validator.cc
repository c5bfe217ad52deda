#include "coordinator/plan/plan_validator.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/plan/agent_rules.h"
#include "coordinator/plan/edge_checks.h"
#include "coordinator/plan/edge_rules.h"
#include "coordinator/plan/event_bus_rules.h"
#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/flow_rules.h"
#include "coordinator/plan/literal_secrets.h"
#include "coordinator/plan/needs_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/policy_rules.h"
#include "coordinator/plan/problem_list.h"
#include "coordinator/plan/selector_rules.h"
#include "coordinator/plan/step_rules.h"
#include "coordinator/plan/time_rules.h"
#include "coordinator/plan/variable_rules.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxPlanName = 64;
constexpr size_t kMaxName = 128;
constexpr int kMaxChecks = 2000;
constexpr size_t kMaxConnections = 256;
constexpr int kMaxTags = 64;

bool IsEnvironmentName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
         });
}

int64_t NumberOfChecks(const v1::Plan& plan) {
  int64_t number = 0;
  for (const v1::Check& check : plan.checks()) {
    number += check.has_edges() ? check.edges().edges_size() : 1;
  }
  return number;
}

// The rules for one plan. Those for steps, times, needs and the policy are in files of their own.
class PlanRules {
 public:
  PlanRules(const v1::Plan& plan, ProblemList* problems)
      : plan_(plan), problems_(*problems), has_too_many_(NumberOfChecks(plan) > kMaxChecks) {}

  void Check() {
    CheckName(plan_.name(), kMaxPlanName, "name", "the plan", &problems_);
    const Scope built_in = BuiltInScope();
    Scope plan_scope;
    plan_scope.outer = &built_in;
    CheckVariables(plan_.variables(), nullptr, "variables", "the plan", &plan_scope, &problems_);
    CheckConnections(plan_scope);
    CheckSuites();
    CheckPublicEnv();
    CheckTimes(plan_, &problems_);
    CheckChecks(plan_scope);
    CheckQuick(plan_, &problems_);
    if (has_too_many_) return;
    CheckPolicy(plan_, plan_.has_policy() ? &plan_.policy() : nullptr, &problems_);
  }

 private:
  void CheckConnections(const Scope& scope) {
    if (plan_.connections().size() > kMaxConnections) {
      problems_.Add("connections", absl::StrCat("the plan has ", plan_.connections().size(),
                                                " connections; at most ", kMaxConnections));
    }
    for (const auto& [name, connection] : plan_.connections()) {
      const std::string path = absl::StrCat("connections.", name);
      const std::string where = absl::StrCat("connection \"", name, "\"");
      CheckName(name, kMaxName, path, where, &problems_);
      VisitTemplates(connection, path, [&](const std::string& text, const std::string& at) {
        CheckTemplate(text, scope, at, where, &problems_);
      });
      switch (connection.target_case()) {
        case v1::Connection::TARGET_NOT_SET:
          problems_.Add(path, absl::StrCat(where,
                                           " has no target: add one of postgres, redis, "
                                           "http"));
          break;
        case v1::Connection::kPostgres:
          CheckTarget(connection.postgres(), {"postgres", "postgresql"},
                      "postgresql://user@host:5432/database", path + ".postgres", where);
          break;
        case v1::Connection::kRedis:
          CheckTarget(connection.redis(), {"redis", "rediss"}, "redis://host:6379/0",
                      path + ".redis", where);
          break;
        case v1::Connection::kHttp:
          CheckTarget(connection.http(), {"http", "https"}, "https://host", path + ".http", where);
          break;
      }
      if (connection.has_tls() && KindOf(connection) == "postgres") {
        problems_.Add(path + ".tls", absl::StrCat(where,
                                                  " leads to postgres: write sslmode and "
                                                  "sslrootcert into its URL instead of tls"));
      }
      if (!connection.has_event_bus()) continue;
      if (KindOf(connection) == "redis") {
        CheckEventBusFormat(connection.event_bus(), path + ".event_bus", where, &problems_);
      } else {
        problems_.Add(path + ".event_bus",
                      absl::StrCat(where, " has \"event_bus\", which only goes with redis"));
      }
    }
  }

  void CheckTarget(const std::string& text, const std::set<std::string>& schemes,
                   const std::string& example, const std::string& path, const std::string& where) {
    const auto wrong = [&](const std::string& what) {
      problems_.Add(path, absl::StrCat(where, " ", what, ": write it as ", example));
    };
    if (text.empty()) return wrong("has no address");
    if (HasLiteralPassword(text)) {
      problems_.Add(path, absl::StrCat(where,
                                       " has a literal password: write ${NAME} in its place, "
                                       "or the whole address as ${NAME}"));
    }
    if (text.rfind("${", 0) == 0 || text.rfind("{{", 0) == 0) return;  // known on the agent only
    const size_t end = text.find("://");
    if (end == std::string::npos) {
      // libpq's other form, `host=db port=5432`.
      if (schemes.count("postgres") > 0 && absl::StrContains(text, "=")) return;
      return wrong("has an address without a scheme");
    }
    std::string scheme = absl::AsciiStrToLower(text.substr(0, end));
    if (schemes.count("postgres") > 0) scheme = scheme.substr(0, scheme.find('+'));
    if (schemes.count(scheme) == 0) {
      return wrong(absl::StrCat("has the scheme \"", shared::Shorten(scheme, 32), "\""));
    }
    // libpq takes `postgresql:///db` to mean the local socket.
    const bool no_host = end + 3 == text.size() || text[end + 3] == '/';
    if (no_host && schemes.count("postgres") == 0) return wrong("has an address without a host");
    if (text.find_first_of(" \t\r\n") != std::string::npos && IsLiteral(text)) {
      return wrong("has an address with a space in it");
    }
  }

  void CheckSuites() {
    for (int i = 0; i < plan_.suites_size(); ++i) {
      const v1::Suite& suite = plan_.suites(i);
      const std::string path = absl::StrCat("suites[", i, "]");
      CheckName(suite.name(), kMaxName, path + ".name", absl::StrCat("suite ", i + 1), &problems_);
      if (!suite.name().empty() && !suites_.insert(suite.name()).second) {
        problems_.Add(path + ".name",
                      absl::StrCat("suite \"", suite.name(), "\" is here twice: names are unique"));
      }
    }
    CheckSuitesAreUsed();
  }

  void CheckSuitesAreUsed() {
    std::set<std::string> used;
    for (const v1::Check& check : plan_.checks()) used.insert(check.suite());
    // Where a check misspells its suite, that is the problem.
    if (plan_.checks_size() == 0 ||
        !std::includes(suites_.begin(), suites_.end(), used.begin(), used.end())) {
      return;
    }
    for (int i = 0; i < plan_.suites_size(); ++i) {
      if (used.count(plan_.suites(i).name()) > 0) continue;
      problems_.Add(absl::StrCat("suites[", i, "]"),
                    absl::StrCat("suite \"", plan_.suites(i).name(),
                                 "\" has no checks: put checks into it, or remove it"));
    }
  }

  void CheckPublicEnv() {
    for (int i = 0; i < plan_.public_env_size(); ++i) {
      if (IsEnvironmentName(plan_.public_env(i))) continue;
      problems_.Add(absl::StrCat("public_env[", i, "]"),
                    absl::StrCat("\"", shared::Shorten(plan_.public_env(i), 64),
                                 "\" is no name of an environment variable: write it without ${}"));
    }
  }

  void CheckChecks(const Scope& plan_scope) {
    if (plan_.checks_size() == 0) {
      problems_.Add("", "the plan has no checks: it would prove nothing");
    }
    if (has_too_many_) {
      problems_.Add("checks", absl::StrCat("the plan has ", NumberOfChecks(plan_),
                                           " checks; at most ", kMaxChecks));
      return;
    }
    CheckNamesAreUnique();
    for (int i = 0; i < plan_.checks_size(); ++i) CheckOne(i, plan_scope);
    CheckNeeds(plan_, &problems_);
  }

  void CheckNamesAreUnique() {
    std::map<std::string, int> index;
    for (int i = 0; i < plan_.checks_size(); ++i) {
      const v1::Check& check = plan_.checks(i);
      std::vector<std::string> names = {check.name()};
      if (check.has_edges()) {
        const std::vector<std::string> edges = NamesOf(check);
        names.insert(names.end(), edges.begin(), edges.end());
      }
      for (const std::string& name : names) {
        const auto [first, is_new] = index.emplace(name, i);
        // Of two equal edges the pair is the problem.
        if (is_new || name.empty() || first->second == i) continue;
        const int line = plan_.checks(first->second).source().line();
        problems_.Add(
            absl::StrCat("checks[", i, "].name"),
            absl::StrCat("check \"", shared::Shorten(name, kMaxName), "\" is here twice",
                         line > 0 ? absl::StrCat(", first on line ", line) : "",
                         ": names are unique",
                         name != check.name() || name != plan_.checks(first->second).name()
                             ? ", and each edge is a check <check>.<from>.<to>"
                             : ""));
      }
    }
  }

  void CheckOne(int i, const Scope& plan_scope) {
    const v1::Check& check = plan_.checks(i);
    const std::string path = absl::StrCat("checks[", i, "]");
    const std::string where = absl::StrCat("check \"", check.name(), "\"");
    CheckName(check.name(), kMaxName, path + ".name", absl::StrCat("check ", i + 1), &problems_);
    CheckSuiteOf(check, path, where);
    CheckTags(check, path, where);
    CheckAgentsOf(check, path, where, &problems_);
    Scope scope;
    scope.outer = &plan_scope;
    CheckVariables(check.variables(), &plan_.variables(), path + ".variables", where, &scope,
                   &problems_);
    CheckKind(check, path, scope);
  }

  void CheckKind(const v1::Check& check, const std::string& path, const Scope& scope) {
    const shared::Duration timeout = TimeoutOf(plan_, check);
    switch (check.kind_case()) {
      case v1::Check::kFlow:
        return CheckFlow(plan_, check, path, scope, timeout, &problems_);
      case v1::Check::kEdges:
        return CheckEdges(plan_, check, path, scope, timeout, &problems_);
      case v1::Check::KIND_NOT_SET:
        problems_.Add(path, absl::StrCat(NameOfCheck(check), " has no kind: add one of ",
                                         kStepKinds, ", scenario, flow, edges"));
        return CheckEachStep(plan_, check, StepsOf(check), path, scope, timeout, &problems_);
      default:
        return CheckSteps(plan_, check, path, scope, timeout, &problems_);
    }
  }

  void CheckSuiteOf(const v1::Check& check, const std::string& path, const std::string& where) {
    if (check.suite().empty()) {
      if (plan_.suites_size() > 0) {
        problems_.Add(
            path, absl::StrCat(where, " has no suite: add one of ", absl::StrJoin(suites_, ", ")));
      }
    } else if (suites_.count(check.suite()) == 0) {
      problems_.Add(
          path + ".suite",
          absl::StrCat(where, " is in suite \"", shared::Shorten(check.suite(), 64),
                       "\", which is not in the plan",
                       problems_.DidYouMean(check.suite(), {suites_.begin(), suites_.end()})));
    }
  }

  void CheckTags(const v1::Check& check, const std::string& path, const std::string& where) {
    if (check.tags_size() > kMaxTags) {
      problems_.Add(path + ".tags",
                    absl::StrCat(where, " has ", check.tags_size(), " tags; at most ", kMaxTags));
    }
    std::set<std::string> seen;
    for (int i = 0; i < check.tags_size(); ++i) {
      const std::string& tag = check.tags(i);
      if (!seen.insert(tag).second) {
        problems_.Add(absl::StrCat(path, ".tags[", i, "]"),
                      absl::StrCat(where, " has the tag \"", shared::Shorten(tag, 64), "\" twice"));
        continue;
      }
      std::string plain = tag;
      std::replace(plain.begin(), plain.end(), ':', '-');
      if (IsName(plain, kMaxName) && tag != "and" && tag != "or" && tag != "not") continue;
      problems_.Add(
          absl::StrCat(path, ".tags[", i, "]"),
          absl::StrCat("tag \"", shared::Shorten(tag, 64), "\" of ", where,
                       " must be letters, digits, \"_\", \"-\", \".\", \":\", and none of "
                       "the words and, or, not"));
    }
  }

  const v1::Plan& plan_;
  ProblemList& problems_;
  const bool has_too_many_;  // checks
  std::set<std::string> suites_;
};

// The parts of a plan that cannot be judged when these fields could not be read; nothing when so
// much refers to them that the whole cannot.
std::optional<std::vector<std::string>> AroundOf(const std::vector<std::string>& unread) {
  std::vector<std::string> around;
  for (const std::string& path : unread) {
    const size_t end_of_check = path.find(']');
    if (path.rfind("policy", 0) == 0) {
      around.push_back(path);
      continue;
    }
    if (path.rfind("checks[", 0) != 0 || end_of_check == std::string::npos) return std::nullopt;
    const std::string check = path.substr(0, end_of_check + 1);
    const std::string field = path.substr(check.size());
    if (field == ".name") return std::nullopt;
    if (field.empty() || field == ".tags" || field.rfind(".tags[", 0) == 0) {
      // Selectors cannot be judged without the tags.
      around.insert(around.end(), {"policy", "quick"});
    }
    // Without its variables and captures, and fields that may have been these, a check cannot be.
    const std::string last = path.substr(path.find_last_of('.') + 1);
    const bool is_for_all_steps = field.rfind(".variables", 0) == 0 || last.back() == ']' ||
                                  field.find(".capture") != std::string::npos ||
                                  last == "postgres" || last == "redis" || last == "http" ||
                                  last == "event_bus" || last == "flow" || last == "edges";
    around.push_back(is_for_all_steps ? check : path);
  }
  return around;
}

}  // namespace

std::vector<Problem> LintPlan(const LoadedPlan& loaded, std::string_view file) {
  const std::optional<std::vector<std::string>> around = AroundOf(loaded.unread);
  if (!loaded.is_tree || !around.has_value()) return loaded.problems;
  ProblemList problems(loaded.positions, file);
  problems.LeaveOutAround(*around);
  PlanRules(loaded.plan, &problems).Check();
  return problems.TakeWith(loaded.problems);
}

std::vector<Problem> ValidatePlan(const v1::Plan& plan, const Positions& positions,
                                  std::string_view file) {
  ProblemList problems(positions, file);
  PlanRules(plan, &problems).Check();
  return problems.Take();
}

}  // namespace smokemesh::coordinator
