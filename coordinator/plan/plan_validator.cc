#include "coordinator/plan/plan_validator.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/plan/event_bus_rules.h"
#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/literal_secrets.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/policy_rules.h"
#include "coordinator/plan/problem_list.h"
#include "coordinator/plan/step_rules.h"
#include "coordinator/plan/variable_rules.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxPlanName = 64;
constexpr size_t kMaxName = 128;
constexpr int kMaxChecks = 2000;
constexpr size_t kMaxConnections = 256;
constexpr int kMaxTags = 64;
constexpr int kMaxAttempts = 10;
constexpr shared::Duration kDefaultTimeout = std::chrono::seconds(10);
constexpr shared::Duration kDefaultInterval = std::chrono::seconds(1);

bool IsEnvironmentName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
         });
}

// The rules for one plan. Those for steps are in step_rules, those for the policy in policy_rules.
class PlanRules {
 public:
  PlanRules(const v1::Plan& plan, ProblemList* problems) : plan_(plan), problems_(*problems) {}

  void Check() {
    CheckName(plan_.name(), kMaxPlanName, "name", "the plan", &problems_);
    if (plan_.has_timeout()) {
      CheckDuration(plan_.timeout(), false, "timeout", "timeout of the plan", &problems_);
    }
    if (plan_.defaults().has_timeout()) {
      CheckDuration(plan_.defaults().timeout(), false, "defaults.timeout", "timeout in defaults",
                    &problems_);
    }
    const Scope built_in = BuiltInScope();
    Scope plan_scope;
    plan_scope.outer = &built_in;
    CheckVariables(plan_.variables(), nullptr, "variables", "the plan", &plan_scope, &problems_);
    CheckConnections(plan_scope);
    CheckSuites();
    CheckPublicEnv();
    CheckChecks(plan_scope);
    CheckPolicy(plan_, &problems_);
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
      const std::string where = absl::StrCat(" of suite \"", suite.name(), "\"");
      if (suite.has_target()) {
        CheckDuration(suite.target(), false, path + ".target", "target" + where, &problems_);
      }
      if (suite.has_max()) {
        CheckDuration(suite.max(), false, path + ".max", "max" + where, &problems_);
      }
      if (suite.has_target() && suite.has_max() &&
          std::pair(suite.target().seconds(), suite.target().nanos()) >
              std::pair(suite.max().seconds(), suite.max().nanos())) {
        problems_.Add(path + ".target", absl::StrCat("target", where, " is longer than its max"));
      }
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
    if (plan_.checks_size() > kMaxChecks) {
      problems_.Add("checks", absl::StrCat("the plan has ", plan_.checks_size(),
                                           " checks; at most ", kMaxChecks));
      return;
    }
    for (int i = 0; i < plan_.checks_size(); ++i) {
      const std::string& name = plan_.checks(i).name();
      const auto [first, is_new] = index_.emplace(name, i);
      names_.push_back(name);
      if (is_new || name.empty()) continue;
      const int line = plan_.checks(first->second).source().line();
      problems_.Add(absl::StrCat("checks[", i, "].name"),
                    absl::StrCat("check \"", name, "\" is here twice",
                                 line > 0 ? absl::StrCat(", first on line ", line) : "",
                                 ": names are unique"));
    }
    for (int i = 0; i < plan_.checks_size(); ++i) CheckOne(i, plan_scope);
    CheckCycles();
  }

