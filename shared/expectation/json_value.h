#ifndef SMOKEMESH_SHARED_EXPECTATION_JSON_VALUE_H_
#define SMOKEMESH_SHARED_EXPECTATION_JSON_VALUE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/expectation/value.h"

namespace smokemesh::shared {

// What the expectation language needs of JSON, so that the library's header stays in one file.

// Whether both are JSON and mean the same. `1` and `1.0` are the same number.
bool JsonEqual(std::string_view a, std::string_view b);

// The elements of a JSON array; empty for anything else.
std::vector<Value> JsonElements(std::string_view text);

// Reads a JSON string with its quotes; nothing when `text` is none.
std::optional<std::string> ReadJsonString(std::string_view text);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_EXPECTATION_JSON_VALUE_H_
