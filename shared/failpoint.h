#ifndef SMOKEMESH_SHARED_FAILPOINT_H_
#define SMOKEMESH_SHARED_FAILPOINT_H_

// A place where a test can kill the process: SMOKEMESH_FAILPOINT("after_commit") dies there, as by
// `kill -9`, when the environment variable SMOKEMESH_FAILPOINT is `after_commit`. Only in builds
// with the CMake option SMOKEMESH_FAILPOINTS; elsewhere it is nothing.

#ifdef SMOKEMESH_FAILPOINTS

#include <csignal>
#include <cstdlib>
#include <cstring>

#define SMOKEMESH_FAILPOINT(name)                                                  \
  do {                                                                             \
    const char* failpoint = std::getenv("SMOKEMESH_FAILPOINT");                    \
    if (failpoint != nullptr && std::strcmp(failpoint, name) == 0) raise(SIGKILL); \
  } while (false)

#else

#define SMOKEMESH_FAILPOINT(name) static_cast<void>(0)

#endif

#endif  // SMOKEMESH_SHARED_FAILPOINT_H_
