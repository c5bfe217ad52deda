#ifndef SMOKEMESH_COORDINATOR_PLAN_PLAN_LOADER_H_
#define SMOKEMESH_COORDINATOR_PLAN_PLAN_LOADER_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// Something wrong with a plan.
struct Problem {
  std::string file;
  int line = 0;  // from 1; 0 when it has no place
  int column = 0;
  std::string message;
};

// Writes `plan.yaml:12:9: unknown field "expct" (did you mean "expect"?)`, one line for each.
std::string FormatProblems(const std::vector<Problem>& problems);

// Where the fields of a plan stand in its file, by path: `checks[3].http.steps[0].expect[1]`. Every
// field, element and map value that the file has is there.
struct Position {
  int line = 0;
  int column = 0;
};
using Positions = std::map<std::string, Position>;

// A plan read from YAML.
struct LoadedPlan {
  v1::Plan plan;
  Positions positions;
  std::vector<Problem> problems;  // empty: the YAML fits the schema
  // Paths of fields that could not be read, and of messages with fields that nobody knows.
  std::vector<std::string> unread;
  bool is_tree = false;  // it was YAML, and only its fields may be wrong
};

// Reads `yaml` into a Plan by reflection over plan.proto. `file` is used in messages and in
// `Check.source`. JSON is accepted as the YAML that it nearly is. Refused, each with its place:
// anchors, aliases, tags, merge keys, duplicate keys, a second document, more than 1 MiB, 50,000
// nodes or 32 levels; unknown fields (with a suggestion), wrong types, two members of a oneof.
// Reports all problems that it can find in one pass.
LoadedPlan LoadPlan(std::string_view yaml, std::string_view file);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_PLAN_LOADER_H_
