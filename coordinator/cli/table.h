#ifndef SMOKEMESH_COORDINATOR_CLI_TABLE_H_
#define SMOKEMESH_COORDINATOR_CLI_TABLE_H_

#include <string>
#include <vector>

namespace smokemesh::coordinator {

// Columns as wide as they need to be, the first row being their headings; the last one is not
// padded. Writes what it is given: escape first.
std::string Table(const std::vector<std::vector<std::string>>& rows);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_TABLE_H_