  void CheckOne(int i, const Scope& plan_scope) {
    const v1::Check& check = plan_.checks(i);
    const std::string path = absl::StrCat("checks[", i, "]");
    const std::string where = absl::StrCat("check \"", check.name(), "\"");
    CheckName(check.name(), kMaxName, path + ".name", absl::StrCat("check ", i + 1), &problems_);
    CheckSuiteOf(check, path, where);
    CheckTags(check, path, where);
    CheckSelector(check, path, where);
    CheckNeeds(check, path, where);
    shared::Duration timeout = kDefaultTimeout;
    if (check.has_timeout()) {
      CheckDuration(check.timeout(), false, path + ".timeout", "timeout of " + where, &problems_);
      timeout = BoundedDuration(check.timeout());
    } else if (plan_.defaults().has_timeout()) {
      timeout = BoundedDuration(plan_.defaults().timeout());
    }
    if (check.has_retry()) CheckRetry(check.retry(), timeout, path + ".retry", where);
    Scope scope;
    scope.outer = &plan_scope;
    CheckVariables(check.variables(), &plan_.variables(), path + ".variables", where, &scope,
                   &problems_);
    CheckSteps(plan_, check, path, std::move(scope), timeout, &problems_);
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
    for (int i = 0; i < check.tags_size(); ++i) {
      const std::string& tag = check.tags(i);
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

  void CheckSelector(const v1::Check& check, const std::string& path, const std::string& where) {
    const bool selects = check.has_on();
    if (selects && check.on().service().empty() && check.on().labels().empty()) {
      problems_.Add(path + ".on",
                    absl::StrCat("\"on\" of ", where,
                                 " selects nothing: write a "
                                 "service, labels, or service: \"*\" for every agent"));
    }
    if (selects && !check.on().service().empty() && check.on().service() != "*" &&
        !IsName(check.on().service(), kMaxName)) {
      problems_.Add(path + ".on.service",
                    absl::StrCat("service \"", shared::Shorten(check.on().service(), 64), "\" of ",
                                 where, " must be letters, digits, \"-\", \"_\" and \".\", or *"));
    }
    for (const auto& [name, value] : check.on().labels()) {
      if (IsName(name, kMaxName) && !value.empty()) continue;
      problems_.Add(
          absl::StrCat(path, ".on.labels.", name),
          absl::StrCat("label \"", shared::Shorten(name, 64), "\" of ", where,
                       " needs a name of letters, digits, \"-\", \"_\", \".\", and a value"));
    }
    if (check.quorum().empty() || check.quorum() == "all" || check.quorum() == "any") return;
    int number = 0;
    if (!absl::SimpleAtoi(check.quorum(), &number) || number < 1 ||
        check.quorum() != std::to_string(number)) {
      problems_.Add(path + ".quorum",
                    absl::StrCat("quorum \"", shared::Shorten(check.quorum(), 32), "\" of ", where,
                                 " must be all, any, or a number from 1"));
    } else if (number > 1 && !selects) {
      problems_.Add(path + ".quorum", absl::StrCat(where,
                                                   " runs on one agent and can never have a "
                                                   "quorum of ",
                                                   number, ": select more with \"on\""));
    }
  }

  void CheckNeeds(const v1::Check& check, const std::string& path, const std::string& where) {
    std::set<std::string> seen;
    for (int i = 0; i < check.needs_size(); ++i) {
      const std::string& need = check.needs(i);
      const std::string at = absl::StrCat(path, ".needs[", i, "]");
      if (!seen.insert(need).second) {
        problems_.Add(at, absl::StrCat(where, " needs \"", shared::Shorten(need, 64), "\" twice"));
      } else if (need == check.name()) {
        problems_.Add(at, absl::StrCat(where, " needs itself"));
      } else if (index_.count(need) == 0) {
        problems_.Add(
            at, absl::StrCat(where, " needs \"", shared::Shorten(need, 64),
                             "\", which is not in the plan", problems_.DidYouMean(need, names_)));
      }
    }
  }

  void CheckRetry(const v1::Retry& retry, shared::Duration timeout, const std::string& path,
                  const std::string& where) {
    const bool written_zero = retry.attempts() == 0 && problems_.IsWritten(path + ".attempts");
    if (retry.attempts() < 0 || retry.attempts() > kMaxAttempts || written_zero) {
      problems_.Add(path + ".attempts",
                    absl::StrCat("attempts of ", where, " must be from 1 to ", kMaxAttempts));
      return;
    }
    shared::Duration interval = kDefaultInterval;
    if (retry.has_interval()) {
      CheckDuration(retry.interval(), true, path + ".interval", "interval of retry of " + where,
                    &problems_);
      interval = BoundedDuration(retry.interval());
    }
    if (retry.attempts() <= 1) return;
    const int waits = retry.attempts() - 1;
    if (interval > timeout || interval * waits >= timeout) {
      problems_.Add(
          path,
          absl::StrCat(where, " waits ", waits, " times ", shared::FormatDuration(interval),
                       " between its tries, and that is not less than its timeout of ",
                       shared::FormatDuration(timeout), ": the last try would never be made"));
    }
  }

  // Removes checks that wait for nothing until none is left; what remains holds cycles.
  void CheckCycles() {
    const int count = plan_.checks_size();
    std::vector<std::set<int>> needs(static_cast<size_t>(count));
    std::vector<std::vector<int>> needed_by(static_cast<size_t>(count));
    std::vector<int> ready;
    for (int i = 0; i < count; ++i) {
      for (const std::string& need : plan_.checks(i).needs()) {
        const auto found = index_.find(need);
        if (found == index_.end() || found->second == i) continue;
        if (needs[static_cast<size_t>(i)].insert(found->second).second) {
          needed_by[static_cast<size_t>(found->second)].push_back(i);
        }
      }
      if (needs[static_cast<size_t>(i)].empty()) ready.push_back(i);
    }
    std::vector<bool> done(static_cast<size_t>(count), false);
    for (int first = 0; first < count;) {
      while (!ready.empty()) {
        const int i = ready.back();
        ready.pop_back();
        done[static_cast<size_t>(i)] = true;
        for (const int dependent : needed_by[static_cast<size_t>(i)]) {
          auto& open = needs[static_cast<size_t>(dependent)];
          if (open.erase(i) > 0 && open.empty()) ready.push_back(dependent);
        }
      }
      while (first < count && done[static_cast<size_t>(first)]) ++first;
      if (first == count) return;
      // Every check that is left needs another that is left: following the needs ends in a circle.
      std::vector<int> way;
      int i = first;
      while (std::find(way.begin(), way.end(), i) == way.end()) {
        way.push_back(i);
        i = *needs[static_cast<size_t>(i)].begin();
      }
      way.erase(way.begin(), std::find(way.begin(), way.end(), i));
      ReportCycle(way);
      for (const int member : way) {
        if (!done[static_cast<size_t>(member)]) ready.push_back(member);
        needs[static_cast<size_t>(member)].clear();
      }
    }
  }

  void ReportCycle(const std::vector<int>& way) {
    constexpr size_t kMaxShown = 10;
    std::string shown;
    for (size_t i = 0; i < way.size() && i < kMaxShown; ++i) {
      absl::StrAppend(&shown, plan_.checks(way[i]).name(), " needs ");
    }
    absl::StrAppend(&shown, way.size() > kMaxShown ? "… needs " : "", plan_.checks(way[0]).name());
    problems_.Add(absl::StrCat("checks[", way[0], "].needs"),
                  absl::StrCat("checks need each other in a circle, so none can begin: ", shown));
  }

  const v1::Plan& plan_;
  ProblemList& problems_;
  std::set<std::string> suites_;
  std::map<std::string, int> index_;  // of checks by name
  std::vector<std::string> names_;    // of checks
};

}  // namespace

std::vector<Problem> ValidatePlan(const v1::Plan& plan, const Positions& positions,
                                  std::string_view file) {
  ProblemList problems(positions, file);
  PlanRules(plan, &problems).Check();
  return problems.Take();
}

}  // namespace smokemesh::coordinator
