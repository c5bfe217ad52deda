#ifndef SMOKEMESH_AGENT_CHECKS_POSTGRES_PQXX_CONNECTION_H_
#define SMOKEMESH_AGENT_CHECKS_POSTGRES_PQXX_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/checks/check.h"
#include "agent/checks/postgres/pqxx_connect.h"
#include "shared/clock.h"

namespace smokemesh::agent {

// What a statement came to.
struct StatementResult {
  struct Column {
    std::string name;
    uint32_t type = 0;  // object identifier in pg_type
  };
  int64_t rows = 0;
  int64_t affected = 0;
  std::vector<Column> columns;
  // The first row; nothing stands for NULL. Empty when there is no row.
  std::vector<std::optional<std::string>> first_row;
  std::string sqlstate = "00000";
  std::string error;  // primary message; empty when there was no error
  shared::Duration duration{};
  // How long opening the session took; nothing when it was open already.
  std::optional<shared::Duration> connect_duration;
};

// One connection to a PostgreSQL server. Never reconnects: once it is lost it stays so. Used by one
// thread at a time.
class PqxxConnection {
 public:
  // Greatest answer to a statement. More is DATA_LOSS.
  static constexpr int64_t kMaxRows = 1'000;
  static constexpr int64_t kMaxBytes = 1 << 20;

  // Opens a connection where `guard` lets it. Its statements time out on the server a little before
  // `context.deadline`, unless the server is stricter. A ForbiddenError also when the role is or
  // may become a superuser, or may use files and programs of the server's machine, and the guard's
  // policy does not allow that.
  static absl::StatusOr<std::unique_ptr<PqxxConnection>> Open(
      const ConnectionParameters& parameters, const TargetGuard& guard,
      const CheckContext& context);

  // Says goodbye, if there is still somebody to say it to.
  virtual ~PqxxConnection() = default;

  // Carries out one statement. An error of the server is a result. Errors: UNAVAILABLE the
  // connection was lost, DATA_LOSS the answer is too large, DEADLINE_EXCEEDED, CANCELLED,
  // INVALID_ARGUMENT. Returns at most 100 ms after the deadline or the cancellation; the statement
  // is cancelled on the server then.
  virtual absl::StatusOr<StatementResult> Execute(const std::string& sql,
                                                  const std::vector<std::string>& parameters,
                                                  const CheckContext& context) = 0;

  // Cuts the connection without a goodbye.
  virtual void Cut() = 0;

  // Says goodbye and waits a moment for the server to end its side: its slot is free then, so that
  // a check that opens one connection after the other does not run into a limit by itself. Waits
  // at most 100 ms, and not past the deadline or the cancellation. Only the destructor may follow.
  virtual void Close(const CheckContext& context) = 0;

  // How long the server and the way to it took to open the connection, name look-up included.
  virtual shared::Duration connect_duration() const = 0;

  // Whether further statements make sense.
  virtual bool usable() const = 0;

  // Process identifier on the server.
  virtual int backend_pid() const = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_POSTGRES_PQXX_CONNECTION_H_
