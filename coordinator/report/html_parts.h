#ifndef SMOKEMESH_COORDINATOR_REPORT_HTML_PARTS_H_
#define SMOKEMESH_COORDINATOR_REPORT_HTML_PARTS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/report/run_view.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Pieces that the sections of the page share. All of them return HTML.

// What the page knows of a run besides the run: made once, used by all sections.
struct HtmlContext {
  explicit HtmlContext(const v1::Run& run_of_page);

  const v1::Run& run;
  const RunView view;
  std::map<const v1::CheckRecord*, int> index;  // `#c<index>` is the check's place
  std::map<std::string, int> index_by_name;
  std::map<const v1::CheckRecord*, int> suite_of;  // index in view.suites
  std::map<std::string, int> agents;               // number of each agent, in order
};

// `failed`, `open`; for classes and words.
std::string Lower(v1::Outcome outcome);
std::string Lower(v1::Decision decision);

// Class of a suite's colour.
std::string SuiteClass(int suite);

// Numbers by outcome in the order in which bars and legends show them, the worst first.
std::vector<std::pair<v1::Outcome, int>> InOrder(const v1::OutcomeCounts& counts);

// One horizontal bar, a part for each outcome.
std::string StackedBar(const v1::OutcomeCounts& counts, int height);

// The name of a check as a link to it; the bare name when there is no such check.
std::string CheckLink(const HtmlContext& context, const std::string& name);

// `a, b and 3 more`: links to as many as a page can bear.
template <typename Names>
std::string CheckLinks(const HtmlContext& context, const Names& names) {
  constexpr int kMost = 40;
  std::string out;
  int count = 0;
  for (const std::string& name : names) {
    if (++count > kMost) continue;
    if (!out.empty()) out += ", ";
    out += CheckLink(context, name);
  }
  if (count > kMost) out += " and " + std::to_string(count - kMost) + " more";
  return out;
}

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_HTML_PARTS_H_
