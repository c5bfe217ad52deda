#ifndef SMOKEMESH_TESTS_SIMULATION_SIM_REPORT_H_
#define SMOKEMESH_TESTS_SIMULATION_SIM_REPORT_H_

#include <map>
#include <string>

namespace smokemesh::testing {

// What simulations came to.
struct SimReport {
  std::string violation;  // empty: every invariant held
  // Things that happened, by name: `runs`, `results`, `crashes of replicas`, …
  std::map<std::string, int> counts;
  // Faults among them. A simulation without one proves nothing.
  int faults = 0;

  void Count(const std::string& what, int times = 1) { counts[what] += times; }
  void Fault(const std::string& what) {
    Count(what);
    ++faults;
  }
  void Add(const SimReport& other) {
    for (const auto& [what, times] : other.counts) counts[what] += times;
    faults += other.faults;
  }
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_SIM_REPORT_H_
