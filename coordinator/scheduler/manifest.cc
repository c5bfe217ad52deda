#include "coordinator/scheduler/manifest.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/plan/selection.h"
#include "shared/kinds/kinds.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

// Most agents that one message names.
constexpr size_t kNamedAgents = 10;

using Agents = std::vector<const Agent*>;

// The agents that a selector offers for a check.
struct Offer {
  Agents fit;
  Agents other_version;  // they would fit but for what stands beside them
};

Offer OfferOf(const v1::Check& check, const v1::Selector& on, const v1::RunOptions& options,
              const Agents& agents) {
  Offer offer;
  for (const Agent* agent : agents) {
    if (!Matches(on, agent->hello) || !IsAble(check, options, agent->hello)) continue;
    const bool is_witness = OtherThanWanted(on, options, agent->hello) == nullptr;
    (is_witness ? offer.fit : offer.other_version).push_back(agent);
  }
  return offer;
}

bool IsWaiting(const v1::Check& check, const v1::Selector& on, bool has_on,
               const v1::RunOptions& options, const Agents& agents) {
  const Offer offer = OfferOf(check, on, options, agents);
  return offer.fit.empty() || (has_on && !offer.other_version.empty());
}

ManifestPair PairOf(const v1::Check& check, const Agent* agent) {
  return {check.name(), agent->hello.agent_id(), agent->hello.service(), agent->hello.deployment()};
}

void AddPairs(const v1::Check& check, const v1::RunOptions& options, const Agents& agents,
              size_t* turn, std::vector<ManifestPair>* manifest) {
  Offer offer = OfferOf(check, check.on(), options, agents);
  if (offer.fit.empty()) {
    manifest->push_back({check.name(), "", ""});
    return;
  }
  if (!check.has_on()) {
    offer = {{offer.fit[(*turn)++ % offer.fit.size()]}, {}};
  }
  const size_t begin = manifest->size();
  for (const Agents& some : {offer.fit, offer.other_version}) {
    for (const Agent* agent : some) manifest->push_back(PairOf(check, agent));
  }
  std::sort(manifest->begin() + static_cast<long>(begin), manifest->end(),
            [](const auto& a, const auto& b) { return a.agent_id < b.agent_id; });
}

void AddFlow(const v1::Check& check, const v1::RunOptions& options, const Agents& agents,
             size_t* turn, std::vector<ManifestPair>* manifest) {
  std::map<std::string, const Agent*> taken;
  std::map<std::string, std::set<std::string>> roles_of;  // by agent
  std::set<std::string> nobodys;
  const auto take = [&](const Agent* agent, const v1::FlowRole& role) {
    taken.emplace(agent->hello.agent_id(), agent);
    roles_of[agent->hello.agent_id()].insert(role.name());
  };
  for (const v1::FlowRole& role : check.flow().roles()) {
    const Offer offer = OfferOf(check, role.on(), options, agents);
    if (offer.fit.empty()) nobodys.insert(role.name());
    if (offer.fit.empty() || !role.has_on()) continue;
    for (const Agents& some : {offer.fit, offer.other_version}) {
      for (const Agent* agent : some) take(agent, role);
    }
  }
  for (const v1::FlowRole& role : check.flow().roles()) {
    if (role.has_on() || nobodys.contains(role.name())) continue;
    const Agents fit = OfferOf(check, role.on(), options, agents).fit;
    Agents idle;
    std::copy_if(fit.begin(), fit.end(), std::back_inserter(idle),
                 [&](const Agent* agent) { return !taken.contains(agent->hello.agent_id()); });
    const Agents& choice = idle.empty() ? fit : idle;
    take(choice[(*turn)++ % choice.size()], role);
  }
  const auto in_plan_order = [&check](const std::set<std::string>& names) {
    std::vector<std::string> roles;
    for (const v1::FlowRole& role : check.flow().roles()) {
      if (names.contains(role.name())) roles.push_back(role.name());
    }
    return roles;
  };
  for (const auto& [agent_id, agent] : taken) {
    manifest->push_back(PairOf(check, agent));
    manifest->back().roles = in_plan_order(roles_of[agent_id]);
  }
  if (nobodys.empty() && !taken.empty()) return;
  manifest->push_back({check.name(), "", "", "", in_plan_order(nobodys)});
}

std::string NamesOf(const Agents& agents) {
  if (agents.empty()) return "none";
  std::vector<std::string> names;
  for (const Agent* agent : agents) {
    if (names.size() == kNamedAgents) {
      names.push_back(absl::StrCat("and ", agents.size() - kNamedAgents, " more"));
      break;
    }
    names.push_back(agent->hello.agent_id());
  }
  return absl::StrJoin(names, ", ");
}

