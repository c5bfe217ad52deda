#ifndef SMOKEMESH_COORDINATOR_STORE_PQXX_CONNECTION_H_
#define SMOKEMESH_COORDINATOR_STORE_PQXX_CONNECTION_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/pqxx_target.h"
#include "shared/cancellation.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// How long connecting, and each statement, may take.
inline constexpr shared::Duration kPostgresLimit = std::chrono::seconds(5);

// Values in PostgreSQL's text form; nothing: NULL.
using PqxxRow = std::vector<std::optional<std::string>>;
using PqxxRows = std::vector<PqxxRow>;

// One connection to a PostgreSQL server. No call blocks longer than kPostgresLimit, whatever the
// server and the network do. Used by one thread at a time.
//
// Errors: UNAVAILABLE when the server does not answer, is not reached or cannot carry a statement
// out now (disk full, read-only, too many connections, lock not got); UNAUTHENTICATED and
// PERMISSION_DENIED when it refuses the role; INTERNAL for anything else. Never ABORTED or
// FAILED_PRECONDITION.
class PqxxConnection {
 public:
  // Connects to the first of the target's servers that takes us. `cancellation` (may be null) ends
  // it early: CANCELLED.
  static absl::StatusOr<std::unique_ptr<PqxxConnection>> Open(
      const PqxxTarget& target, shared::Cancellation* cancellation = nullptr);

  virtual ~PqxxConnection() = default;

  // Runs one statement with values for $1, $2, ….
  virtual absl::StatusOr<PqxxRows> Execute(const std::string& sql,
                                           const std::vector<std::string>& values = {}) = 0;

  // Ends the open transaction. OK only when the server says that it is committed, and with
  // synchronous replication, that the standby has it. UNKNOWN when it may be committed all the
  // same: the server was asked, and its answer did not come.
  virtual absl::Status Commit() = 0;

  // Whether the connection works. If not, nothing more can be asked of it.
  virtual bool usable() const = 0;

  // Waits for a notification on a channel that this connection listens to. Returns at `deadline`,
  // when `cancellation` is cancelled or the connection is lost, too.
  virtual void AwaitNotification(shared::SteadyTime deadline,
                                 shared::Cancellation* cancellation) = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PQXX_CONNECTION_H_
