#ifndef SMOKEMESH_COORDINATOR_REPORT_HTML_EVIDENCE_H_
#define SMOKEMESH_COORDINATOR_REPORT_HTML_EVIDENCE_H_

#include <string>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What one agent has to say about a check, as HTML: outcome, failures with expected and seen, what
// could not be cleaned up, and the steps, if they are wanted.
std::string HtmlEvidence(const v1::CheckRecord& check, const v1::Task& task, bool with_steps);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_HTML_EVIDENCE_H_
