#include "coordinator/cli/env_names.h"

#include <string_view>

#include "coordinator/plan/edge_checks.h"
#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "shared/template/template.h"

namespace smokemesh::coordinator {
namespace {

void Add(std::string_view text, std::set<std::string>* names) {
  const auto references = shared::References(text);
  if (!references.ok()) return;  // `${2}` of a pattern, say: no reference
  for (const shared::Reference& reference : *references) {
    if (reference.kind == shared::Reference::Kind::kEnvironment) names->insert(reference.name);
  }
}

// Expectations are templates in their arguments and values, and not marked as such.
template <typename Texts>
void AddAll(const Texts& texts, std::set<std::string>* names) {
  for (const std::string& text : texts) Add(text, names);
}

}  // namespace

std::set<std::string> EnvironmentNames(const v1::Plan& loaded) {
  std::set<std::string> names;
  v1::Plan plan = loaded;
  ExpandEdges(&plan);  // what an edge asks is a step of the check that it becomes
  VisitTemplates(plan, "",
                 [&names](const std::string& text, const std::string&) { Add(text, &names); });
  for (const v1::Check& check : plan.checks()) {
    for (const StepRef& step : StepsOf(check)) {
      if (KindOf(step.step).empty()) continue;
      AddAll(*CommonOf(step.step).expect, &names);
      if (const auto* redis = std::get_if<const v1::RedisStep*>(&step.step)) {
        AddAll((*redis)->receive().where(), &names);
      } else if (const auto* bus = std::get_if<const v1::EventBusStep*>(&step.step)) {
        AddAll((*bus)->receive().where(), &names);
      }
    }
  }
  return names;
}

}  // namespace smokemesh::coordinator
