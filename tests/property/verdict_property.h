#ifndef SMOKEMESH_TESTS_PROPERTY_VERDICT_PROPERTY_H_
#define SMOKEMESH_TESTS_PROPERTY_VERDICT_PROPERTY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace smokemesh::testing {

// What came of a number of cases.
struct PropertyReport {
  uint64_t cases = 0;
  uint64_t differences = 0;
  std::vector<std::string> first;             // the first differences, for people
  std::map<std::string, uint64_t> decisions;  // of cases, by name
  std::map<std::string, uint64_t> seen;       // what else the cases were about

  void Add(const PropertyReport& other);
};

// Makes random runs out of the numbers from `begin` to `end` - 1 and a seed, drives the product's
// state of a run through each of them, and compares with the slow judge:
//   * the outcome of every check, and what BLOCKED ones were blocked by, at some moment and in the
//     end; that nothing ran before what it needs, and that everything ran that could;
//   * decision, counts, every rule's value, whether it was crossed and holds, what is tolerated;
//   * that what rules say would have changed them would have;
//   * that a ROLLBACK which is called final is one in the end;
//   * that the same evidence in another order, with duplicates and late contradictions, gives the
//     same verdict to the byte;
//   * what rounds of a bake come to.
PropertyReport CheckCases(uint64_t seed, uint64_t begin, uint64_t end);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_PROPERTY_VERDICT_PROPERTY_H_
