#include "coordinator/plan/plan_loader.h"

#include <optional>

#include "coordinator/plan/problem_list.h"
#include "coordinator/plan/strict_yaml.h"
#include "coordinator/plan/yaml_message.h"

namespace smokemesh::coordinator {

LoadedPlan LoadPlan(std::string_view yaml, std::string_view file) {
  LoadedPlan loaded;
  const std::optional<YamlNode> root =
      ReadStrictYaml(yaml, file, "plan", "a name and one check", &loaded.problems);
  if (root.has_value()) {
    loaded.is_tree = loaded.problems.empty();
    YamlReading reading{loaded.positions, loaded.problems, loaded.unread};
    ReadYamlMessage(*root, file, "", "the plan", &loaded.plan, &reading);
  }
  SortAndBound(file, &loaded.problems);
  return loaded;
}

}  // namespace smokemesh::coordinator
