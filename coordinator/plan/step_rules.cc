#include "coordinator/plan/step_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/plan/event_bus_rules.h"
#include "coordinator/plan/expectation_rules.h"
#include "coordinator/plan/literal_secrets.h"
#include "coordinator/plan/parallel_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/receive_rules.h"
#include "coordinator/plan/repetition_rules.h"
#include "coordinator/plan/sql_text.h"
#include "coordinator/plan/step_place.h"
#include "shared/redis_commands/redis_commands.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

const std::vector<std::string>& Methods() {
  static const auto& methods =
      *new std::vector<std::string>{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return methods;
}

bool IsTemplated(std::string_view text) {
  return text.find("${") != std::string_view::npos || text.find("{{") != std::string_view::npos;
}

// The rules for steps that one agent carries out one after the other.
class StepRules {
 public:
  StepRules(const v1::Plan& plan, const v1::Check& check, const std::vector<StepRef>& steps,
            const std::string& path, const Scope& scope, shared::Duration timeout,
            ProblemList* problems)
      : plan_(plan),
        check_(check),
        path_(path),
        scope_(scope),
        timeout_(timeout),
        problems_(*problems),
        steps_(steps),
        check_connection_is_bad_(
            !ConnectionOf(check).empty() &&
            !ResolveConnection(plan, check, KindOf(check), ConnectionOf(check)).ok()),
        groups_(plan, check, steps_) {}

  void Check() {
    NoteLaterCaptures();
    for (size_t i = 0; i < steps_.size(); ++i) {
      const StepRef& ref = steps_[i];
      place_ = {absl::StrCat(path_, ".", ref.path), WhereOf(ref), &problems_};
      in_finally_ = ref.in_finally;
      if (ref.in_finally) {
        // What ran before a failure is not known: anything may have been captured.
        for (const auto& [name, unused] : scope_.later) scope_.known.insert(name);
      }
      if (KindOf(ref.step).empty()) {
        place_.Report("", absl::StrCat("has no kind: add one of ", kStepKinds));
        continue;
      }
      scope_.refused = groups_.RacingCaptures(i);
      std::visit([&](const auto& step) { CheckOne(step); }, ref.step);
      CheckCommon(ref.step);
      CheckRepetition(ref.step, timeout_, place_);
      if (const std::string problem = groups_.ProblemOfGroupAt(i); !problem.empty()) {
        place_.Report("parallel", problem);
      }
      for (const auto& [name, unused] : *CommonOf(ref.step).capture) {
        if (const auto racing = scope_.refused.find(name); racing != scope_.refused.end()) {
          place_.Report("capture." + name,
                        absl::StrCat("captures \"", name, "\", which is ",
                                     racing->second.substr(0, racing->second.find(':')),
                                     ": choose another name"));
        }
        scope_.known.insert(name);
      }
      scope_.refused.clear();
    }
  }

 private:
  // `step 2 of finally of check "login"`.
  std::string WhereOf(const StepRef& ref) const {
    return absl::StrCat(ref.number == 0 ? "" : absl::StrCat("step ", ref.number, " of "), ref.list,
                        ref.list.empty() ? "" : " of ", NameOfCheck(check_));
  }

  void NoteLaterCaptures() {
    std::map<std::string, std::string> later;
    for (const StepRef& ref : steps_) {
      if (KindOf(ref.step).empty()) continue;
      for (const auto& [name, unused] : *CommonOf(ref.step).capture) {
        later.emplace(name, ref.in_finally ? "captured only in finally: later than this"
                                           : absl::StrCat("captured only by step ", ref.number,
                                                          ref.list.empty() ? "" : " of ", ref.list,
                                                          ": use it in a later step"));
      }
    }
    // What these steps capture themselves says more than what others do.
    later.insert(scope_.later.begin(), scope_.later.end());
    scope_.later = std::move(later);
  }

  void CheckOne(std::monostate /*none*/) {}

  void CheckOne(const v1::PostgresStep* step) {
    CheckConnection("postgres", step->connection());
    if (step->sql().empty() != step->disconnect()) {
      place_.Report("", step->disconnect()
                            ? "has both \"sql\" and \"disconnect\": make them two steps"
                            : "has nothing to do: add \"sql\"");
    }
    if (step->disconnect() && step->params_size() > 0) {
      place_.Report("params", "has \"params\", which only go with \"sql\"");
    }
    if (step->disconnect() && step->sql().empty()) RefuseAnswer(*step);
    if (!step->sql().empty()) CheckSql(*step);
  }

  void CheckSql(const v1::PostgresStep& step) {
    const SqlFacts facts = LookAtSql(step.sql());
    if (facts.statements == 0) {
      place_.Report("sql", "has SQL without a statement: comments and \";\" only");
    } else if (facts.statements > 1) {
      place_.Report("sql", absl::StrCat("has ", facts.statements,
                                        " statements in one \"sql\": write one step for each"));
    }
    if (facts.greatest_parameter > step.params_size()) {
      place_.Report(
          "sql", absl::StrCat("uses $", facts.greatest_parameter, ", but \"params\" has ",
                              step.params_size(), step.params_size() == 1 ? " value" : " values"));
    } else if (facts.greatest_parameter < step.params_size() && !IsTemplated(step.sql())) {
      place_.Report("params", absl::StrCat("has ", step.params_size(),
                                           " \"params\", but the greatest in "
                                           "its SQL is $",
                                           facts.greatest_parameter));
    }
  }

  void CheckOne(const v1::RedisStep* step) {
    CheckConnection("redis", step->connection());
    const int things =
        (step->command_size() > 0) + (step->has_receive() ? 1 : 0) + (step->disconnect() ? 1 : 0);
    if (things == 0)
      place_.Report("", "has nothing to do: add one of command, receive, disconnect");
    if (things > 1) {
      place_.Report("",
                    "has more than one of command, receive, disconnect: make them several steps");
    }
    if (step->disconnect()) RefuseAnswer(*step);
    if (step->has_receive()) CheckReceive(step->receive(), timeout_, scope_, place_);
    if (step->command_size() > 0) CheckCommand(*step);
    if (!in_finally_ && things == 1) {
      subscriptions_.Follow(*step, ConnectionUsed("redis", step->connection()), place_);
    }
  }

  void CheckOne(const v1::EventBusStep* step) {
    CheckConnection("event_bus", step->connection());
    const std::string connection = ConnectionUsed("event_bus", step->connection());
    const auto found = plan_.connections().find(connection);
    CheckEventBusActions(*step,
                         found == plan_.connections().end() ? v1::EventBusFormat::default_instance()
                                                            : found->second.event_bus(),
                         place_);
    if (step->disconnect()) RefuseAnswer(*step);
    if (step->has_receive()) CheckReceive(step->receive(), timeout_, scope_, place_);
    if (!in_finally_ && ActionsOf(*step).size() == 1) {
      subscriptions_.Follow(*step, connection, place_);
    }
  }

  std::string ConnectionUsed(std::string_view kind, const std::string& named) const {
    return ResolveConnection(plan_, check_, kind, named).value_or(named);
  }

  void CheckCommand(const v1::RedisStep& step) {
    const std::string name = absl::AsciiStrToUpper(step.command(0));
    if (step.command(0).empty()) place_.Report("command", "has a command without a name");
    const int last = step.command_size() - 1;
    if ((name == "AUTH" && last > 0 && IsLiteral(step.command(last))) ||
        (name == "HELLO" && last >= 4 && IsLiteral(step.command(4)))) {
      place_.Report("command",
                    "has a literal password: put it into the connection's URL as ${NAME}");
    } else if (!name.empty() && !IsTemplated(name)) {
      // An agent's policy may allow more or less than the built-in list, but none of these.
      const absl::Status status =
          shared::CheckRedisSession({step.command().begin(), step.command().end()});
      if (!status.ok()) {
        place_.Report("command",
                      absl::StrCat("has a command that no agent sends: ", status.message()));
      }
    }
  }

  void CheckOne(const v1::HttpStep* step) {
    const v1::HttpRequest& request = step->request();
    const std::string& url = request.url();
    if (!step->has_request()) {
      place_.Report("", "has no request: add \"request\" with a \"url\"");
    } else if (url.empty()) {
      place_.Report("request", "has no url: write a path that begins with \"/\"");
    } else if (url[0] != '/' && url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0 &&
               url.rfind("${", 0) != 0 && url.rfind("{{", 0) != 0) {
      place_.Report("request.url",
                    absl::StrCat("has the url \"", shared::Shorten(url, 64),
                                 "\": write a path that begins with \"/\", or a whole URL "
                                 "with http:// or https://"));
    }
    if (NeedsConnection(plan_, *step)) CheckConnection("http", step->connection());
    if (step->has_request()) CheckRequest(request);
  }

  void CheckRequest(const v1::HttpRequest& request) {
    if (!request.method().empty() &&
        std::find(Methods().begin(), Methods().end(), request.method()) == Methods().end()) {
      place_.Report(
          "request.method",
          absl::StrCat("has the method \"", shared::Shorten(request.method(), 32), "\": one of ",
                       absl::StrJoin(Methods(), ", "), ", in capital letters"));
    }
    const int bodies = (request.json().empty() ? 0 : 1) + (request.form().empty() ? 0 : 1) +
                       (request.body().empty() ? 0 : 1);
    if (bodies > 1) place_.Report("request", "has more than one of json, form and body: keep one");
    if (HasLiteralPassword(request.url())) {
      place_.Report("request.url", "has a literal password in its URL: write ${NAME}");
    }
    for (const auto& [name, value] : request.headers()) {
      if (IsLiteralCredentialHeader(name, value)) {
        ReportSecret(absl::StrCat("request.headers.", name), absl::StrCat("header \"", name, "\""));
      }
      if (!IsName(name, 128)) {
        place_.Report(absl::StrCat("request.headers.", name),
                      absl::StrCat("has a header with the name \"", shared::Shorten(name, 64),
                                   "\": letters, digits and \"-\""));
      }
    }
    CheckFields(request.form(), "form", "form field");
    CheckFields(request.query(), "query", "query parameter");
    if (request.json().empty()) return;
    if (!IsJson(request.json())) {
      place_.Report("request.json", "has \"json\" that is not JSON, or too deep");
    } else if (const auto member = LiteralSecretInJson(request.json()); member.has_value()) {
      ReportSecret("request.json", absl::StrCat("JSON member \"", *member, "\""));
    }
  }

  void CheckFields(const google::protobuf::Map<std::string, std::string>& fields,
                   const std::string& list, const std::string& what) {
    for (const auto& [name, value] : fields) {
      if (IsSecretName(name) && IsLiteral(value)) {
        ReportSecret(absl::StrCat("request.", list, ".", name),
                     absl::StrCat(what, " \"", name, "\""));
      }
    }
  }

  void ReportSecret(const std::string& field, const std::string& what) {
    place_.Report(field,
                  absl::StrCat("has a literal value in ", what,
                               ": write ${NAME} for a secret, or a {{variable}} if it is none"));
  }

  void CheckConnection(std::string_view kind, const std::string& named) {
    if (named.empty() && check_connection_is_bad_ && KindOf(check_) == kind) return;  // said once
    const auto connection = ResolveConnection(plan_, check_, kind, named);
    if (!connection.ok()) {
      place_.Report(named.empty() ? "" : "connection",
                    absl::StrCat("has no connection: ", connection.status().message()));
    }
  }

  template <typename Step>
  void RefuseAnswer(const Step& step) {
    if (step.expect_size() > 0 || !step.capture().empty()) {
      place_.Report("",
                    "cuts a connection, which gives no answer: remove \"expect\" and \"capture\"");
    }
  }

  // What steps of all kinds have: templates, expectations, captures.
  void CheckCommon(const AnyStep& step) {
    const CommonFields fields = CommonOf(step);
    Scope scope;
    scope.outer = &scope_;
    if (fields.repeat != nullptr) scope.known.insert("iteration");
    const std::string when_path = place_.PathOf("when");
    const auto check = [&](const std::string& text, const std::string& path) {
      // Whether a step is done is asked once, before it is repeated.
      CheckTemplate(text, path == when_path ? scope_ : scope, path, place_.where, &problems_);
    };
    std::visit(
        [&](const auto& of_kind) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(of_kind)>, std::monostate>) {
            VisitTemplates(*of_kind, place_.path, check);
          }
        },
        step);
    check(*fields.name, place_.PathOf("name"));
    CheckExpectations(step, scope, place_);
    if (!in_finally_) CheckExpectsSomething(step, place_);
    CheckCaptures(step, place_);
  }

  const v1::Plan& plan_;
  const v1::Check& check_;
  const std::string& path_;
  Scope scope_;
  const shared::Duration timeout_;
  ProblemList& problems_;
  const std::vector<StepRef>& steps_;
  const bool check_connection_is_bad_;
  const ParallelGroups groups_;
  Subscriptions subscriptions_;

  // Of the step that is being checked.
  StepPlace place_;
  bool in_finally_ = false;
};

}  // namespace

