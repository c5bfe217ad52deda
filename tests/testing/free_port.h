#ifndef SMOKEMESH_TESTS_TESTING_FREE_PORT_H_
#define SMOKEMESH_TESTS_TESTING_FREE_PORT_H_

namespace smokemesh::testing {

// A TCP port of 127.0.0.1 that nobody listens on now, outside the range that the kernel hands out
// for outgoing connections. Only for servers that cannot bind port 0 and tell; the caller tries
// again with another one when somebody was faster.
int FreePort();

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_FREE_PORT_H_
