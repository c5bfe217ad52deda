#include "coordinator/plan/edge_checks.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace smokemesh::coordinator {
namespace {

constexpr const char* kTag = "edge";

}  // namespace

std::string EdgeCheckName(const v1::Check& check, const v1::Edge& edge) {
  return absl::StrCat(check.name(), ".", edge.from(), ".", edge.to());
}

EdgeChecks::EdgeChecks(const v1::Check& check) : common_(check) {
  common_.clear_edges();
  common_.clear_tags();
  for (const std::string& tag : TagsOf(check)) common_.add_tags(tag);
}

v1::Check EdgeChecks::Of(const v1::Edge& edge) const {
  v1::Check probe = common_;
  probe.set_name(EdgeCheckName(common_, edge));
  probe.mutable_on()->set_service(edge.from());
  v1::EdgeMark& mark = *probe.mutable_edge();
  mark.set_edges(common_.name());
  mark.set_from(edge.from());
  mark.set_to(edge.to());
  if (edge.steps_size() > 0) {
    *probe.mutable_scenario()->mutable_steps() = edge.steps();
    return probe;
  }
  v1::HttpStep& step = *probe.mutable_http()->add_steps();
  step.set_connection(edge.connection());
  step.mutable_request()->set_url(edge.url());
  *step.mutable_expect() = edge.expect();
  return probe;
}

std::vector<std::string> TagsOf(const v1::Check& check) {
  std::vector<std::string> tags(check.tags().begin(), check.tags().end());
  if (check.has_edges() && std::find(tags.begin(), tags.end(), kTag) == tags.end()) {
    tags.emplace_back(kTag);
  }
  return tags;
}

std::vector<std::string> NamesOf(const v1::Check& check) {
  if (!check.has_edges()) return {check.name()};
  std::vector<std::string> names;
  for (const v1::Edge& edge : check.edges().edges()) names.push_back(EdgeCheckName(check, edge));
  return names;
}

void AddServicesOf(const v1::Check& check, std::set<std::string>* services) {
  for (const v1::Edge& edge : check.edges().edges()) services->insert({edge.from(), edge.to()});
  if (check.has_edge()) services->insert({check.edge().from(), check.edge().to()});
}

bool HasEdges(const v1::Plan& plan) {
  return std::any_of(plan.checks().begin(), plan.checks().end(), [](const v1::Check& check) {
    return check.has_edge() || check.edges().edges_size() > 0;
  });
}

void ExpandEdges(v1::Plan* plan) {
  std::map<std::string, std::vector<std::string>> became;
  for (const v1::Check& check : plan->checks()) {
    if (check.has_edges()) became.emplace(check.name(), NamesOf(check));
  }
  if (became.empty()) return;
  google::protobuf::RepeatedPtrField<v1::Check> checks;
  for (v1::Check& check : *plan->mutable_checks()) {
    std::vector<std::string> needs;
    for (const std::string& need : check.needs()) {
      const auto found = became.find(need);
      const std::vector<std::string> all =
          found == became.end() ? std::vector<std::string>{need} : found->second;
      for (const std::string& name : all) {
        // Whoever needs all and one of them needs that one once.
        if (std::find(needs.begin(), needs.end(), name) == needs.end()) needs.push_back(name);
      }
    }
    check.mutable_needs()->Assign(needs.begin(), needs.end());
    if (!check.has_edges()) {
      *checks.Add() = std::move(check);
      continue;
    }
    const EdgeChecks made(check);
    for (const v1::Edge& edge : check.edges().edges()) *checks.Add() = made.Of(edge);
  }
  plan->mutable_checks()->Swap(&checks);
}

}  // namespace smokemesh::coordinator
