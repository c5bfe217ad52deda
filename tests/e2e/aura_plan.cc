#include "tests/e2e/aura_plan.h"

#include <yaml-cpp/yaml.h>

namespace smokemesh::testing {

std::vector<AuraCheck> AuraChecks() {
  std::vector<AuraCheck> checks;
  for (const YAML::Node& node :
       YAML::LoadFile(SMOKEMESH_SOURCE_DIR "/deploy/plans/aura.yaml")["checks"]) {
    AuraCheck& check = checks.emplace_back();
    check.name = node["name"].as<std::string>();
    check.suite = node["suite"].as<std::string>();
    for (const YAML::Node& tag : node["tags"]) check.tags.insert(tag.as<std::string>());
  }
  return checks;
}

}  // namespace smokemesh::testing
