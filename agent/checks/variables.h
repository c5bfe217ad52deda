#ifndef SMOKEMESH_AGENT_CHECKS_VARIABLES_H_
#define SMOKEMESH_AGENT_CHECKS_VARIABLES_H_

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/redactor.h"
#include "shared/template/template.h"
#include "smokemesh/v1/agent_session.pb.h"

namespace smokemesh::agent {

// What `${NAME}` and `{{name}}` mean within one check on one agent. Every secret that it resolves
// is told to the redactors before it is handed out. Used by one thread.
class Variables {
 public:
  // `assignment` and `redactor` must outlive this.
  Variables(const v1::Assignment& assignment, std::string_view agent_id, shared::Lookup environment,
            shared::Redactor* redactor);

  // Expands `text`. Variables of the plan and the check are expanded in turn, when they are used.
  // NOT_FOUND for a name that is not set, INVALID_ARGUMENT for a circle or for too much text.
  absl::StatusOr<std::string> Expand(std::string_view text);

  // Sets what a step captured; a later capture of the same name replaces it.
  void Capture(const std::string& name, std::string value, bool redact);

  // Forgets what was captured: another try begins.
  void ForgetCaptures() { captures_.clear(); }

  // Hides the credentials in `url`, an expanded URL or libpq key/value string.
  void HideCredentials(std::string_view url);

  // What the calls of Expand since the last ResetUse met.
  struct Use {
    bool schema = false;            // `{{schema}}`
    std::set<std::string> missing;  // variables that are not set
  };
  const Use& use() const { return use_; }
  void ResetUse() { use_ = {}; }

  // The value of `{{schema}}`.
  const std::string& schema() const { return schema_; }

 private:
  absl::StatusOr<std::string> ExpandNested(std::string_view text);
  std::optional<std::string> Environment(std::string_view name);
  std::optional<std::string> Variable(std::string_view name);
  std::optional<std::string> BuiltIn(std::string_view name);
  const std::string* Definition(const std::string& name) const;
  void Hide(const std::string& secret);

  const v1::Assignment& assignment_;
  const std::string agent_id_;
  const shared::Lookup environment_;
  shared::Redactor& redactor_;
  const std::string identity_;  // of this check on this agent in this run; names derive from it
  const std::string schema_;
  std::map<std::string, std::string> captures_;
  Use use_;
  // State of one call of Expand.
  absl::Status error_;             // of an inner expansion
  std::vector<std::string> open_;  // definitions that are being expanded
  size_t lookups_ = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_VARIABLES_H_
