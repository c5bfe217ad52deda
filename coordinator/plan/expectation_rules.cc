#include "coordinator/plan/expectation_rules.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/duration.h"
#include "shared/expectation/quantile.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

using shared::Expectation;

// What an event-bus action has answers to, apart from `duration`.
const std::vector<std::string>& QueriesOfAction(const std::string& action) {
  static const auto& receive =
      *new std::vector<std::string>{"events", "event", "text", "channel", "gap"};
  static const auto& stored = *new std::vector<std::string>{"events", "event", "text", "ttl"};
  static const auto& list = *new std::vector<std::string>{"events", "event", "text"};
  static const auto& publish =
      *new std::vector<std::string>{"receivers", "events", "event", "text"};
  static const auto& forget = *new std::vector<std::string>{"events"};
  static const auto& none = *new std::vector<std::string>;
  if (action == "receive") return receive;
  if (action == "stored") return stored;
  if (action == "history" || action == "dead_letters") return list;
  if (action == "publish") return publish;
  if (action == "forget") return forget;
  return none;
}

// What is wrong with what a step asks for; empty when nothing is.
std::string QueryProblem(const Expectation& expectation, const AnyStep& step) {
  const CommonFields fields = CommonOf(step);
  if (shared::IsOverAllTimes(expectation) && fields.repeat == nullptr) {
    return absl::StrCat("one time has no quantiles: add \"repeat\", or leave out ",
                        shared::Shorten(expectation.argument, 32));
  }
  if (const auto* bus = std::get_if<const v1::EventBusStep*>(&step)) {
    const std::vector<std::string> actions = ActionsOf(**bus);
    if (actions.size() == 1 && actions[0] != "disconnect" && expectation.query != "duration") {
      const std::vector<std::string>& known = QueriesOfAction(actions[0]);
      if (std::find(known.begin(), known.end(), expectation.query) == known.end()) {
        return absl::StrCat("\"", actions[0], "\" has no ", expectation.query, "; it has ",
                            known.empty() ? "" : absl::StrJoin(known, ", ") + " and ", "duration");
      }
    }
  }
  return "";
}

// Whether an expectation on how many there are, or how long it took, holds for every such number.
bool HoldsAlways(const Expectation& expectation) {
  static const auto& never_negative = *new std::vector<std::string>{
      "rows", "affected", "messages", "events", "receivers", "bytes", "duration"};
  if (std::find(never_negative.begin(), never_negative.end(), expectation.query) ==
          never_negative.end() ||
      expectation.operands.size() != 1 || expectation.operands[0].quoted) {
    return false;
  }
  double number = 0;
  if (!absl::SimpleAtod(expectation.operands[0].text, &number)) {
    const auto duration = shared::ParseDuration(expectation.operands[0].text);
    if (!duration.ok()) return false;
    number = static_cast<double>(duration->count());
  }
  if (expectation.negated) {
    return (expectation.predicate == "<" && number <= 0) ||
           (expectation.predicate == "<=" && number < 0) ||
           (expectation.predicate == "==" && number < 0);
  }
  return (expectation.predicate == ">=" && number <= 0) ||
         ((expectation.predicate == ">" || expectation.predicate == "!=") && number < 0);
}

// What a step looks at without being judged by it, and what it could expect; nothing for all
// others.
struct Unjudged {
  std::string_view field;
  std::string_view what;
  std::string_view example;
};

Unjudged UnjudgedOf(const AnyStep& step) {
  constexpr std::string_view kListens = "listens, and would pass whatever it heard";
  const auto listens = [](const v1::Receive& receive) {
    return receive.has_count() && receive.count() == 0 &&
           BoundedDuration(receive.settle()) > shared::Duration::zero();
  };
  if (const auto* redis = std::get_if<const v1::RedisStep*>(&step)) {
    if ((*redis)->has_receive() && listens((*redis)->receive())) {
      return {"receive", kListens, "messages == 0"};
    }
  }
  if (const auto* bus = std::get_if<const v1::EventBusStep*>(&step)) {
    const std::vector<std::string> actions = ActionsOf(**bus);
    if (actions.size() != 1) return {};
    if ((*bus)->has_receive() && listens((*bus)->receive())) {
      return {"receive", kListens, "events == 0"};
    }
    if ((*bus)->has_history()) {
      return {"history", "looks at stored events, and would pass whatever they are", "events >= 1"};
    }
    if ((*bus)->has_dead_letters()) {
      return {"dead_letters", "looks at dead letters, and would pass whatever they are",
              "events == 0"};
    }
  }
  return {};
}

