#include "coordinator/plan/plan_loader.h"

#include <optional>

#include "coordinator/plan/problem_list.h"
#include "shared/yaml/strict_yaml.h"
#include "shared/yaml/yaml_message.h"

namespace smokemesh::coordinator {

LoadedPlan LoadPlan(std::string_view yaml, std::string_view file) {
  LoadedPlan loaded;
  const std::optional<shared::YamlNode> root =
      shared::ReadStrictYaml(yaml, file, "plan", "a name and one check", &loaded.problems);
  if (root.has_value()) {
    loaded.is_tree = loaded.problems.empty();
    shared::YamlReading reading{loaded.positions, loaded.problems, loaded.unread};
    shared::ReadYamlMessage(*root, file, "", "the plan", &loaded.plan, &reading);
  }
  shared::SortAndBound(file, &loaded.problems);
  return loaded;
}

}  // namespace smokemesh::coordinator
