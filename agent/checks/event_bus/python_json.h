#ifndef SMOKEMESH_AGENT_CHECKS_EVENT_BUS_PYTHON_JSON_H_
#define SMOKEMESH_AGENT_CHECKS_EVENT_BUS_PYTHON_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::agent {

// Writes JSON exactly as Python's json.dumps does without options: separators `, ` and `: `, ASCII
// only, numbers as repr() writes them, members in the order in which they were put in.
// INVALID_ARGUMENT for text that is not UTF-8 and for more than 200 levels.
absl::StatusOr<std::string> PythonDumps(const nlohmann::ordered_json& value);

// Reads a JSON object; empty text is an empty one. Of members with one name the last counts, at the
// place of the first, as in Python. INVALID_ARGUMENT names it `what`.
absl::StatusOr<nlohmann::ordered_json> ReadJsonObject(std::string_view text, std::string_view what);

// Writes a time as datetime.utcnow().isoformat() does: `2026-11-22T08:59:52.518429`, without the
// fraction when it is zero.
std::string PythonUtcTime(shared::WallTime time);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EVENT_BUS_PYTHON_JSON_H_
