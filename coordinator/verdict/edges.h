#ifndef SMOKEMESH_COORDINATOR_VERDICT_EDGES_H_
#define SMOKEMESH_COORDINATOR_VERDICT_EDGES_H_

#include "google/protobuf/repeated_field.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// The matrix of services: one record of every check that probes an edge (CheckRecord.edge), in the
// order of `checks`, for Run.edges. Pure; neither the order in which results came nor that of
// agents matters. Deselected checks are in it, as SKIPPED without a cause; so are shadow checks.
//
// A cause is only ever given to an edge that is FAILED, and rests on what agents saw: on how far
// the failed step got (Failure.reach), and on what became of other edges of the same caller and to
// the same callee. Where an agent is lost, says nothing or stands for several services, or where
// there is too little to compare with, the cause stays unspecified and the explanation says so.
//
//   CALLEE   it answered wrongly; or it refused, and nobody else reaches it; or nobody else reaches
//            it either, while something else in the matrix is reached.
//   CALLER   its name resolves for others and not here, or nobody else can tell; or nothing that it
//            calls can be reached from there, while others reach it.
//   NETWORK  others reach the callee, and the caller reaches others.
google::protobuf::RepeatedPtrField<v1::EdgeRecord> EdgeMatrix(
    const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_EDGES_H_
