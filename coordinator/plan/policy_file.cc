#include "coordinator/plan/policy_file.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/policy_rules.h"
#include "coordinator/plan/problem_list.h"
#include "shared/yaml/strict_yaml.h"
#include "shared/yaml/yaml_message.h"

namespace smokemesh::coordinator {
namespace {

constexpr const char* kPath = "policy";  // as in a plan, whatever the document is

bool IsPlanField(const std::string& name) {
  return v1::Plan::descriptor()->FindFieldByName(name) != nullptr;
}

bool IsPlan(const shared::YamlNode& root) {
  return root.kind == shared::YamlNode::Kind::kMap &&
         std::any_of(root.keys.begin(), root.keys.end(),
                     [](const shared::YamlKey& key) { return IsPlanField(key.text); });
}

// Reads one document. What it is shows in its first level: a policy and a plan have no field in
// common.
class PolicyReader {
 public:
  PolicyReader(std::string_view file, LoadedPolicy* loaded) : file_(file), loaded_(*loaded) {}

  // Returns whether the document has a policy.
  bool Read(const shared::YamlNode& root) {
    positions_.emplace("", root.position);
    if (!IsPlan(root)) {
      ReadPolicy(root, root.position, "the policy");
      return true;
    }
    // A misspelt `policy` must not end in the default one.
    for (const shared::YamlKey& key : root.keys) {
      if (IsPlanField(key.text)) continue;
      const bool belongs_inside = v1::Policy::descriptor()->FindFieldByName(key.text) != nullptr;
      Report(key.position,
             belongs_inside ? absl::StrCat("\"", key.text, "\" belongs under \"policy\" of a plan")
                            : shared::UnknownField(key.text, *v1::Plan::descriptor(), "the plan"));
    }
    const auto key = std::find_if(root.keys.begin(), root.keys.end(),
                                  [](const shared::YamlKey& each) { return each.text == kPath; });
    if (key == root.keys.end()) return false;
    ReadPolicy(*root.Find(kPath), key->position, "\"policy\" of the plan");
    return true;
  }

  const Positions& positions() const { return positions_; }

 private:
  void Report(const Position& place, std::string message) {
    loaded_.problems.push_back({std::string(file_), place.line, place.column, std::move(message)});
  }

  void ReadPolicy(const shared::YamlNode& node, const Position& place, const std::string& what) {
    positions_.emplace(kPath, place);
    if (node.kind == shared::YamlNode::Kind::kNull) {
      return Report(place, absl::StrCat(what, " has no value: write at least one rollback rule"));
    }
    std::vector<std::string> unread;
    shared::YamlReading reading{positions_, loaded_.problems, unread};
    shared::ReadYamlMessage(node, file_, kPath, what, &loaded_.policy, &reading);
  }

  const std::string_view file_;
  LoadedPolicy& loaded_;
  Positions positions_;
};

}  // namespace

LoadedPolicy LoadPolicy(std::string_view yaml, std::string_view file, const v1::Plan& plan) {
  LoadedPolicy loaded;
  const std::optional<shared::YamlNode> root =
      shared::ReadStrictYaml(yaml, file, "policy", "one rollback rule", &loaded.problems);
  if (root.has_value() && loaded.problems.empty()) {
    PolicyReader reader(file, &loaded);
    const bool has_policy = reader.Read(*root);
    if (loaded.problems.empty()) {
      ProblemList problems(reader.positions(), file);
      CheckPolicy(plan, has_policy ? &loaded.policy : nullptr, &problems);
      loaded.problems = problems.Take();
    }
    if (!has_policy) loaded.policy = DefaultPolicy(plan);
    ApplyPolicyDefaults(&loaded.policy);
  }
  shared::SortAndBound(file, &loaded.problems);
  return loaded;
}

}  // namespace smokemesh::coordinator
