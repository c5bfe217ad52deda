#ifndef SMOKEMESH_TESTS_TESTING_STOPWATCH_H_
#define SMOKEMESH_TESTS_TESTING_STOPWATCH_H_

#include <map>
#include <string>

#include "shared/clock.h"

namespace smokemesh::testing {

// Runs from its making. For bounds on how soon something ends, on a machine that is busy with other
// tests: what does too much, or waits for the wrong thing, is late on an idle machine, too. Used by
// one thread.
class Stopwatch {
 public:
  Stopwatch();

  // Less the time for which threads of this process that are still there were ready to run and the
  // machine ran others: of all of them together, so that it may be negative.
  shared::Duration Elapsed() const;

 private:
  const shared::SteadyTime begin_;
  const std::map<std::string, shared::Duration> waited_;  // by thread
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STOPWATCH_H_
