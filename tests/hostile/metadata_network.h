#ifndef SMOKEMESH_TESTS_HOSTILE_METADATA_NETWORK_H_
#define SMOKEMESH_TESTS_HOSTILE_METADATA_NETWORK_H_

#include <functional>

namespace smokemesh::testing {

// Runs `body` on a thread in a network of its own, in which this machine is 169.254.169.254 besides
// 127.0.0.1. Threads and servers that `body` starts are in it too. False, without running it, where
// the kernel does not let us make one.
bool RunInMetadataNetwork(const std::function<void()>& body);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_HOSTILE_METADATA_NETWORK_H_
