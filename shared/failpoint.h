#ifndef SMOKEMESH_SHARED_FAILPOINT_H_
#define SMOKEMESH_SHARED_FAILPOINT_H_

// A place where a test can kill the process: SMOKEMESH_FAILPOINT("after_commit") dies there, as by
// `kill -9`, when the environment variable SMOKEMESH_FAILPOINT is `after_commit`; with
// `after_commit:3` when it comes there for the third time. Only in builds with the CMake option
// SMOKEMESH_FAILPOINTS, and in `smokemesh-failpoints` (tests/chaos); elsewhere it is nothing.

#ifdef SMOKEMESH_FAILPOINTS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

// Dies when it comes to `name` for as many times as it was asked for. `times`: of this place.
inline void SmokemeshFailpoint(const std::string& name, std::atomic<int>* times) {
  const char* const variable = std::getenv("SMOKEMESH_FAILPOINT");
  if (variable == nullptr) return;
  const std::string asked = variable;
  const size_t colon = asked.find(':');
  if (asked.substr(0, colon) != name) return;
  const int wanted = colon == std::string::npos ? 1 : std::atoi(asked.c_str() + colon + 1);
  if (++*times >= wanted) raise(SIGKILL);
}

#define SMOKEMESH_FAILPOINT(name)     \
  do {                                \
    static std::atomic<int> times{0}; \
    SmokemeshFailpoint(name, &times); \
  } while (false)

#else

#define SMOKEMESH_FAILPOINT(name) static_cast<void>(0)

#endif

#endif  // SMOKEMESH_SHARED_FAILPOINT_H_
