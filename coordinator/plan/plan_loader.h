#ifndef SMOKEMESH_COORDINATOR_PLAN_PLAN_LOADER_H_
#define SMOKEMESH_COORDINATOR_PLAN_PLAN_LOADER_H_

#include <string>
#include <string_view>
#include <vector>

#include "shared/yaml/problem.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

using shared::FormatProblems;
using shared::Position;
using shared::Positions;
using shared::Problem;

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
