#ifndef SMOKEMESH_AGENT_CHECKS_EXPANSION_H_
#define SMOKEMESH_AGENT_CHECKS_EXPANSION_H_

#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smokemesh::agent {

using ExpandText = std::function<absl::StatusOr<std::string>(std::string_view text)>;

// Expands every field of `message`, and of the messages in it, that plan.proto marks as a template:
// texts, lists, the values of maps, and every string value inside JSON text (its keys stay as they
// are). Stops at the first error.
absl::Status ExpandTemplates(google::protobuf::Message* message, const ExpandText& expand);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EXPANSION_H_
