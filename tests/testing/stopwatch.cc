#include "tests/testing/stopwatch.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace smokemesh::testing {
namespace {

// How long each thread of this process has waited for a processor: the second number of schedstat,
// in ns (https://docs.kernel.org/scheduler/sched-stats.html). Empty where the kernel does not
// count.
std::map<std::string, shared::Duration> WaitedForProcessor() {
  std::map<std::string, shared::Duration> all;
  std::error_code gone;  // a thread may end meanwhile
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", gone)) {
    int64_t ran = 0;
    int64_t waited = 0;
    std::ifstream file(task.path() / "schedstat");
    if (file >> ran >> waited) all[task.path().filename()] = std::chrono::nanoseconds(waited);
  }
  return all;
}

}  // namespace

Stopwatch::Stopwatch() : begin_(std::chrono::steady_clock::now()), waited_(WaitedForProcessor()) {}

shared::Duration Stopwatch::Elapsed() const {
  shared::Duration elapsed = std::chrono::steady_clock::now() - begin_;
  for (const auto& [thread, waited] : WaitedForProcessor()) {
    const auto before = waited_.find(thread);
    elapsed -= before == waited_.end() ? waited : waited - before->second;
  }
  return elapsed;
}

}  // namespace smokemesh::testing
