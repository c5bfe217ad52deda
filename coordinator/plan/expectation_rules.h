#ifndef SMOKEMESH_COORDINATOR_PLAN_EXPECTATION_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_EXPECTATION_RULES_H_

#include <optional>
#include <string>
#include <string_view>

#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/step_place.h"
#include "shared/expectation/expectation.h"

namespace smokemesh::coordinator {

// Reports what is wrong with one expectation: the text of `field` of a step, with the queries of
// `kind` (a kind of step, or `message`). Returns it when it could be read.
std::optional<shared::Expectation> CheckExpectation(const std::string& text, std::string_view kind,
                                                    const std::string& field, const Scope& scope,
                                                    const StepPlace& place);

// Reports what is wrong with `expect` of a step: each one, and queries that this step has no answer
// to, such as a quantile of a step that is done once.
void CheckExpectations(const AnyStep& step, const Scope& scope, const StepPlace& place);

// Reports a step that expects nothing where its kind implies nothing either: it would pass whatever
// the server said.
void CheckExpectsSomething(const AnyStep& step, const StepPlace& place);

// Whether a step can prove anything: it is not left out by a literal `when: false`, and does not
// only cut a connection or remove something.
bool CanProveSomething(const AnyStep& step);

// Reports what is wrong with `capture` of a step.
void CheckCaptures(const AnyStep& step, const StepPlace& place);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_EXPECTATION_RULES_H_
