#include "agent/checks/variables.h"

#include <algorithm>
#include <utility>

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

Variables::Variables(const v1::Assignment& assignment, std::string_view agent_id,
                     shared::Lookup environment, shared::Redactor* redactor)
    : assignment_(assignment),
      agent_id_(agent_id),
      environment_(std::move(environment)),
      redactor_(*redactor),
      identity_(
          absl::StrCat(assignment.run_id(), "\n", assignment.check().name(), "\n", agent_id_)),
      schema_("smokemesh_" + shared::Sha256Hex(identity_).substr(0, kSchemaDigits)) {}

absl::StatusOr<std::string> Variables::Expand(std::string_view text) {
  error_ = absl::OkStatus();
  open_.clear();
  lookups_ = 0;
  return ExpandNested(text);
}

absl::StatusOr<std::string> Variables::ExpandNested(std::string_view text) {
  absl::StatusOr<std::string> expanded = shared::Expand(
      text, [this](std::string_view name) { return Environment(name); },
      [this](std::string_view name) { return Variable(name); });
  if (!error_.ok()) return error_;
  if (expanded.ok() && expanded->size() > kMaxExpanded) {
    return absl::InvalidArgumentError(
        absl::StrCat("a template expands to more than ", kMaxExpanded, " bytes"));
  }
  return expanded;
}

std::optional<std::string> Variables::Environment(std::string_view name) {
  std::optional<std::string> value = environment_(name);
  if (!value.has_value()) return std::nullopt;
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

std::optional<std::string> Variables::Variable(std::string_view name_view) {
  if (!error_.ok()) return "";  // the expansion has failed already
  const std::string name(name_view);
  if (++lookups_ > kMaxLookups) {
    error_ = absl::InvalidArgumentError(
        absl::StrCat("variables refer to each other more than ", kMaxLookups, " times"));
    return "";
  }
  if (const auto captured = captures_.find(name); captured != captures_.end()) {
    return captured->second;
  }
  if (std::optional<std::string> value = BuiltIn(name)) return value;
  const std::string* definition = Definition(name);
  if (definition == nullptr) {
    use_.missing.insert(name);
    return std::nullopt;
  }
  if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
    error_ = absl::InvalidArgumentError(absl::StrCat(
        "variables refer to each other in a circle: ", absl::StrJoin(open_, " -> "), " -> ", name));
    return "";
  }
  open_.push_back(name);
  absl::StatusOr<std::string> value = ExpandNested(*definition);
  open_.pop_back();
  if (!value.ok()) {
    error_ = value.status();
    return "";
  }
  return *std::move(value);
}

std::optional<std::string> Variables::BuiltIn(std::string_view name) {
  if (name == "run_id") return assignment_.run_id();
  if (name == "check") return assignment_.check().name();
  if (name == "agent") return agent_id_;
  if (name == "uuid") return shared::NameUuid(identity_);
  if (name.starts_with("uuid.")) {
    return shared::NameUuid(absl::StrCat(identity_, "\n", std::string(name.substr(5))));
  }
  if (name == "schema") {
    use_.schema = true;
    return schema_;
  }
  return std::nullopt;
}

const std::string* Variables::Definition(const std::string& name) const {
  for (const auto* variables : {&assignment_.check().variables(), &assignment_.variables()}) {
    if (const auto found = variables->find(name); found != variables->end()) return &found->second;
  }
  return nullptr;
}

void Variables::Capture(const std::string& name, std::string value, bool redact) {
  // Not in the log's redactor, which lives as long as the agent: tokens of every run would pile up
  // there. Nothing logs a captured value.
  if (redact) redactor_.Add(value);
  captures_[name] = std::move(value);
}

void Variables::HideCredentials(std::string_view url) {
  for (const std::string& secret : shared::CredentialsOf(url)) Hide(secret);
}

void Variables::Hide(const std::string& secret) {
  redactor_.Add(secret);
  shared::LogRedactor().Add(secret);
}

}  // namespace smokemesh::agent
