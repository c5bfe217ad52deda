#ifndef SMOKEMESH_COORDINATOR_REPORT_TEXT_CHECKS_H_
#define SMOKEMESH_COORDINATOR_REPORT_TEXT_CHECKS_H_

#include "coordinator/report/run_view.h"
#include "coordinator/report/text_page.h"

namespace smokemesh::coordinator {

// Sections of the text report about checks.

// One check that did not pass, with what was expected and seen.
void TroubleText(const v1::CheckRecord& check, TextPage* page);

// Every check with its agents and steps, what was seen and how long it took, by suite.
void EveryCheckText(const RunView& view, TextPage* page);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_TEXT_CHECKS_H_
