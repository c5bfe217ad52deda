#include "agent/checks/step_preparation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/expansion.h"
#include "agent/checks/step_list.h"
#include "shared/expectation/quantile.h"
#include "shared/kinds/kinds.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using shared::Expectation;

// The query of the expectation language that a capture asks.
absl::StatusOr<std::pair<std::string, std::string>> QueryOf(const v1::Capture& capture,
                                                            const std::string& kind) {
  switch (capture.source_case()) {
    case v1::Capture::kJson:
      return std::pair<std::string, std::string>("json", capture.json());
    case v1::Capture::kHeader:
      return std::pair<std::string, std::string>("header", capture.header());
    case v1::Capture::kColumn:
      return std::pair<std::string, std::string>("column", capture.column());
    case v1::Capture::kQuery: {
      ASSIGN_OR_RETURN(const Expectation parsed,
                       shared::ParseExpectation(absl::StrCat(capture.query(), " exists"),
                                                shared::QueriesOf(kind)));
      if (shared::IsOverAllTimes(parsed)) {
        return absl::InvalidArgumentError(
            absl::StrCat("\"", capture.query(), "\" cannot be captured: it is about all times of ",
                         "a step, and a capture is from its last one"));
      }
      return std::pair<std::string, std::string>(parsed.query, parsed.argument);
    }
    case v1::Capture::SOURCE_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a capture names no source");
}

// Whether an HTTP step asks a URL of its own and needs no connection.
bool HasWholeUrl(const v1::Step& step) {
  return step.has_http() && shared::IsUrl(step.http().request().url());
}

// Scheme, host and port of a URL.
std::string OriginOf(const std::string& url) {
  const std::string shown = shared::WithoutCredentials(url);
  return shown.substr(0, shown.find_first_of("/?#", shown.find("://") + 3));
}

absl::StatusOr<Expectation> PrepareExpectation(const std::string& text,
                                               const std::vector<shared::Query>& queries,
                                               const ExpandText& expand) {
  ASSIGN_OR_RETURN(Expectation expectation, shared::ParseExpectation(text, queries));
  ASSIGN_OR_RETURN(expectation.text, expand(expectation.text));
  ASSIGN_OR_RETURN(expectation.argument, expand(expectation.argument));
  for (Expectation::Operand& operand : expectation.operands) {
    ASSIGN_OR_RETURN(operand.text, expand(operand.text));
  }
  if (shared::IsOverAllTimes(expectation)) {
    RETURN_IF_ERROR(shared::ParseQuantile(expectation.argument).status());
  }
  return expectation;
}

}  // namespace

absl::StatusOr<FoundConnection> FindConnection(const v1::Assignment& assignment,
                                               const v1::Step& step) {
  const std::string kind = shared::ConnectionKindOf(KindOf(step));
  std::string name = ConnectionOf(step);
  if (name.empty() && KindOf(assignment.check()) == KindOf(step)) {
    name = ConnectionOf(assignment.check());
  }
  if (name.empty()) {
    int count = 0;
    for (const auto& [candidate, connection] : assignment.connections()) {
      if (KindOf(connection) != kind) continue;
      name = candidate;
      ++count;
    }
    if (count != 1) {
      if (HasWholeUrl(step)) return FoundConnection();
      return absl::InvalidArgumentError(
          absl::StrCat("the step names no connection, and the plan has ", count, " of kind ", kind,
                       ": name one with `connection:`"));
    }
  }
  const auto found = assignment.connections().find(name);
  if (found == assignment.connections().end()) {
    return absl::InvalidArgumentError(absl::StrCat("there is no connection \"", name, "\""));
  }
  if (KindOf(found->second) != kind) {
    return absl::InvalidArgumentError(absl::StrCat("the connection \"", name, "\" is of kind ",
                                                   KindOf(found->second), ", not ", kind));
  }
  return FoundConnection{name, found->second};
}

absl::StatusOr<PreparedStep> PrepareStep(const v1::Assignment& assignment,
                                         const Variables& variables, const v1::Step& step,
                                         Scope* scope) {
  const ExpandText expand = [&](std::string_view text) { return variables.Expand(text, scope); };
  const std::string& kind = KindOf(step);
  PreparedStep prepared;
  prepared.step = step;
  RETURN_IF_ERROR(ExpandTemplates(&prepared.step, expand));
  ASSIGN_OR_RETURN(FoundConnection found, FindConnection(assignment, prepared.step));
  prepared.connection_name = std::move(found.name);
  prepared.connection = std::move(found.connection);
  RETURN_IF_ERROR(ExpandTemplates(&prepared.connection, expand));
  variables.HideCredentials(TargetOf(prepared.connection));
  if (HasWholeUrl(prepared.step)) {
    variables.HideCredentials(prepared.step.http().request().url());
    prepared.target = OriginOf(prepared.step.http().request().url());
  } else if (const std::string& target = TargetOf(prepared.connection); !target.empty()) {
    prepared.target = shared::WithoutCredentials(target);
  } else {
    return absl::InvalidArgumentError(absl::StrCat("the connection \"", prepared.connection_name,
                                                   "\" is empty once its template is expanded"));
  }

  for (const std::string& text : ExpectationsOf(step)) {
    ASSIGN_OR_RETURN(prepared.expectations.emplace_back(),
                     PrepareExpectation(text, shared::QueriesOf(kind), expand));
  }
  for (const std::string& text : WhereOf(step)) {
    ASSIGN_OR_RETURN(prepared.where.emplace_back(),
                     PrepareExpectation(text, shared::QueriesOf("message"), expand));
  }
  for (const auto& [variable, capture] : CapturesOf(step)) {
    ASSIGN_OR_RETURN(auto query, QueryOf(capture, kind));
    prepared.captures.push_back(
        {variable, std::move(query.first), std::move(query.second), capture.redact()});
  }
  // A protobuf map has no order; evidence has.
  std::sort(prepared.captures.begin(), prepared.captures.end(),
            [](const CaptureQuery& a, const CaptureQuery& b) { return a.variable < b.variable; });
  if (scope->used_schema) prepared.scratch_schema = variables.schema();
  return prepared;
}

}  // namespace smokemesh::agent
