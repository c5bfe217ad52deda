#ifndef SMOKEMESH_TESTS_TESTING_PGLITE_PGLITE_H_
#define SMOKEMESH_TESTS_TESTING_PGLITE_PGLITE_H_

namespace smokemesh::testing {

// The text of server.mjs, which the build puts into the program.
extern const char kPgliteServer[];

// Where `./dev setup` puts PGlite: the source tree's .cache/pglite.
extern const char kPgliteDirectory[];

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_PGLITE_PGLITE_H_
