#ifndef SMOKEMESH_TESTS_TESTING_STACK_UNSIGNED_TOKEN_H_
#define SMOKEMESH_TESTS_TESTING_STACK_UNSIGNED_TOKEN_H_

#include <string>

namespace smokemesh::testing {

// The same claims as in `token`, with `alg: none` and no signature.
std::string UnsignedToken(const std::string& token);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_UNSIGNED_TOKEN_H_
