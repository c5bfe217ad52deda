#ifndef SMOKEMESH_COORDINATOR_REPORT_MATRIX_VIEW_H_
#define SMOKEMESH_COORDINATOR_REPORT_MATRIX_VIEW_H_

#include <string>
#include <vector>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// The matrix of services of a run (Run.edges), arranged for readers: who calls against who is
// called, each in the order in which the plan first names them. Points into the run.
struct MatrixView {
  // The edges of a caller to a callee. None where the plan declares none; more than one where
  // several `edges` checks do.
  using Cell = std::vector<const v1::EdgeRecord*>;

  std::vector<std::string> callers;
  std::vector<std::string> callees;
  std::vector<std::vector<Cell>> cells;       // by caller, then by callee
  std::vector<const v1::EdgeRecord*> broken;  // with an explanation, in plan order

  bool empty() const { return callers.empty(); }
};

MatrixView ArrangeMatrix(const v1::Run& run);

// `caller`, `network`, `callee`; empty when it is not known.
std::string CauseWord(v1::EdgeCause cause);

// What became of an edge, in words: `passed`, `failed: network`, `failed: cause unknown`,
// `missing`.
std::string EdgeWords(const v1::EdgeRecord& edge);

// `web → orders`, escaped.
std::string EdgeLabel(const v1::EdgeRecord& edge, bool unicode);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_MATRIX_VIEW_H_
