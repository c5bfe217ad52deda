#ifndef SMOKEMESH_SHARED_YAML_JSON_TEXT_H_
#define SMOKEMESH_SHARED_YAML_JSON_TEXT_H_

#include <string>

#include "shared/yaml/strict_yaml.h"

namespace smokemesh::shared {

// Writes a YAML value as compact JSON. Plain `true`, `false`, `null` and numbers as JSON writes
// them keep their type; everything else, and all that is quoted, is a string.
std::string ToJsonText(const YamlNode& node);

// Whether `text` is a number as JSON writes it: `-1`, `0.25`, `1e6`; not `010`, `.5`, `0x1f`.
bool IsJsonNumber(std::string_view text);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_YAML_JSON_TEXT_H_
