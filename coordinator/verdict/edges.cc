#include "coordinator/verdict/edges.h"

#include "coordinator/verdict/suite_time.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {

google::protobuf::RepeatedPtrField<v1::EdgeRecord> EdgeMatrix(
    const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks) {
  google::protobuf::RepeatedPtrField<v1::EdgeRecord> edges;
  for (const v1::CheckRecord& check : checks) {
    if (!check.has_edge()) continue;
    v1::EdgeRecord& edge = *edges.Add();
    edge.set_check(check.name());
    edge.set_from(check.edge().from());
    edge.set_to(check.edge().to());
    edge.set_outcome(check.outcome());
    *edge.mutable_duration() = shared::ToProto(TimeOf(check));
  }
  return edges;
}

}  // namespace smokemesh::coordinator
