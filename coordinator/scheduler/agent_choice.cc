#include "coordinator/scheduler/agent_choice.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/kinds/kinds.h"

namespace smokemesh::coordinator {
namespace {

constexpr std::string_view kCleanUp = "clean_up";
constexpr std::string_view kFlow = "flow";
constexpr const char* kEveryOther = "*";

bool Names(const google::protobuf::RepeatedPtrField<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The service that the agent stands beside when `on` has selected it.
std::string_view ServiceOf(const v1::Selector& on, const v1::Hello& agent) {
  const bool for_another =
      agent.stands_for_all() && !on.service().empty() && on.service() != kEveryOther;
  return for_another ? on.service() : agent.service();
}

}  // namespace

bool Matches(const v1::Selector& selector, const v1::Hello& agent) {
  if (agent.stands_for_all()) return true;
  if (!selector.service().empty() && selector.service() != kEveryOther &&
      selector.service() != agent.service()) {
    return false;
  }
  return std::all_of(selector.labels().begin(), selector.labels().end(), [&](const auto& label) {
    const auto it = agent.labels().find(label.first);
    return it != agent.labels().end() && it->second == label.second;
  });
}

bool CanRun(const v1::Check& check, const v1::Hello& agent) {
  const std::string& kind = shared::KindOf(check);
  return !kind.empty() && Names(agent.capabilities(), kind);
}

std::string_view LackingFeature(const v1::Check& check, const v1::RunOptions& options,
                                const v1::Hello& agent) {
  // An agent of before clean-up runs would carry the check out.
  if (options.clean_runs_size() > 0) return Names(agent.features(), kCleanUp) ? "" : kCleanUp;
  return !check.has_flow() || Names(agent.features(), kFlow) ? "" : kFlow;
}

bool IsAble(const v1::Check& check, const v1::RunOptions& options, const v1::Hello& agent) {
  return CanRun(check, agent) && LackingFeature(check, options, agent).empty();
}

const std::string* WantedDeployment(const v1::RunOptions& options, std::string_view service) {
  auto it = options.deployment().find(std::string(service));
  if (it == options.deployment().end()) it = options.deployment().find(kEveryOther);
  return it == options.deployment().end() ? nullptr : &it->second;
}

const std::string* OtherThanWanted(const v1::Selector& on, const v1::RunOptions& options,
                                   const v1::Hello& agent) {
  const std::string* wanted = WantedDeployment(options, ServiceOf(on, agent));
  return wanted == nullptr || *wanted == agent.deployment() ? nullptr : wanted;
}

std::vector<const v1::Selector*> SelectorsOf(const v1::Check& check,
                                             const std::vector<std::string>& roles) {
  if (!check.has_flow()) return {&check.on()};
  std::vector<const v1::Selector*> selectors;
  for (const v1::FlowRole& role : check.flow().roles()) {
    if (std::find(roles.begin(), roles.end(), role.name()) == roles.end()) continue;
    selectors.push_back(&role.on());
  }
  return selectors;
}

const std::string* OtherThanWanted(const v1::Check& check, const v1::RunOptions& options,
                                   const ManifestPair& pair) {
  if (pair.agent_id.empty()) return nullptr;
  v1::Hello agent;
  agent.set_service(pair.service);
  agent.set_deployment(pair.deployment);
  agent.set_stands_for_all(true);  // it is there for the service that the selector names
  for (const v1::Selector* on : SelectorsOf(check, pair.roles)) {
    if (const std::string* wanted = OtherThanWanted(*on, options, agent)) return wanted;
  }
  return nullptr;
}

std::string WhyNot(const v1::Check& check, const std::vector<std::string>& roles,
                   const v1::RunOptions& options, const v1::Hello& agent) {
  const std::string name = absl::StrCat("agent \"", agent.agent_id(), "\"");
  for (const v1::Selector* on : SelectorsOf(check, roles)) {
    const std::string* wanted = OtherThanWanted(*on, options, agent);
    if (wanted != nullptr) {
      return OtherDeploymentReason(agent.agent_id(), agent.deployment(), *wanted);
    }
    if (!Matches(*on, agent)) {
      return absl::StrCat(name, " came back as one that does not match ", SelectorText(*on));
    }
  }
  if (!CanRun(check, agent)) {
    return absl::StrCat(name, " came back and cannot run checks of kind \"", shared::KindOf(check),
                        "\" any more; its build is ", agent.build_version());
  }
  const std::string_view lacking = LackingFeature(check, options, agent);
  if (lacking.empty()) return "";
  return absl::StrCat(name, " came back without the feature \"", std::string(lacking),
                      "\"; its build is ", agent.build_version());
}

std::string SelectorText(const v1::Selector& on) {
  std::vector<std::string> parts;
  if (!on.service().empty() && on.service() != kEveryOther) {
    parts.push_back(absl::StrCat("service \"", on.service(), "\""));
  }
  // A map in protobuf has no order; people get one.
  const std::map<std::string, std::string> labels(on.labels().begin(), on.labels().end());
  for (const auto& [key, value] : labels) {
    parts.push_back(absl::StrCat("label ", key, "=\"", value, "\""));
  }
  return parts.empty() ? "any agent" : absl::StrJoin(parts, " and ");
}

std::string DeploymentText(std::string_view deployment) {
  return deployment.empty() ? "none" : std::string(deployment);
}

std::string OtherDeploymentReason(std::string_view agent_id, std::string_view says,
                                  std::string_view wanted) {
  return absl::StrCat("agent \"", std::string(agent_id), "\" says version ", DeploymentText(says),
                      ", and the run judges version ", std::string(wanted));
}

}  // namespace smokemesh::coordinator
