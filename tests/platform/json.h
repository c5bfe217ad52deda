#ifndef SMOKEMESH_TESTS_PLATFORM_JSON_H_
#define SMOKEMESH_TESTS_PLATFORM_JSON_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

// Includes a heavy header: for .cc files only, like the library itself.
namespace smokemesh::platform {

// Keeps the order of keys: the bus promises one.
using Json = nlohmann::ordered_json;

// `null` for nothing.
inline Json OrNull(const std::optional<std::string>& text) {
  return text.has_value() ? Json(*text) : Json(nullptr);
}

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_JSON_H_
