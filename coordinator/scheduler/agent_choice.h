#ifndef SMOKEMESH_COORDINATOR_SCHEDULER_AGENT_CHOICE_H_
#define SMOKEMESH_COORDINATOR_SCHEDULER_AGENT_CHOICE_H_

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/store/run_store.h"
#include "smokemesh/v1/agent_session.pb.h"
#include "smokemesh/v1/plan.pb.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Which agents may be given a check: those that its selector names, that can run it, and that are
// witnesses of the version that the run judges. Pure.

// Whether the agent is one of those that the selector names.
bool Matches(const v1::Selector& selector, const v1::Hello& agent);

// Whether the agent can run checks of this kind.
bool CanRun(const v1::Check& check, const v1::Hello& agent);

// What such a run of the check needs beyond its kind and the agent does not name in Hello.features:
// `clean_up`, `flow`; empty: nothing.
std::string_view LackingFeature(const v1::Check& check, const v1::RunOptions& options,
                                const v1::Hello& agent);

// Whether the agent can carry the check out in such a run: its kind, and what it needs besides.
bool IsAble(const v1::Check& check, const v1::RunOptions& options, const v1::Hello& agent);

// The version that the run judges beside agents of this service; null: any.
const std::string* WantedDeployment(const v1::RunOptions& options, std::string_view service);

// The version that the run judges and the agent, which `on` selected, does not say; null: it is a
// witness. An agent that stands for every selector stands beside the service that `on` names.
const std::string* OtherThanWanted(const v1::Selector& on, const v1::RunOptions& options,
                                   const v1::Hello& agent);

// The same of an agent of which only its pair's place in the manifest is known.
const std::string* OtherThanWanted(const v1::Check& check, const v1::RunOptions& options,
                                   const ManifestPair& pair);

// The selectors by which an agent has a pair: of a flow those of these roles, else the check's.
std::vector<const v1::Selector*> SelectorsOf(const v1::Check& check,
                                             const std::vector<std::string>& roles);

// Why the agent cannot have the pair as it is now, for people; empty: it can.
std::string WhyNot(const v1::Check& check, const std::vector<std::string>& roles,
                   const v1::RunOptions& options, const v1::Hello& agent);

// The selector as a person would write it: `service "engagement"`, `any agent`.
std::string SelectorText(const v1::Selector& on);

// What an agent says of its version: `v41`, `none`.
std::string DeploymentText(std::string_view deployment);

// Why a pair is MISSING whose agent says another version than the run judges.
std::string OtherDeploymentReason(std::string_view agent_id, std::string_view says,
                                  std::string_view wanted);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_SCHEDULER_AGENT_CHOICE_H_
