#include "coordinator/scheduler/manifest.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/selection.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

// Most agents that one message names.
constexpr size_t kNamedAgents = 10;

std::vector<const Agent*> Candidates(const v1::Check& check,
                                     const std::vector<const Agent*>& agents) {
  std::vector<const Agent*> found;
  for (const Agent* agent : agents) {
    if (Matches(check.on(), agent->hello) && CanRun(check, agent->hello)) found.push_back(agent);
  }
  return found;
}

std::string NamesOf(const std::vector<const Agent*>& agents) {
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
                                          const std::vector<const Agent*>& agents) {
  std::vector<std::string> waiting;
  for (int i = 0; i < plan.checks_size(); ++i) {
    const v1::Check& check = plan.checks(i);
    if (IsExpected(check, selected[i]) && Candidates(check, agents).empty()) {
      waiting.push_back(check.name());
    }
  }
  return waiting;
}

std::vector<ManifestPair> BuildManifest(const v1::Plan& plan, const std::vector<bool>& selected,
                                        const std::vector<const Agent*>& agents) {
  std::vector<ManifestPair> manifest;
  size_t turn = 0;
  for (int i = 0; i < plan.checks_size(); ++i) {
    const v1::Check& check = plan.checks(i);
    if (!IsExpected(check, selected[i])) continue;
    std::vector<const Agent*> chosen = Candidates(check, agents);
    if (chosen.empty()) {
      manifest.push_back({check.name(), "", ""});
      continue;
    }
    if (!check.has_on()) chosen = {chosen[turn++ % chosen.size()]};
    for (const Agent* agent : chosen) {
      manifest.push_back({check.name(), agent->hello.agent_id(), agent->hello.service()});
    }
  }
  return manifest;
}

std::string SelectorText(const v1::Check& check) {
  const v1::Selector& on = check.on();
  std::vector<std::string> parts;
  if (!on.service().empty() && on.service() != "*") {
    parts.push_back(absl::StrCat("service \"", on.service(), "\""));
  }
  // A map in protobuf has no order; people get one.
  const std::map<std::string, std::string> labels(on.labels().begin(), on.labels().end());
  for (const auto& [key, value] : labels) {
    parts.push_back(absl::StrCat("label ", key, "=\"", value, "\""));
  }
  return parts.empty() ? "any agent" : absl::StrJoin(parts, " and ");
}

std::string NoAgentReason(const v1::Check& check, const std::vector<const Agent*>& agents) {
  if (agents.empty()) return absl::StrCat("no agent is connected; wanted: ", SelectorText(check));
  std::vector<const Agent*> unable;
  for (const Agent* agent : agents) {
    if (Matches(check.on(), agent->hello)) unable.push_back(agent);
  }
  if (!unable.empty()) {
    return absl::StrCat("no agent for ", SelectorText(check), " can run checks of kind \"",
                        std::string(KindOf(check)), "\"; asked: ", NamesOf(unable));
  }
  return absl::StrCat("no agent matches ", SelectorText(check),
                      "; connected agents: ", NamesOf(agents));
}

}  // namespace smokemesh::coordinator