void CheckSteps(const v1::Plan& plan, const v1::Check& check, const std::string& path,
                const Scope& scope, shared::Duration timeout, ProblemList* problems) {
  const std::vector<StepRef> steps = StepsOf(check);
  const std::string where = NameOfCheck(check);
  const std::string kind_path = absl::StrCat(path, ".", std::string(KindOf(check)));
  const std::ptrdiff_t others =
      std::count_if(steps.begin(), steps.end(), [](const StepRef& ref) { return !ref.in_finally; });
  const bool proves = std::any_of(steps.begin(), steps.end(), [](const StepRef& ref) {
    return !ref.in_finally && CanProveSomething(ref.step);
  });
  if (others == 0) {
    problems->Add(kind_path, absl::StrCat(where, " has no steps: it would prove nothing"));
  } else if (!proves) {
    problems->Add(kind_path, absl::StrCat(where,
                                          " can prove nothing: its steps are left out with \"when: "
                                          "false\", or only disconnect or forget"));
  }
  if (others > kMaxSteps) {
    problems->Add(kind_path, absl::StrCat(where, " has ", others, " steps; at most ", kMaxSteps,
                                          ": split it into several checks"));
  }
  CheckNumberInFinally(check, path, problems);
  if (!ConnectionOf(check).empty()) {
    const auto connection = ResolveConnection(plan, check, KindOf(check), ConnectionOf(check));
    if (!connection.ok()) {
      problems->Add(kind_path + ".connection",
                    absl::StrCat(where, ": ", connection.status().message()));
    }
  }
  CheckEachStep(plan, check, steps, path, scope, timeout, problems);
}

void CheckEachStep(const v1::Plan& plan, const v1::Check& check, const std::vector<StepRef>& steps,
                   const std::string& path, const Scope& scope, shared::Duration timeout,
                   ProblemList* problems) {
  StepRules(plan, check, steps, path, scope, timeout, problems).Check();
}

void CheckNumberInFinally(const v1::Check& check, const std::string& path, ProblemList* problems) {
  if (check.finally_size() <= kMaxSteps) return;
  problems->Add(absl::StrCat(path, ".finally"),
                absl::StrCat(NameOfCheck(check), " has ", check.finally_size(),
                             " steps in finally; at most ", kMaxSteps));
}

std::set<std::string> CapturesOf(const std::vector<StepRef>& steps) {
  std::set<std::string> names;
  for (const StepRef& ref : steps) {
    if (KindOf(ref.step).empty()) continue;
    for (const auto& [name, unused] : *CommonOf(ref.step).capture) names.insert(name);
  }
  return names;
}

std::string NameOfCheck(const v1::Check& check) {
  return absl::StrCat("check \"", check.name(), "\"");
}

}  // namespace smokemesh::coordinator
