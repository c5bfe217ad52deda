#include "coordinator/plan/variable_rules.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/template/template.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxVariables = 500;
constexpr size_t kMaxName = 128;

// Follows the variables that definitions use, depth first, in search of a circle.
class CircleSearch {
 public:
  CircleSearch(const VariableMap& variables, const VariableMap* around)
      : variables_(variables), around_(around) {}

  // The names of a circle that `name` leads into, the first one again at the end; empty when there
  // is none.
  std::vector<std::string> From(const std::string& name) {
    if (const auto at = std::find(way_.begin(), way_.end(), name); at != way_.end()) {
      std::vector<std::string> circle(at, way_.end());
      circle.push_back(name);
      return circle;
    }
    const std::string* definition = Definition(name);
    if (definition == nullptr || !done_.insert(name).second) return {};
    const auto references = shared::References(*definition);
    if (!references.ok()) return {};  // reported elsewhere
    way_.push_back(name);
    for (const shared::Reference& reference : *references) {
      if (reference.kind != shared::Reference::Kind::kVariable) continue;
      std::vector<std::string> circle = From(reference.name);
      if (!circle.empty()) return circle;
    }
    way_.pop_back();
    return {};
  }

 private:
  const std::string* Definition(const std::string& name) const {
    if (const auto found = variables_.find(name); found != variables_.end()) return &found->second;
    if (around_ == nullptr) return nullptr;
    const auto found = around_->find(name);
    return found == around_->end() ? nullptr : &found->second;
  }

  const VariableMap& variables_;
  const VariableMap* around_;
  std::vector<std::string> way_;
  std::set<std::string> done_;
};

}  // namespace

void CheckVariables(const VariableMap& variables, const VariableMap* around,
                    const std::string& path, const std::string& where, Scope* scope,
                    ProblemList* problems) {
  if (variables.size() > kMaxVariables) {
    problems->Add(path, absl::StrCat(where, " has ", variables.size(), " variables; at most ",
                                     kMaxVariables));
    return;
  }
  std::vector<std::string> names;
  for (const auto& [name, unused] : variables) names.push_back(name);
  std::sort(names.begin(), names.end());
  scope->known.insert(names.begin(), names.end());
  CircleSearch search(variables, around);
  bool in_circle = false;
  for (const std::string& name : names) {
    const std::string name_path = absl::StrCat(path, ".", name);
    const std::string what =
        absl::StrCat("variable \"", shared::Shorten(name, 64), "\" of ", where);
    if (IsBuiltIn(name)) {
      problems->Add(name_path, absl::StrCat(what, " is built in: choose another name"));
    } else if (!IsName(name, kMaxName)) {
      problems->Add(name_path, absl::StrCat(what,
                                            " must be named with letters, digits, \"_\", "
                                            "\"-\" and \".\""));
    }
    CheckTemplate(variables.at(name), *scope, name_path, what, problems);
    if (in_circle) continue;  // one is enough to look at
    const std::vector<std::string> circle = search.From(name);
    if (circle.empty()) continue;
    in_circle = true;
    problems->Add(name_path, absl::StrCat(what,
                                          " can have no value: variables use each other in a "
                                          "circle, ",
                                          absl::StrJoin(circle, " uses ")));
  }
}

}  // namespace smokemesh::coordinator
