#ifndef SMOKEMESH_COORDINATOR_ACCESS_METHOD_TABLE_H_
#define SMOKEMESH_COORDINATOR_ACCESS_METHOD_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/access/caller.h"

namespace smokemesh::coordinator {

// Who may call which method: the one table. What is not in it nobody may call.
struct MethodAccess {
  std::string_view path;  // `/package.Service/Method`
  std::vector<Role> roles;
};

// The whole table.
const std::vector<MethodAccess>& MethodTable();

// OK, or PERMISSION_DENIED that names the caller, the method and the roles that may. A local caller
// may call everything.
absl::Status CheckAccess(const Caller& caller, std::string_view path);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_ACCESS_METHOD_TABLE_H_
