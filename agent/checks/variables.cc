#include "agent/checks/variables.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/logging.h"
#include "shared/uuid.h"

namespace smokemesh::agent {
namespace {

// Bounds for definitions that refer to each other: `a: {{b}}{{b}}`, `b: {{c}}{{c}}`, …
constexpr size_t kMaxLookups = 10'000;
constexpr size_t kMaxExpanded = 1 << 20;
constexpr size_t kSchemaDigits = 16;

}  // namespace

struct Variables::Expansion {
  explicit Expansion(Scope* s) : scope(*s) {}

  Scope& scope;
  absl::Status error;             // of an inner expansion
  std::vector<std::string> open;  // definitions that are being expanded
  size_t lookups = 0;
};

Variables::Variables(const v1::Assignment& assignment, std::string_view agent_id,
                     shared::Lookup environment, shared::Redactor* redactor, const Policy& policy)
    : assignment_(assignment),
      agent_id_(agent_id),
      environment_(std::move(environment)),
      redactor_(*redactor),
      policy_(policy),
      identity_(
          absl::StrCat(assignment.run_id(), "\n", assignment.check().name(), "\n", agent_id_)),
      schema_("smokemesh_" + shared::Sha256Hex(identity_).substr(0, kSchemaDigits)) {}

absl::StatusOr<std::string> Variables::Expand(std::string_view text, Scope* scope) const {
  Expansion expansion(scope);
  return ExpandNested(text, &expansion);
}

absl::StatusOr<std::string> Variables::ExpandNested(std::string_view text,
                                                    Expansion* expansion) const {
  absl::StatusOr<std::string> expanded = shared::Expand(
      text, [&](std::string_view name) { return Environment(name, expansion); },
      [&](std::string_view name) { return Variable(name, expansion); });
  if (!expansion->error.ok()) return expansion->error;
  if (expanded.ok() && expanded->size() > kMaxExpanded) {
    return absl::InvalidArgumentError(
        absl::StrCat("a template expands to more than ", kMaxExpanded, " bytes"));
  }
  return expanded;
}

std::optional<std::string> Variables::Environment(std::string_view name,
                                                  Expansion* expansion) const {
  // Also where the template has a default: it must not hide that the plan asks for too much.
  if (absl::Status allowed = policy_.MayRead(name); !allowed.ok()) {
    expansion->error = std::move(allowed);
    return "";
  }
  std::optional<std::string> value = environment_(name);
  if (!value.has_value()) {
    return expansion->scope.lenient ? std::optional<std::string>("") : std::nullopt;
  }
  const auto& public_names = assignment_.public_env();
  if (std::find(public_names.begin(), public_names.end(), name) != public_names.end()) {
    return value;
  }
  if (shared::IsUrl(*value)) {
    HideCredentials(*value);
  } else {
    Hide(*value);
    HideCredentials(*value);  // of a libpq key/value string, which may be quoted in parts
  }
  return value;
}

std::optional<std::string> Variables::Variable(std::string_view name_view,
                                               Expansion* expansion) const {
  if (!expansion->error.ok()) return "";  // the expansion has failed already
  const std::string name(name_view);
  if (++expansion->lookups > kMaxLookups) {
    expansion->error = absl::InvalidArgumentError(
        absl::StrCat("variables refer to each other more than ", kMaxLookups, " times"));
    return "";
  }
  Scope& scope = expansion->scope;
  if (const auto captured = scope.captures->find(name); captured != scope.captures->end()) {
    return captured->second;
  }
  if (std::optional<std::string> value = BuiltIn(name, &scope)) return value;
  const std::string* definition = Definition(name);
  if (definition == nullptr) {
    scope.missing.insert(name);
    return scope.lenient ? std::optional<std::string>("") : std::nullopt;
  }
  std::vector<std::string>& open = expansion->open;
  if (std::find(open.begin(), open.end(), name) != open.end()) {
    expansion->error = absl::InvalidArgumentError(absl::StrCat(
        "variables refer to each other in a circle: ", absl::StrJoin(open, " -> "), " -> ", name));
    return "";
  }
  open.push_back(name);
  absl::StatusOr<std::string> value = ExpandNested(*definition, expansion);
  open.pop_back();
  if (!value.ok()) {
    expansion->error = value.status();
    return "";
  }
  return *std::move(value);
}

std::optional<std::string> Variables::BuiltIn(std::string_view name, Scope* scope) const {
  if (name == "run_id") return assignment_.run_id();
  if (name == "check") return assignment_.check().name();
  if (name == "agent") return agent_id_;
  if (name == "uuid") return shared::NameUuid(identity_);
  // The same on every agent that takes part.
  if (name == "correlation_id") {
    return shared::NameUuid(absl::StrCat(assignment_.run_id(), "\n", assignment_.check().name()));
  }
  if (name.starts_with("uuid.")) {
    return shared::NameUuid(absl::StrCat(identity_, "\n", std::string(name.substr(5))));
  }
  if (name == "schema") {
    scope->used_schema = true;
    return schema_;
  }
  if (name == "iteration") return scope->iteration;
  return std::nullopt;
}

const std::string* Variables::Definition(const std::string& name) const {
  for (const auto* variables : {&assignment_.check().variables(), &assignment_.variables()}) {
    if (const auto found = variables->find(name); found != variables->end()) return &found->second;
  }
  return nullptr;
}

void Variables::HideCredentials(std::string_view url) const {
  for (const std::string& secret : shared::CredentialsOf(url)) Hide(secret);
}

void Variables::Hide(const std::string& secret) const {
  redactor_.Add(secret);
  shared::LogRedactor().Add(secret);
}

}  // namespace smokemesh::agent
