#ifndef SMOKEMESH_COORDINATOR_PLAN_EDGE_CHECKS_H_
#define SMOKEMESH_COORDINATOR_PLAN_EDGE_CHECKS_H_

#include <set>
#include <string>
#include <vector>

#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// An `edges` check becomes one check of each edge. These say what they will be like, and make them.

// `<check>.<from>.<to>`.
std::string EdgeCheckName(const v1::Check& check, const v1::Edge& edge);

// Makes the checks of one `edges` check.
class EdgeChecks {
 public:
  explicit EdgeChecks(const v1::Check& check);

  // The check that `edge` becomes, before defaults: an `http` or a `scenario` check beside the
  // caller, with everything else of the `edges` check and the tag `edge`.
  v1::Check Of(const v1::Edge& edge) const;

  // Bytes that every one of them takes, whatever its edge.
  size_t BytesOfEach() const { return common_.ByteSizeLong(); }

 private:
  v1::Check common_;  // what they have in common
};

// Tags of what a check becomes: its own, and `edge` for those of an `edges` check.
std::vector<std::string> TagsOf(const v1::Check& check);

// Names of what a check becomes, in order.
std::vector<std::string> NamesOf(const v1::Check& check);

// Adds the services between which a check probes edges; none for most checks.
void AddServicesOf(const v1::Check& check, std::set<std::string>* services);

// Whether any check of the plan probes edges, expanded or not.
bool HasEdges(const v1::Plan& plan);

// Puts the checks of its edges in the place of every `edges` check. Who needs that check needs all
// of them. Changes nothing in a plan without such a check.
void ExpandEdges(v1::Plan* plan);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_EDGE_CHECKS_H_
