#include "agent/checks/postgres/pqxx_connection.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/net/unique_fd.h"
#include "agent/checks/net/waiter.h"
#include "agent/checks/postgres/statement_watchdog.h"
#include "shared/cut_connection.h"
#include "shared/postgres/pqxx_driver.h"
#include "shared/postgres/server_message.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using Reason = StatementWatchdog::Reason;
using shared::ParseServerMessage;
using shared::ServerMessage;

// How much earlier than the check's deadline the server ends a statement by itself.
constexpr shared::Duration kTimeoutMargin = std::chrono::milliseconds(50);
// A statement that the server ended so shortly before the deadline was ended by that margin.
constexpr shared::Duration kTimeoutSlack = std::chrono::milliseconds(100);
// Bytes on the wire after which an answer is cut off while it still comes in.
constexpr uint64_t kMaxWireBytes = 4 * PqxxConnection::kMaxBytes;
// As many as a check may have sessions.
constexpr int kMaxCancelThreads = 64;
// The superuser that the session's role is or may become, or the role with a superuser's powers
// over the server's machine that it has; NULL when there is none. Itself first.
constexpr char kPowerfulRole[] =
    "(SELECT r.rolname FROM pg_catalog.pg_roles r WHERE (r.rolsuper OR r.rolname IN "
    "('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')) AND "
    "pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER') "
    "ORDER BY r.rolname = session_user DESC, r.rolname LIMIT 1)";
// How long a goodbye may take.
constexpr shared::Duration kLongestGoodbye = std::chrono::milliseconds(100);

// ---- Errors.

// libpqxx does not tell the SQLSTATE of some classes; the verbose message does. The type of the
// exception is what is left when the message is not understood.
StatementResult ServerError(const char* message, const std::string& sqlstate) {
  const ServerMessage parsed = ParseServerMessage(message);
  StatementResult result;
  result.sqlstate = !parsed.sqlstate.empty() ? parsed.sqlstate : sqlstate;
  result.error = parsed.text;
  return result;
}

// Runs `call` and turns what it throws into data. UNAVAILABLE when the connection broke.
template <typename Call>
absl::StatusOr<StatementResult> Caught(const pg_conn* connection, const Call& call) {
  try {
    return call();
  } catch (const pqxx::broken_connection& error) {
    // libpqxx says so of every error of class 08 and of 53300, also when a statement reports them
    // of another server (a foreign table) and this connection is well.
    const ServerMessage parsed = ParseServerMessage(error.what());
    if (PQstatus(connection) == CONNECTION_OK && !parsed.sqlstate.empty()) {
      return ServerError(error.what(), "");
    }
    return absl::UnavailableError(parsed.text);
  } catch (const pqxx::deadlock_detected& error) {
    return ServerError(error.what(), "40P01");
  } catch (const pqxx::statement_completion_unknown& error) {
    return ServerError(error.what(), "40003");
  } catch (const pqxx::transaction_rollback& error) {
    return ServerError(error.what(), "40001");
  } catch (const pqxx::insufficient_privilege& error) {
    return ServerError(error.what(), "42501");
  } catch (const pqxx::sql_error& error) {
    return ServerError(error.what(), error.sqlstate().empty() ? "XX000" : error.sqlstate());
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot start a thread: ", error.what()));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("libpqxx: ", error.what()));
  }
}

// ---- Ending a statement on the server.

using CancelHandle = std::shared_ptr<PGcancel>;

std::atomic<int> cancel_threads{0};

// Asks the server to cancel what the connection is doing. PQcancel can hang for as long as a frozen
// server does, so that a thread of its own makes it, which nobody waits for: a limited number of
// them in the process. Without one the connection is merely cut, and the server notices when the
// statement ends.
void AskToCancel(const CancelHandle& cancel) {
  if (cancel == nullptr) return;
  if (cancel_threads.fetch_add(1) >= kMaxCancelThreads) {
    cancel_threads.fetch_sub(1);
    return;
  }
  try {
    std::thread([cancel] {
      char error[256];
      PQcancel(cancel.get(), error, sizeof(error));
      cancel_threads.fetch_sub(1);
    }).detach();
  } catch (const std::system_error&) {
    cancel_threads.fetch_sub(1);
  }
}

uint64_t ReceivedBytes(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  // Fails on a UNIX socket: such an answer is measured only when it is complete.
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  if (size < offsetof(tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received)) return 0;
  return info.tcpi_bytes_received;
}

void IgnoreNotice(void*, const char*) {}

class Connection final : public PqxxConnection {
 public:
  Connection(LibpqConnection raw, std::string target, shared::Duration connect_duration)
      : target_(std::move(target)),
        connect_duration_(connect_duration),
        raw_(raw.get()),
        cancel_(PQgetCancel(raw_), [](PGcancel* cancel) { PQfreeCancel(cancel); }),
        // A dup, so that a shutdown never meets a descriptor that was closed and used again.
        socket_(fcntl(PQsocket(raw_), F_DUPFD_CLOEXEC, 3)),
        backend_pid_(PQbackendPID(raw_)),
        driver_(shared::AdoptConnection(std::move(raw))) {
    // libpqxx writes notices to standard error.
    PQsetNoticeProcessor(raw_, &IgnoreNotice, nullptr);
  }

