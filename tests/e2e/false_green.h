#ifndef SMOKEMESH_TESTS_E2E_FALSE_GREEN_H_
#define SMOKEMESH_TESTS_E2E_FALSE_GREEN_H_

#include "tests/e2e/verdict_fixture.h"

namespace smokemesh::testing {

// The twenty ways in which other systems turned nothing, or a failure, into green. Each test is
// named after its case. Its comment says what would turn it red: the fault in smokemesh that it
// looks for.
class FalseGreen : public VerdictTest {};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_E2E_FALSE_GREEN_H_
