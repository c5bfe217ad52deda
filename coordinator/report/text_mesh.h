#ifndef SMOKEMESH_COORDINATOR_REPORT_TEXT_MESH_H_
#define SMOKEMESH_COORDINATOR_REPORT_TEXT_MESH_H_

#include "coordinator/report/text_page.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What only a mesh shows. Nothing where there is none of it.

// The roles of every flow that ran, on each agent, with their latencies.
void FlowsText(const v1::Run& run, TextPage* page);

// The matrix of services, as a table where the page is wide enough and else edge by edge, and why
// what is broken is.
void MatrixText(const v1::Run& run, TextPage* page);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_TEXT_MESH_H_
