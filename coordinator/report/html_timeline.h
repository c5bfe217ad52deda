#ifndef SMOKEMESH_COORDINATOR_REPORT_HTML_TIMELINE_H_
#define SMOKEMESH_COORDINATOR_REPORT_HTML_TIMELINE_H_

#include <string>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// The checks of a run over time, one band for each agent, as HTML with inline SVG. Bars link to
// `#c<index of the check>`. Empty when no agent reported a start. Agents whose clocks disagree by
// more than the run took get a scale of their own, and the page says so.
std::string HtmlTimeline(const v1::Run& run);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_HTML_TIMELINE_H_
