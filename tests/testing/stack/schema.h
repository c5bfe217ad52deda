#ifndef SMOKEMESH_TESTS_TESTING_STACK_SCHEMA_H_
#define SMOKEMESH_TESTS_TESTING_STACK_SCHEMA_H_

namespace smokemesh::testing {

// The text of tests/platform/schema.sql, which the build puts into the program.
extern const char kPlatformSchema[];

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_SCHEMA_H_
