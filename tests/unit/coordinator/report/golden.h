#ifndef SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_GOLDEN_H_
#define SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_GOLDEN_H_

namespace smokemesh::coordinator {

// Set by `--rewrite_golden`: write the golden files instead of comparing with them.
extern bool rewrite_golden;

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_TESTS_UNIT_COORDINATOR_REPORT_GOLDEN_H_