  absl::StatusOr<StatementResult> Execute(const std::string& sql,
                                          const std::vector<std::string>& parameters,
                                          const CheckContext& context) override;

  void Cut() override {
    usable_ = false;
    shared::CutConnection(socket_.get());
  }

  void Close(const CheckContext& context) override;

  shared::Duration connect_duration() const override { return connect_duration_; }
  bool usable() const override { return usable_; }
  int backend_pid() const override { return backend_pid_; }

  // Limits the time of statements, and looks whether the policy lets plans work as this role.
  absl::Status Prepare(const Policy& policy, const CheckContext& context);

 private:
  absl::Status WhyEnded(Reason reason, bool cut, const CheckContext& context) const;
  absl::StatusOr<StatementResult> Read(const pqxx::result& answer) const;

  const std::string target_;
  const shared::Duration connect_duration_;
  pg_conn* const raw_;  // owned by driver_
  const CancelHandle cancel_;
  const UniqueFd socket_;
  const int backend_pid_;
  std::unique_ptr<shared::PqxxDriver> driver_;  // nothing after Close
  bool usable_ = true;
};

void Connection::Close(const CheckContext& context) {
  if (!usable_) return;
  usable_ = false;
  driver_.reset();  // says goodbye and closes its descriptor; ours keeps the socket
  const Waiter waiter(
      {std::min(context.deadline, std::chrono::steady_clock::now() + kLongestGoodbye),
       context.cancellation});
  char rest[512];
  for (;;) {
    if (!waiter.Wait(socket_.get(), POLLIN).ok()) return;
    const ssize_t got = recv(socket_.get(), rest, sizeof(rest), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

absl::Status Connection::WhyEnded(Reason reason, bool cut, const CheckContext& context) const {
  switch (reason) {
    case Reason::kCancelled:
      return absl::CancelledError(context.cancellation->reason());
    case Reason::kTooMuch:
      return absl::DataLossError(absl::StrCat("the answer of ", target_, " is larger than ",
                                              kMaxBytes, " bytes; select less"));
    case Reason::kDeadline:
      break;
  }
  return absl::DeadlineExceededError(absl::StrCat(
      target_, " did not finish the statement within the time of the check; ",
      cut ? "it did not react to a cancellation either: check that the server and the way to it "
            "are "
            "alive"
          : "the statement was cancelled: look for locks and slow plans (pg_stat_activity)"));
}

absl::StatusOr<StatementResult> Connection::Read(const pqxx::result& answer) const {
  StatementResult result;
  result.rows = static_cast<int64_t>(answer.size());
  result.affected = static_cast<int64_t>(answer.affected_rows());
  if (result.rows > kMaxRows) {
    return absl::DataLossError(absl::StrCat("the statement returned ", result.rows,
                                            " rows, and at most ", kMaxRows,
                                            " are read; add a LIMIT or select a count"));
  }
  const auto columns = answer.columns();
  int64_t bytes = 0;
  for (const auto& row : answer) {
    for (const auto& field : row) bytes += static_cast<int64_t>(field.size());
  }
  if (bytes > kMaxBytes) {
    return absl::DataLossError(absl::StrCat("the statement returned ", bytes,
                                            " bytes, and at most ", kMaxBytes,
                                            " are read; select less"));
  }
  for (auto i = columns - columns; i < columns; ++i) {
    result.columns.push_back({answer.column_name(i), answer.column_type(i)});
    if (result.rows == 0) continue;
    const auto field = answer[0][i];
    if (field.is_null()) {
      result.first_row.emplace_back();
    } else {
      result.first_row.emplace_back(std::string(field.c_str(), field.size()));
    }
  }
  return result;
}

absl::StatusOr<StatementResult> Connection::Execute(const std::string& sql,
                                                    const std::vector<std::string>& parameters,
                                                    const CheckContext& context) {
  if (!usable_) return absl::UnavailableError("the connection to " + target_ + " is gone");
  const auto has_zero = [](const std::string& text) { return text.find('\0') != text.npos; };
  if (has_zero(sql) || std::any_of(parameters.begin(), parameters.end(), has_zero)) {
    return absl::InvalidArgumentError("PostgreSQL takes no zero bytes in statements and values");
  }
  const shared::SteadyTime begin = std::chrono::steady_clock::now();
  // Too late to ask: the session stays as it is.
  if (context.cancellation->cancelled()) return WhyEnded(Reason::kCancelled, false, context);
  if (begin >= context.deadline) {
    return absl::DeadlineExceededError("no time was left for a statement on " + target_);
  }
  std::optional<Reason> ended;
  bool cut = false;
  auto result = Caught(raw_, [&]() -> absl::StatusOr<StatementResult> {
    const uint64_t before = ReceivedBytes(socket_.get());
    StatementWatchdog watchdog(
        context,
        {.ask = [this] { AskToCancel(cancel_); },
         .cut = [this] { shared::CutConnection(socket_.get()); },
         .too_much = [this,
                      before] { return ReceivedBytes(socket_.get()) - before > kMaxWireBytes; }});
    // However the call ends, first learn whether the watchdog ended it.
    struct StopFirst {
      StatementWatchdog& watchdog;
      std::optional<Reason>& ended;
      bool& cut;
      ~StopFirst() {
        ended = watchdog.Stop();
        cut = watchdog.cut();
      }
    };
    pqxx::result answer;
    {
      const StopFirst stop{watchdog, ended, cut};
      answer = shared::SendStatement(*driver_, sql, parameters);
    }
    return Read(answer);
  });
  const shared::SteadyTime end = std::chrono::steady_clock::now();

  if (ended.has_value()) {
    // A late cancellation could hit the next statement: this was the last one.
    usable_ = false;
    return WhyEnded(*ended, cut, context);
  }
  if (PQtransactionStatus(raw_) == PQTRANS_ACTIVE) {
    Cut();
    return absl::InvalidArgumentError(
        "COPY FROM STDIN and COPY TO STDOUT cannot be a step: use INSERT or SELECT");
  }
  if (PQstatus(raw_) != CONNECTION_OK || absl::IsUnavailable(result.status())) {
    usable_ = false;
    const std::string why = result.ok() ? result->error : "";
    return absl::UnavailableError(
        absl::StrCat(target_, " ended the connection during a statement", why.empty() ? "" : ": ",
                     why, why.empty() ? "; look for a crash or restart in the server's log" : ""));
  }
  if (result.ok()) {
    if (result->sqlstate == "57014" && end > context.deadline - kTimeoutSlack) {
      return WhyEnded(Reason::kDeadline, false, context);
    }
    result->duration = end - begin;
  }
  return result;
}

absl::Status Connection::Prepare(const Policy& policy, const CheckContext& context) {
  const shared::Duration left = context.deadline - std::chrono::steady_clock::now();
  const int64_t milliseconds = std::clamp<int64_t>(
      std::chrono::floor<std::chrono::milliseconds>(std::max(left - kTimeoutMargin, left / 2))
          .count(),
      1, 2'000'000'000);
  // A stricter setting of the role or the database stays: it may be what a check is about.
  const std::string limit = absl::StrCat(milliseconds, "ms");
  ASSIGN_OR_RETURN(
      const StatementResult seen,
      Execute(absl::StrCat("SELECT session_user, ", kPowerfulRole,
                           ", (SELECT set_config('statement_timeout', '", limit,
                           "', false) WHERE current_setting('statement_timeout')::interval NOT "
                           "BETWEEN interval '1us' AND interval '",
                           limit, "')"),
              {}, context));
  if (policy.allows_superuser()) return absl::OkStatus();
  if (seen.sqlstate != "00000" || seen.first_row.size() < 2) {
    const std::string text = absl::StrCat(target_, " does not tell whether the role is a superuser",
                                          seen.error.empty() ? "" : ": ", seen.error);
    // Resources, operator or system trouble: the server's fault.
    for (const char* prefix : {"53", "57", "58", "XX"}) {
      if (seen.sqlstate.starts_with(prefix)) return absl::UnavailableError(text);
    }
    return absl::FailedPreconditionError(text);
  }
  if (!seen.first_row[1].has_value()) return absl::OkStatus();
  const std::string role = seen.first_row[0].value_or("");
  const std::string& power = *seen.first_row[1];
  return ForbiddenError(absl::StrCat(
      "the role \"", role, "\" on ", target_,
      power == role ? " is a superuser" : absl::StrCat(" may act as \"", power, "\""),
      ", and plans must not work as one: connect as an ordinary role, or set `postgres: "
      "{allow_superuser: true}` in the policy file of the agent (--policy)"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PqxxConnection>> PqxxConnection::Open(
    const ConnectionParameters& parameters, const TargetGuard& guard, const CheckContext& context) {
  const shared::SteadyTime begin = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(LibpqConnection raw, Connect(parameters, guard, context));
  const shared::Duration took = std::chrono::steady_clock::now() - begin;
  std::unique_ptr<Connection> connection;
  try {
    connection = std::make_unique<Connection>(std::move(raw), TargetOf(parameters), took);
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("the session with ", TargetOf(parameters),
                     " cannot be used: ", ParseServerMessage(error.what()).text));
  }
  RETURN_IF_ERROR(connection->Prepare(guard.policy(), context));
  return connection;
}

}  // namespace smokemesh::agent
