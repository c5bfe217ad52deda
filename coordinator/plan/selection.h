#ifndef SMOKEMESH_COORDINATOR_PLAN_SELECTION_H_
#define SMOKEMESH_COORDINATOR_PLAN_SELECTION_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::coordinator {

// A boolean expression over words: `smoke and (database or redis) and not slow`. `not` binds
// tighter than `and`, `and` tighter than `or`; words are letters, digits, `_`, `-`, `.`, `:`; case
// counts in tags and not in names. An empty expression selects everything.
class Selection {
 public:
  // INVALID_ARGUMENT with the column of what is wrong.
  static absl::StatusOr<Selection> Parse(std::string_view expression);

  Selection();

  // `-m` and policies: a word holds when it is one of `tags`.
  bool MatchesTags(const std::vector<std::string>& tags) const;

  // `-k`: a word holds when it is a part of `name`, in any case of letters.
  bool MatchesName(std::string_view name) const;

  // Whether no tags at all can match, as with `a and not a`. Gives up, with false, on expressions
  // of more than 10 different words.
  bool IsContradiction() const;

  // The words of the expression, in order.
  std::vector<std::string> Words() const;

 private:
  struct Node;
  std::shared_ptr<const Node> root_;  // null: everything
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_SELECTION_H_
