#include "coordinator/cli/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/report/text_layout.h"

namespace smokemesh::coordinator {

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Columns(row[i]));
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      absl::StrAppend(&out, Padded(row[i], widths[i]), "  ");
    }
    if (!row.empty()) absl::StrAppend(&out, row.back());
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += "\n";
  }
  return out;
}

}  // namespace smokemesh::coordinator
