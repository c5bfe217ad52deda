#include "coordinator/plan/expectation_rules.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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
  for (int i = 0; i < fields.expect->size(); ++i) {
    const std::string field = absl::StrCat("expect[", i, "]");
    const auto expectation =
        CheckExpectation(fields.expect->Get(i), KindOf(step), field, scope, place);
    if (!expectation.has_value()) continue;
    const std::string problem = QueryProblem(*expectation, step);
    if (problem.empty()) continue;
    place.Report(field, absl::StrCat("expects \"", shared::Shorten(fields.expect->Get(i), 100),
                                     "\": ", problem));
  }
}

void CheckCaptures(const AnyStep& step, const StepPlace& place) {
  for (const auto& [name, capture] : *CommonOf(step).capture) {
    CheckCapture(name, capture, step, place);
  }
}

}  // namespace smokemesh::coordinator
