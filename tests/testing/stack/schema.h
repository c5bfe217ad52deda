#ifndef SMOKEMESH_TESTS_TESTING_STACK_SCHEMA_H_
#define SMOKEMESH_TESTS_TESTING_STACK_SCHEMA_H_

namespace smokemesh::testing {

// The texts of tests/platform/{schema,vector}.sql, which the build puts into the program.
extern const char kPlatformSchema[];
extern const char kVectorSchema[];

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_SCHEMA_H_
