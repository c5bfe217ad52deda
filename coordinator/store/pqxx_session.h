#ifndef SMOKEMESH_COORDINATOR_STORE_PQXX_SESSION_H_
#define SMOKEMESH_COORDINATOR_STORE_PQXX_SESSION_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/pqxx_connection.h"
#include "coordinator/store/pqxx_target.h"
#include "shared/backoff.h"
#include "shared/cancellation.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// A connection that is made anew when it was lost, with growing pauses between attempts. Used by
// one thread at a time.
class PqxxSession {
 public:
  // Makes a new connection ready. An error closes it again.
  using Prepare = std::function<absl::Status(PqxxConnection*)>;

  PqxxSession(PqxxTarget target, Prepare prepare);

  // The connection. Between attempts to connect: the error of the last one, at once. `cancellation`
  // may be null.
  absl::StatusOr<PqxxConnection*> Get(shared::Cancellation* cancellation = nullptr);

  // Runs a statement that may be carried out twice: once more on a new connection if the old one
  // turns out to be lost.
  absl::StatusOr<PqxxRows> Ask(const std::string& sql, const std::vector<std::string>& values = {});

  // Closes the connection, and with it its transaction.
  void Drop() { connection_.reset(); }

 private:
  absl::Status Connect(shared::Cancellation* cancellation);

  const PqxxTarget target_;
  const Prepare prepare_;
  std::unique_ptr<PqxxConnection> connection_;
  shared::Backoff backoff_;
  shared::SteadyTime next_attempt_;
  absl::Status failure_;  // of the last attempt
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PQXX_SESSION_H_
