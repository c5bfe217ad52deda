#ifndef SMOKEMESH_COORDINATOR_REPORT_HTML_SECTIONS_H_
#define SMOKEMESH_COORDINATOR_REPORT_HTML_SECTIONS_H_

#include <cstddef>
#include <string>

#include "coordinator/report/html_parts.h"

namespace smokemesh::coordinator {

// The sections of the page, in its order. Each returns HTML, empty when there is nothing to show.

// The plan's name, and the facts of the run.
std::string HtmlTop(const HtmlContext& context);
// The decision, why, the exit code, and the numbers.
std::string HtmlBanner(const HtmlContext& context);
// The rounds of a bake.
std::string HtmlRounds(const HtmlContext& context);
// Every rule and tolerance with its value, limit, evidence, and what would have changed it.
std::string HtmlRules(const HtmlContext& context);
// What is different from earlier promoted runs.
std::string HtmlChanges(const HtmlContext& context);
// The suites with their times.
std::string HtmlSuites(const HtmlContext& context);
// The matrix of services, and why what is broken is.
std::string HtmlMatrix(const HtmlContext& context);
// What could not be cleaned up.
std::string HtmlLeftovers(const HtmlContext& context);
// The checks over time, one band for each agent. Bars link to `#c<index of the check>`. Empty when
// no agent reported a start. Agents whose clocks disagree by more than the run took get a scale of
// their own, and the page says so.
std::string HtmlTimeline(const HtmlContext& context);
// The filter, and every check with its evidence. `size` is that of the page so far: on large pages
// passing checks come without their steps.
std::string HtmlChecks(const HtmlContext& context, size_t size);
// Digests and options.
std::string HtmlFooter(const HtmlContext& context);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_HTML_SECTIONS_H_
