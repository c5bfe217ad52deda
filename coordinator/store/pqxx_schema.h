#ifndef SMOKEMESH_COORDINATOR_STORE_PQXX_SCHEMA_H_
#define SMOKEMESH_COORDINATOR_STORE_PQXX_SCHEMA_H_

#include "absl/status/status.h"
#include "coordinator/store/pqxx_connection.h"
#include "coordinator/store/pqxx_target.h"

namespace smokemesh::coordinator {

// Makes the schema and its tables if they are not there, and brings an older smokemesh's up to
// date; several processes may do so at once. FAILED_PRECONDITION when they are another program's,
// or a newer smokemesh's; PERMISSION_DENIED, with what an administrator must do, when the role may
// not.
absl::Status PreparePqxxSchema(PqxxConnection* connection, const PqxxTarget& target);

// Changes nothing. NOT_FOUND when there are no tables of smokemesh's; FAILED_PRECONDITION when they
// are of another version.
absl::Status CheckPqxxSchema(PqxxConnection* connection, const PqxxTarget& target);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PQXX_SCHEMA_H_
