#include "coordinator/report/matrix_view.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "coordinator/report/markup.h"
#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

// The place of a name in a list, to which it is added when it is new.
size_t PlaceOf(const std::string& name, std::map<std::string, size_t>* places,
               std::vector<std::string>* names) {
  const auto [place, is_new] = places->emplace(name, names->size());
  if (is_new) names->push_back(name);
  return place->second;
}

}  // namespace

MatrixView ArrangeMatrix(const v1::Run& run) {
  MatrixView view;
  std::map<std::string, size_t> callers;
  std::map<std::string, size_t> callees;
  for (const v1::EdgeRecord& edge : run.edges()) {
    PlaceOf(edge.from(), &callers, &view.callers);
    PlaceOf(edge.to(), &callees, &view.callees);
    if (!edge.explanation().empty()) view.broken.push_back(&edge);
  }
  view.cells.assign(view.callers.size(), std::vector<MatrixView::Cell>(view.callees.size()));
  for (const v1::EdgeRecord& edge : run.edges()) {
    view.cells[callers.at(edge.from())][callees.at(edge.to())].push_back(&edge);
  }
  return view;
}

std::string CauseWord(v1::EdgeCause cause) {
  switch (cause) {
    case v1::EDGE_CAUSE_CALLER:
      return "caller";
    case v1::EDGE_CAUSE_NETWORK:
      return "network";
    case v1::EDGE_CAUSE_CALLEE:
      return "callee";
    default:
      return "";
  }
}

std::string EdgeWords(const v1::EdgeRecord& edge) {
  std::string words = absl::AsciiStrToLower(std::string(Name(edge.outcome())));
  if (edge.outcome() != v1::OUTCOME_FAILED) return words;
  const std::string cause = CauseWord(edge.cause());
  return absl::StrCat(words, ": ", cause.empty() ? "cause unknown" : cause);
}

std::string EdgeLabel(const v1::EdgeRecord& edge, bool unicode) {
  return absl::StrCat(SafeText(edge.from()), unicode ? " → " : " -> ", SafeText(edge.to()));
}

}  // namespace smokemesh::coordinator