// `no agent beside "gateway" says version v42: agent "gateway@a" says v41`.
std::string OtherVersions(const v1::Selector& on, const v1::RunOptions& options,
                          const Agents& agents) {
  std::set<std::string> wanted;
  for (const Agent* agent : agents) wanted.insert(*OtherThanWanted(on, options, agent->hello));
  std::vector<std::string> seen;
  for (const Agent* agent : agents) {
    if (seen.size() == kNamedAgents) {
      seen.push_back(absl::StrCat(agents.size() - kNamedAgents, " more say others"));
      break;
    }
    const std::string beside =
        wanted.size() > 1 ? absl::StrCat(" beside \"", agent->hello.service(), "\"") : "";
    seen.push_back(absl::StrCat("agent \"", agent->hello.agent_id(), "\"", beside, " says ",
                                DeploymentText(agent->hello.deployment())));
  }
  std::string nobody = "no agent";
  if (on.labels_size() > 0) {
    absl::StrAppend(&nobody, " for ", SelectorText(on));
  } else if (SelectorText(on) != SelectorText({})) {
    absl::StrAppend(&nobody, " beside \"", on.service(), "\"");
  }
  return absl::StrCat(nobody, " says version ", absl::StrJoin(wanted, " or "), ": ",
                      absl::StrJoin(seen, ", "));
}

// Why nobody that the selector names can be given the check.
std::string NobodyFor(const v1::Check& check, const v1::Selector& on, const v1::RunOptions& options,
                      const Agents& agents) {
  const std::string wanted = SelectorText(on);
  if (agents.empty()) return absl::StrCat("no agent is connected; wanted: ", wanted);
  Agents matching;
  std::copy_if(agents.begin(), agents.end(), std::back_inserter(matching),
               [&](const Agent* agent) { return Matches(on, agent->hello); });
  if (matching.empty()) {
    return absl::StrCat("no agent matches ", wanted, "; connected agents: ", NamesOf(agents));
  }
  const Agents other_version = OfferOf(check, on, options, agents).other_version;
  if (!other_version.empty()) return OtherVersions(on, options, other_version);
  std::vector<std::string> builds;
  std::string lacking;
  for (const Agent* agent : matching) {
    const std::string_view feature = LackingFeature(check, options, agent->hello);
    if (feature.empty() || builds.size() == kNamedAgents) continue;
    lacking = std::string(feature);
    builds.push_back(absl::StrCat("agent \"", agent->hello.agent_id(), "\" is of build ",
                                  agent->hello.build_version().empty()
                                      ? std::string("unknown")
                                      : agent->hello.build_version()));
  }
  if (!builds.empty()) {
    return absl::StrCat("no agent for ", wanted, " has the feature \"", lacking,
                        "\", which this needs: ", absl::StrJoin(builds, ", "),
                        "; install an agent of this version there");
  }
  return absl::StrCat("no agent for ", wanted, " can run checks of kind \"", shared::KindOf(check),
                      "\"; asked: ", NamesOf(matching));
}

}  // namespace

absl::StatusOr<std::vector<bool>> SelectChecks(const v1::Plan& plan,
                                               const v1::RunOptions& options) {
  ASSIGN_OR_RETURN(const Selection by_tags, Selection::Parse(options.select()));
  ASSIGN_OR_RETURN(const Selection by_name, Selection::Parse(options.match()));
  std::vector<bool> selected;
  selected.reserve(plan.checks_size());
  for (const v1::Check& check : plan.checks()) {
    selected.push_back(by_tags.MatchesTags({check.tags().begin(), check.tags().end()}) &&
                       by_name.MatchesName(check.name()));
  }
  return selected;
}

bool IsExpected(const v1::Check& check, bool selected) { return selected && check.skip().empty(); }

std::vector<std::string> WaitingForAgents(const v1::Plan& plan, const std::vector<bool>& selected,
                                          const v1::RunOptions& options, const Agents& agents) {
  std::vector<std::string> waiting;
  for (int i = 0; i < plan.checks_size(); ++i) {
    const v1::Check& check = plan.checks(i);
    if (!IsExpected(check, selected[i])) continue;
    const auto& roles = check.flow().roles();
    const bool waits =
        check.has_flow()
            ? std::any_of(roles.begin(), roles.end(),
                          [&](const v1::FlowRole& role) {
                            return IsWaiting(check, role.on(), role.has_on(), options, agents);
                          })
            : IsWaiting(check, check.on(), check.has_on(), options, agents);
    if (waits) waiting.push_back(check.name());
  }
  return waiting;
}

std::vector<ManifestPair> BuildManifest(const v1::Plan& plan, const std::vector<bool>& selected,
                                        const v1::RunOptions& options, const Agents& agents) {
  std::vector<ManifestPair> manifest;
  size_t turn = 0;
  for (int i = 0; i < plan.checks_size(); ++i) {
    const v1::Check& check = plan.checks(i);
    if (!IsExpected(check, selected[i])) continue;
    if (check.has_flow()) {
      AddFlow(check, options, agents, &turn, &manifest);
    } else {
      AddPairs(check, options, agents, &turn, &manifest);
    }
  }
  return manifest;
}

std::string NoAgentReason(const v1::Check& check, const v1::RunOptions& options,
                          const Agents& agents) {
  if (!check.has_flow()) return NobodyFor(check, check.on(), options, agents);
  std::vector<std::string> reasons;
  for (const v1::FlowRole& role : check.flow().roles()) {
    if (!OfferOf(check, role.on(), options, agents).fit.empty()) continue;
    reasons.push_back(
        absl::StrCat("role \"", role.name(), "\": ", NobodyFor(check, role.on(), options, agents)));
  }
  return reasons.empty() ? "the flow has no role" : absl::StrJoin(reasons, "; ");
}

}  // namespace smokemesh::coordinator