void CheckCapture(const std::string& name, const v1::Capture& capture, const AnyStep& step,
                  const StepPlace& place) {
  const std::string_view kind = KindOf(step);
  const std::string field = absl::StrCat("capture.", name);
  if (!IsName(name, 64) || IsBuiltIn(name)) {
    place.Report(field,
                 absl::StrCat("captures \"", shared::Shorten(name, 64), "\": ",
                              IsBuiltIn(name) ? "that name is built in, choose another one"
                                              : "a variable has letters, digits, \"_\", \"-\""));
  }
  const auto wrong = [&](const std::string& message) {
    place.Report(field, absl::StrCat("captures \"", name, "\" ", message));
  };
  switch (capture.source_case()) {
    case v1::Capture::SOURCE_NOT_SET:
      return wrong("from nothing: add one of json, header, column, query");
    case v1::Capture::kJson:
      if (kind == "event_bus") {
        return wrong("by a JSON pointer, but there may be several events: write query: event 0" +
                     std::string(capture.json().empty() || capture.json()[0] == '/' ? "" : "/") +
                     shared::Shorten(capture.json(), 64));
      }
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
      const auto query = shared::ParseExpectation(absl::StrCat(capture.query(), " exists"),
                                                  shared::QueriesOf(kind));
      std::string problem(query.status().message());
      if (query.ok()) {
        problem = shared::IsOverAllTimes(*query) ? "only an expectation can be over all times"
                                                 : QueryProblem(*query, step);
      }
      if (!problem.empty()) {
        wrong(
            absl::StrCat("by the query \"", shared::Shorten(capture.query(), 64), "\": ", problem));
      }
      return;
  }
}

}  // namespace

std::optional<Expectation> CheckExpectation(const std::string& text, std::string_view kind,
                                            const std::string& field, const Scope& scope,
                                            const StepPlace& place) {
  const auto expectation = shared::ParseExpectation(text, shared::QueriesOf(kind));
  if (!expectation.ok()) {
    place.Report(field, absl::StrCat("expects \"", shared::Shorten(text, 100),
                                     "\": ", expectation.status().message()));
    return std::nullopt;
  }
  const std::string path = place.PathOf(field);
  CheckTemplate(expectation->argument, scope, path, place.where, place.problems);
  for (const auto& operand : expectation->operands) {
    CheckTemplate(operand.text, scope, path, place.where, place.problems);
  }
  return *expectation;
}

void CheckExpectations(const AnyStep& step, const Scope& scope, const StepPlace& place) {
  const CommonFields fields = CommonOf(step);
  if (fields.expect->empty() && place.IsWritten("expect")) {
    place.Report("expect",
                 "has an empty \"expect\": write what must hold, or remove it where that nothing "
                 "goes wrong is enough");
  }
  for (int i = 0; i < fields.expect->size(); ++i) {
    const std::string field = absl::StrCat("expect[", i, "]");
    const auto expectation =
        CheckExpectation(fields.expect->Get(i), KindOf(step), field, scope, place);
    if (!expectation.has_value()) continue;
    std::string problem = QueryProblem(*expectation, step);
    if (problem.empty() && HoldsAlways(*expectation)) {
      problem = absl::StrCat("it holds whatever happens, since \"", expectation->query,
                             "\" is never negative");
    }
    if (problem.empty()) continue;
    place.Report(field, absl::StrCat("expects \"", shared::Shorten(fields.expect->Get(i), 100),
                                     "\": ", problem));
  }
}

void CheckExpectsSomething(const AnyStep& step, const StepPlace& place) {
  const CommonFields fields = CommonOf(step);
  if (!fields.expect->empty()) return;
  if (const Unjudged unjudged = UnjudgedOf(step);
      !unjudged.field.empty() && fields.capture->empty() && fields.until == nullptr &&
      !place.IsWritten("expect")) {
    place.Report(unjudged.field,
                 absl::StrCat(std::string(unjudged.what), ": add \"expect\", such as [",
                              std::string(unjudged.example), "]"));
  }
}

bool CanProveSomething(const AnyStep& step) {
  if (KindOf(step).empty()) return true;  // reported elsewhere
  const CommonFields fields = CommonOf(step);
  if (*fields.when == "false") return false;
  if (!fields.expect->empty()) return true;
  if (const auto* sql = std::get_if<const v1::PostgresStep*>(&step)) return !(*sql)->disconnect();
  if (const auto* redis = std::get_if<const v1::RedisStep*>(&step)) return !(*redis)->disconnect();
  if (const auto* bus = std::get_if<const v1::EventBusStep*>(&step)) {
    return !(*bus)->disconnect() && !(*bus)->has_forget();
  }
  return true;
}

void CheckCaptures(const AnyStep& step, const StepPlace& place) {
  for (const auto& [name, capture] : *CommonOf(step).capture) {
    CheckCapture(name, capture, step, place);
  }
}

}  // namespace smokemesh::coordinator
