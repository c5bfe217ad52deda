#ifndef SMOKEMESH_AGENT_CHECKS_VARIABLES_H_
#define SMOKEMESH_AGENT_CHECKS_VARIABLES_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/policy/policy.h"
#include "shared/redactor.h"
#include "shared/template/template.h"
#include "smokemesh/v1/agent_session.pb.h"

namespace smokemesh::agent {

// Values that steps captured, by the variable that holds them.
using Captures = std::map<std::string, std::string, std::less<>>;

// What one or several calls of Variables::Expand see beside the plan, and what they met.
struct Scope {
  explicit Scope(const Captures* captured) : captures(captured) {}

  const Captures* captures;              // not owned, never null; they hide all other variables
  std::optional<std::string> iteration;  // `{{iteration}}`, where there is one
  // Take the empty text for what is not set: to learn what a text uses, not to use it.
  bool lenient = false;

  bool used_schema = false;       // `{{schema}}`
  std::set<std::string> missing;  // variables that are not set
};

// What `${NAME}` and `{{name}}` mean within one check on one agent. Every secret that it resolves
// is told to the redactors before it is handed out. Holds nothing that changes: thread-safe.
class Variables {
 public:
  // `assignment`, `redactor` and `policy`, which says what of it plans may read, must outlive this.
  // `environment` must be thread-safe.
  Variables(const v1::Assignment& assignment, std::string_view agent_id, shared::Lookup environment,
            shared::Redactor* redactor, const Policy& policy = *Policy::Default());

  // Expands `text`. Variables of the plan and the check are expanded in turn, when they are used.
  // NOT_FOUND for a name that is not set, INVALID_ARGUMENT for a circle or for too much text, a
  // ForbiddenError for what the agent's policy does not let plans read.
  absl::StatusOr<std::string> Expand(std::string_view text, Scope* scope) const;

  // Hides a captured value from now on in what this check reports. Not in the log's redactor, which
  // lives as long as the agent: tokens of every run would pile up there. Nothing logs a captured
  // value.
  void HideCaptured(std::string_view value) const { redactor_.Add(value); }

  // Hides the credentials in `url`, an expanded URL or libpq key/value string.
  void HideCredentials(std::string_view url) const;

  // The value of `{{schema}}`.
  const std::string& schema() const { return schema_; }

 private:
  struct Expansion;  // state of one call of Expand

  absl::StatusOr<std::string> ExpandNested(std::string_view text, Expansion* expansion) const;
  std::optional<std::string> Environment(std::string_view name, Expansion* expansion) const;
  std::optional<std::string> Variable(std::string_view name, Expansion* expansion) const;
  std::optional<std::string> BuiltIn(std::string_view name, Scope* scope) const;
  const std::string* Definition(const std::string& name) const;
  void Hide(const std::string& secret) const;

  const v1::Assignment& assignment_;
  const std::string agent_id_;
  const shared::Lookup environment_;
  shared::Redactor& redactor_;
  const Policy& policy_;
  const std::string identity_;  // of this check on this agent in this run; names derive from it
  const std::string schema_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_VARIABLES_H_
