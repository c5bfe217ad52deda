#ifndef SMOKEMESH_SHARED_YAML_YAML_MESSAGE_H_
#define SMOKEMESH_SHARED_YAML_YAML_MESSAGE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "shared/yaml/problem.h"
#include "shared/yaml/strict_yaml.h"

namespace smokemesh::shared {

// The word by which YAML calls an enum's value: `failures_and_missing` for
// `COUNTS_FAILURES_AND_MISSING`; empty for the zero value, which nobody can write.
std::string EnumWord(const google::protobuf::EnumValueDescriptor& value);

// What reading a tree adds to; problems, and paths of fields that could not be read.
struct YamlReading {
  Positions& positions;
  std::vector<Problem>& problems;
  std::vector<std::string>& unread;
};

// Fills a message of plan.proto from a tree, by reflection: unknown fields, wrong types and second
// members of a oneof are problems, each with its place. Positions of fields get paths that begin
// with `path` (empty for a plan). `what` is what messages call it: `the plan`.
void ReadYamlMessage(const YamlNode& root, std::string_view file, const std::string& path,
                     const std::string& what, google::protobuf::Message* message,
                     YamlReading* reading);

// What to say of a field that a message does not have, with a suggestion.
std::string UnknownField(std::string_view name, const google::protobuf::Descriptor& type,
                         std::string_view where);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_YAML_YAML_MESSAGE_H_
