#ifndef SMOKEMESH_COORDINATOR_REPORT_TEXT_POLICY_H_
#define SMOKEMESH_COORDINATOR_REPORT_TEXT_POLICY_H_

#include "coordinator/report/run_view.h"
#include "coordinator/report/text_page.h"

namespace smokemesh::coordinator {

// Sections of the text report about how the run was judged. Each writes nothing when there is
// nothing to say.

// Every rule with its value and limit; those that hold with what counts and what would have changed
// them.
void RulesText(const v1::Run& run, TextPage* page);

// What is new since the last promoted run.
void ComparisonText(const v1::Run& run, const RunView& view, TextPage* page);

// The rounds of a bake.
void RoundsText(const v1::Run& run, TextPage* page);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_TEXT_POLICY_H_
