#include "coordinator/plan/step_rules.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/plan/literal_secrets.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/sql_text.h"
#include "shared/duration.h"
#include "shared/expectation/expectation.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMaxSteps = 200;
constexpr int kMaxMessages = 1000;

const std::vector<std::string>& Methods() {
  static const auto& methods =
      *new std::vector<std::string>{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return methods;
}

bool IsTemplated(std::string_view text) {
  return text.find("${") != std::string_view::npos || text.find("{{") != std::string_view::npos;
}

using Captures = google::protobuf::Map<std::string, v1::Capture>;

// The rules for the steps of one check.
class StepRules {
 public:
  StepRules(const v1::Plan& plan, const v1::Check& check, std::string path, Scope scope,
            shared::Duration timeout, ProblemList* problems)
      : plan_(plan),
        check_(check),
        path_(std::move(path)),
        scope_(std::move(scope)),
        timeout_(timeout),
        problems_(*problems),
        steps_(StepsOf(check)) {}

  void Check() {
    const std::string check_where = absl::StrCat("check \"", check_.name(), "\"");
    if (KindOf(check_).empty()) {
      problems_.Add(path_, absl::StrCat(check_where,
                                        " has no kind: add one of postgres, redis, "
                                        "http, scenario"));
    } else {
      CheckCounts(check_where);
    }
    if (!ConnectionOf(check_).empty()) {
      const auto connection =
          ResolveConnection(plan_, check_, KindOf(check_), ConnectionOf(check_));
      check_connection_is_bad_ = !connection.ok();
      if (!connection.ok()) {
        problems_.Add(absl::StrCat(path_, ".", std::string(KindOf(check_)), ".connection"),
                      absl::StrCat(check_where, ": ", connection.status().message()));
      }
    }
    NoteLaterCaptures();
    for (const StepRef& ref : steps_) {
      step_path_ = absl::StrCat(path_, ".", ref.path);
      where_ = absl::StrCat("step ", ref.number, ref.in_finally ? " of finally of " : " of ",
                            check_where);
      in_finally_ = ref.in_finally;
      if (ref.in_finally) {
        // What ran before a failure is not known: anything may have been captured.
        for (const auto& [name, unused] : scope_.later) scope_.known.insert(name);
      }
      std::visit([&](const auto& step) { CheckOne(step); }, ref.step);
    }
  }

 private:
  void Report(std::string_view field, const std::string& message) {
    problems_.Add(field.empty() ? step_path_ : absl::StrCat(step_path_, ".", std::string(field)),
                  absl::StrCat(where_, " ", message));
  }

  void CheckCounts(const std::string& where) {
    const auto in_finally = std::count_if(steps_.begin(), steps_.end(),
                                          [](const StepRef& ref) { return ref.in_finally; });
    const auto others = static_cast<std::ptrdiff_t>(steps_.size()) - in_finally;
    const std::string kind_path = absl::StrCat(path_, ".", std::string(KindOf(check_)));
    if (others == 0) {
      problems_.Add(kind_path, absl::StrCat(where, " has no steps: it would prove nothing"));
    }
    if (others > kMaxSteps) {
      problems_.Add(kind_path, absl::StrCat(where, " has ", others, " steps; at most ", kMaxSteps,
                                            ": split it into several checks"));
    }
    if (in_finally > kMaxSteps) {
      problems_.Add(
          absl::StrCat(path_, ".finally"),
          absl::StrCat(where, " has ", in_finally, " steps in finally; at most ", kMaxSteps));
    }
  }

  static const Captures& CapturesOf(const AnyStep& step) {
    static const Captures& none = *new Captures();
    return std::visit(
        [](const auto& kind) -> const Captures& {
          if constexpr (std::is_same_v<std::decay_t<decltype(kind)>, std::monostate>) {
            return none;
          } else {
            return kind->capture();
          }
        },
        step);
  }

  void NoteLaterCaptures() {
    for (const StepRef& ref : steps_) {
      for (const auto& [name, unused] : CapturesOf(ref.step)) {
        scope_.later.emplace(name, ref.in_finally
                                       ? "captured only in finally: later than this"
                                       : absl::StrCat("captured only by step ", ref.number,
                                                      ": use it in a later step"));
      }
    }
  }

  void CheckOne(std::monostate /*none*/) {
    problems_.Add(step_path_,
                  absl::StrCat(where_, " has no kind: add one of postgres, redis, http"));
  }

  void CheckOne(const v1::PostgresStep* step) {
    CheckConnection("postgres", step->connection());
    if (step->sql().empty() != step->disconnect()) {
      Report("", step->disconnect() ? "has both \"sql\" and \"disconnect\": make them two steps"
                                    : "has nothing to do: add \"sql\"");
    }
    if (step->disconnect() && step->params_size() > 0) {
      Report("params", "has \"params\", which only go with \"sql\"");
    }
    if (step->disconnect() && step->sql().empty()) RefuseAnswer(*step);
    if (!step->sql().empty()) CheckSql(*step);
    CheckCommon(*step, "postgres");
  }

  void CheckSql(const v1::PostgresStep& step) {
    const SqlFacts facts = LookAtSql(step.sql());
    if (facts.statements == 0) {
      Report("sql", "has SQL without a statement: comments and \";\" only");
    } else if (facts.statements > 1) {
      Report("sql", absl::StrCat("has ", facts.statements,
                                 " statements in one \"sql\": write one step for each"));
    }
    if (facts.greatest_parameter > step.params_size()) {
      Report("sql",
             absl::StrCat("uses $", facts.greatest_parameter, ", but \"params\" has ",
                          step.params_size(), step.params_size() == 1 ? " value" : " values"));
    } else if (facts.greatest_parameter < step.params_size() && !IsTemplated(step.sql())) {
      Report("params", absl::StrCat("has ", step.params_size(),
                                    " \"params\", but the greatest in "
                                    "its SQL is $",
                                    facts.greatest_parameter));
    }
  }

  void CheckOne(const v1::RedisStep* step) {
    CheckConnection("redis", step->connection());
    const int things =
        (step->command_size() > 0) + (step->has_receive() ? 1 : 0) + (step->disconnect() ? 1 : 0);
    if (things == 0) Report("", "has nothing to do: add one of command, receive, disconnect");
    if (things > 1) {
      Report("", "has more than one of command, receive, disconnect: make them several steps");
    }
    if (step->disconnect()) RefuseAnswer(*step);
    if (step->has_receive()) CheckReceive(step->receive());
    if (step->command_size() > 0) CheckCommand(*step);
    if (!in_finally_ && things == 1) FollowSubscription(*step);
    CheckCommon(*step, "redis");
  }

  void CheckOne(const v1::EventBusStep* step) {
    CheckConnection("event_bus", step->connection());
    if (step->has_receive()) CheckReceive(step->receive());
    CheckCommon(*step, "event_bus");
  }

  void CheckReceive(const v1::Receive& receive) {
    const std::string count_path = absl::StrCat(step_path_, ".receive.count");
    if (receive.count() < 0 || receive.count() > kMaxMessages ||
        (receive.count() == 0 && problems_.IsWritten(count_path))) {
      Report("receive.count", absl::StrCat("waits for ", receive.count(),
                                           " messages: write a number from 1 to ", kMaxMessages));
    }
    if (receive.has_within()) {
      CheckDuration(receive.within(), false, absl::StrCat(step_path_, ".receive.within"),
                    absl::StrCat("\"within\" of ", where_), &problems_);
      if (BoundedDuration(receive.within()) > timeout_) {
        Report("receive.within",
               absl::StrCat("waits for ", shared::FormatDuration(BoundedDuration(receive.within())),
                            ", longer than the check's timeout of ",
                            shared::FormatDuration(timeout_)));
      }
    }
    if (receive.has_settle()) {
      CheckDuration(receive.settle(), true, absl::StrCat(step_path_, ".receive.settle"),
                    absl::StrCat("\"settle\" of ", where_), &problems_);
    }
  }

  void CheckCommand(const v1::RedisStep& step) {
    const std::string name = absl::AsciiStrToUpper(step.command(0));
    if (step.command(0).empty()) Report("command", "has a command without a name");
    const int last = step.command_size() - 1;
    if ((name == "AUTH" && last > 0 && IsLiteral(step.command(last))) ||
        (name == "HELLO" && last >= 4 && IsLiteral(step.command(4)))) {
      Report("command", "has a literal password: put it into the connection's URL as ${NAME}");
    }
  }

  // A session that subscribes can only listen, and only it can.
  void FollowSubscription(const v1::RedisStep& step) {
    const std::string session = step.session().empty() ? "main" : step.session();
    const std::string key = absl::StrCat(step.connection(), "\n", session);
    const bool listens = subscribed_.count(key) > 0;
    if (step.disconnect()) {
      subscribed_.erase(key);
      return;
    }
    if (step.has_receive()) {
      if (!listens) {
        Report("receive", absl::StrCat("waits for messages on session \"", session,
                                       "\", which has not subscribed: add a SUBSCRIBE step on that "
                                       "session before it"));
      }
      return;
    }
    const std::string name = absl::AsciiStrToUpper(step.command(0));
    if (name == "SUBSCRIBE" || name == "PSUBSCRIBE") {
      subscribed_.insert(key);
    } else if (listens && !IsTemplated(name) && name != "UNSUBSCRIBE" && name != "PUNSUBSCRIBE" &&
               name != "PING" && name != "QUIT" && name != "RESET") {
      Report("command", absl::StrCat("sends ", name, " on session \"", session,
                                     "\", which has subscribed and can only receive: use another "
                                     "session"));
    }
  }

  void CheckOne(const v1::HttpStep* step) {
    const v1::HttpRequest& request = step->request();
    const std::string& url = request.url();
    if (!step->has_request()) {
      Report("", "has no request: add \"request\" with a \"url\"");
    } else if (url.empty()) {
      Report("request", "has no url: write a path that begins with \"/\"");
    } else if (url[0] != '/' && url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0 &&
               url.rfind("${", 0) != 0 && url.rfind("{{", 0) != 0) {
      Report("request.url", absl::StrCat("has the url \"", shared::Shorten(url, 64),
                                         "\": write a path that begins with \"/\", or a whole URL "
                                         "with http:// or https://"));
    }
    if (NeedsConnection(plan_, *step)) CheckConnection("http", step->connection());
    if (step->has_request()) CheckRequest(request);
    CheckCommon(*step, "http");
  }

  void CheckRequest(const v1::HttpRequest& request) {
    if (!request.method().empty() &&
        std::find(Methods().begin(), Methods().end(), request.method()) == Methods().end()) {
      Report("request.method",
             absl::StrCat("has the method \"", shared::Shorten(request.method(), 32), "\": one of ",
                          absl::StrJoin(Methods(), ", "), ", in capital letters"));
    }
    const int bodies = (request.json().empty() ? 0 : 1) + (request.form().empty() ? 0 : 1) +
                       (request.body().empty() ? 0 : 1);
    if (bodies > 1) Report("request", "has more than one of json, form and body: keep one");
    if (HasLiteralPassword(request.url())) {
      Report("request.url", "has a literal password in its URL: write ${NAME}");
    }
    for (const auto& [name, value] : request.headers()) {
      if (IsLiteralCredentialHeader(name, value)) {
        ReportSecret(absl::StrCat("request.headers.", name), absl::StrCat("header \"", name, "\""));
      }
      if (!IsName(name, 128)) {
        Report(absl::StrCat("request.headers.", name),
               absl::StrCat("has a header with the name \"", shared::Shorten(name, 64),
                            "\": letters, digits and \"-\""));
      }
    }
    CheckFields(request.form(), "form", "form field");
    CheckFields(request.query(), "query", "query parameter");
    if (request.json().empty()) return;
    if (!IsJson(request.json())) {
      Report("request.json", "has \"json\" that is not JSON, or too deep");
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
    Report(field, absl::StrCat("has a literal value in ", what,
                               ": write ${NAME} for a secret, or a {{variable}} if it is none"));
  }

  void CheckConnection(std::string_view kind, const std::string& named) {
    if (named.empty() && check_connection_is_bad_ && KindOf(check_) == kind) return;  // said once
    const auto connection = ResolveConnection(plan_, check_, kind, named);
    if (!connection.ok()) {
      Report(named.empty() ? "" : "connection",
             absl::StrCat("has no connection: ", connection.status().message()));
    }
  }

  template <typename Step>
  void RefuseAnswer(const Step& step) {
    if (step.expect_size() > 0 || !step.capture().empty()) {
      Report("", "cuts a connection, which gives no answer: remove \"expect\" and \"capture\"");
    }
  }

  // What steps of all kinds have: templates, expectations, captures.
  template <typename Step>
  void CheckCommon(const Step& step, std::string_view kind) {
    VisitTemplates(step, step_path_, [&](const std::string& text, const std::string& path) {
      CheckTemplate(text, scope_, path, where_, &problems_);
    });
    const std::vector<shared::Query>& queries = shared::QueriesOf(kind);
    for (int i = 0; i < step.expect_size(); ++i) {
      const std::string field = absl::StrCat("expect[", i, "]");
      const auto expectation = shared::ParseExpectation(step.expect(i), queries);
      if (!expectation.ok()) {
        Report(field, absl::StrCat("expects \"", shared::Shorten(step.expect(i), 100),
                                   "\": ", expectation.status().message()));
        continue;
      }
      const std::string path = absl::StrCat(step_path_, ".", field);
      CheckTemplate(expectation->argument, scope_, path, where_, &problems_);
      for (const auto& operand : expectation->operands) {
        CheckTemplate(operand.text, scope_, path, where_, &problems_);
      }
    }
    for (const auto& [name, capture] : step.capture()) CheckCapture(name, capture, kind, queries);
    for (const auto& [name, unused] : step.capture()) scope_.known.insert(name);
  }

  void CheckCapture(const std::string& name, const v1::Capture& capture, std::string_view kind,
                    const std::vector<shared::Query>& queries) {
    const std::string field = absl::StrCat("capture.", name);
    if (!IsName(name, 64) || IsBuiltIn(name)) {
      Report(field, absl::StrCat("captures \"", shared::Shorten(name, 64), "\": ",
                                 IsBuiltIn(name) ? "that name is built in, choose another one"
                                                 : "a variable has letters, digits, \"_\", \"-\""));
    }
    const auto wrong = [&](const std::string& message) {
      Report(field, absl::StrCat("captures \"", name, "\" ", message));
    };
    switch (capture.source_case()) {
      case v1::Capture::SOURCE_NOT_SET:
        return wrong("from nothing: add one of json, header, column, query");
      case v1::Capture::kJson:
        if (!capture.json().empty() && capture.json()[0] != '/') {
          wrong(absl::StrCat("by the JSON pointer \"", shared::Shorten(capture.json(), 64),
                             "\": it must begin with \"/\""));
        }
        return;
      case v1::Capture::kHeader:
        if (kind != "http") return wrong("from a header, which only HTTP answers have");
        if (!IsName(capture.header(), 128)) wrong("from a header without a proper name");
        return;
      case v1::Capture::kColumn:
        if (kind != "postgres") return wrong("from a column, which only SQL answers have");
        if (capture.column().empty()) wrong("from a column without a name");
        return;
      case v1::Capture::kQuery:
        // A query is the beginning of an expectation.
        const auto query =
            shared::ParseExpectation(absl::StrCat(capture.query(), " exists"), queries);
        if (!query.ok()) {
          wrong(absl::StrCat("by the query \"", shared::Shorten(capture.query(), 64),
                             "\": ", query.status().message()));
        }
        return;
    }
  }

  const v1::Plan& plan_;
  const v1::Check& check_;
  const std::string path_;
  Scope scope_;
  const shared::Duration timeout_;
  ProblemList& problems_;
  const std::vector<StepRef> steps_;
  bool check_connection_is_bad_ = false;
  std::set<std::string> subscribed_;  // connection and session

  // Of the step that is being checked.
  std::string step_path_;
  std::string where_;
  bool in_finally_ = false;
};

}  // namespace

void CheckSteps(const v1::Plan& plan, const v1::Check& check, const std::string& path, Scope scope,
                shared::Duration timeout, ProblemList* problems) {
  StepRules(plan, check, path, std::move(scope), timeout, problems).Check();
}

}  // namespace smokemesh::coordinator
