#ifndef SMOKEMESH_SHARED_YAML_PROBLEM_H_
#define SMOKEMESH_SHARED_YAML_PROBLEM_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace smokemesh::shared {

// Something wrong with a file.
struct Problem {
  std::string file;
  int line = 0;  // from 1; 0 when it has no place
  int column = 0;
  std::string message;
};

// Writes `plan.yaml:12:9: unknown field "expct" (did you mean "expect"?)`, one line for each.
std::string FormatProblems(const std::vector<Problem>& problems);

inline constexpr size_t kMaxProblems = 100;

// Sorts by place and cuts to the first kMaxProblems, with a note about the rest.
void SortAndBound(std::string_view file, std::vector<Problem>* problems);

// Where the fields of a message stand in its file, by path:
// `checks[3].http.steps[0].expect[1]`. Every field, element and map value that the file has is
// there.
struct Position {
  int line = 0;
  int column = 0;
};
using Positions = std::map<std::string, Position>;

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_YAML_PROBLEM_H_
