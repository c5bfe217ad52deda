#include "coordinator/store/pqxx_connection.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/store/call_watchdog.h"
#include "shared/cut_connection.h"
#include "shared/mutex.h"
#include "shared/postgres/pqxx_driver.h"
#include "shared/postgres/server_message.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

constexpr int kMaxConnecting = 16;
constexpr size_t kMaxMessage = 300;

// The server's own limits, below ours: an idle transaction holds locks that others wait for, also
// when its client was stopped or cut off.
constexpr char kSetUp[] =
    "SELECT set_config('search_path', $1, false),"
    " set_config('statement_timeout', '4500', false),"
    " set_config('lock_timeout', '3000', false),"
    " set_config('idle_in_transaction_session_timeout', '2000', false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('bytea_output', 'hex', false),"
    // What is acknowledged must survive a crash of the server, whatever its settings are.
    " set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit')"
    " IN ('off', 'local') THEN 'on' ELSE current_setting('synchronous_commit') END, false)";

shared::SteadyTime Limit() { return std::chrono::steady_clock::now() + kPostgresLimit; }

int MillisecondsLeft(shared::SteadyTime deadline) {
  const auto left = std::clamp<shared::Duration>(deadline - std::chrono::steady_clock::now(),
                                                 shared::Duration::zero(), std::chrono::hours(1));
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

// ---- Connecting

// Looks names up and connects: may block for as long as the resolver does.
absl::StatusOr<shared::LibpqConnection> ConnectTo(const PqxxTarget::Parameters& parameters,
                                                  const std::string& name,
                                                  shared::SteadyTime deadline) {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  shared::LibpqConnection connection(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (connection == nullptr) return absl::UnavailableError("out of memory");
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);  // tells SQLSTATE
  PostgresPollingStatusType next =
      PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) {
      const absl::Status error = shared::ConnectionError(PQerrorMessage(connection.get()), name);
      // It says FAILED_PRECONDITION of files that the URL names.
      return absl::IsFailedPrecondition(error) ? absl::InvalidArgumentError(error.message())
                                               : error;
    }
    const int left = MillisecondsLeft(deadline);
    if (left == 0) {
      return absl::UnavailableError(
          absl::StrCat("no PostgreSQL session with ", name,
                       " in time: check that the server runs and is not overloaded, and that no "
                       "firewall drops the packets"));
    }
    const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    pollfd entry = {PQsocket(connection.get()), events, 0};
    if (poll(&entry, 1, left) > 0) next = PQconnectPoll(connection.get());
  }
  return connection;
}

// Tries the servers in turn; each gets its share of the time that is left.
absl::StatusOr<shared::LibpqConnection> ConnectToOne(const PqxxTarget& target,
                                                     shared::SteadyTime deadline) {
  absl::StatusOr<shared::LibpqConnection> connection = absl::UnavailableError("no server");
  for (size_t i = 0; i < target.servers.size() && !connection.ok(); ++i) {
    const shared::SteadyTime now = std::chrono::steady_clock::now();
    const auto left = static_cast<int64_t>(target.servers.size() - i);
    connection = ConnectTo(target.servers[i], target.name, now + (deadline - now) / left);
  }
  return connection;
}

// Shared by the thread that connects and the one that waits.
struct Connecting {
  shared::Mutex mutex;
  shared::CondVar changed;
  bool done ABSL_GUARDED_BY(mutex) = false;
  bool cancelled ABSL_GUARDED_BY(mutex) = false;
  absl::StatusOr<shared::LibpqConnection> connection ABSL_GUARDED_BY(mutex) =
      absl::UnavailableError("not connected");
};

std::atomic<int> connecting_now{0};

// The resolver knows no deadline: a thread of its own connects, which is left behind when time is
// up.
absl::StatusOr<shared::LibpqConnection> Connect(const PqxxTarget& target,
                                                shared::Cancellation* cancellation) {
  const shared::SteadyTime deadline = Limit();
  if (connecting_now.fetch_add(1) >= kMaxConnecting) {
    connecting_now.fetch_sub(1);
    return absl::UnavailableError(
        absl::StrCat("cannot connect to ", target.name,
                     ": earlier attempts still hang; check the resolver of this machine"));
  }
  const auto shared_state = std::make_shared<Connecting>();
  try {
    std::thread([shared_state, target, deadline] {
      absl::StatusOr<shared::LibpqConnection> connection = ConnectToOne(target, deadline);
      connecting_now.fetch_sub(1);
      MutexLock lock(&shared_state->mutex);
      shared_state->connection = std::move(connection);
      shared_state->done = true;
      shared_state->changed.NotifyAll();
    }).detach();
  } catch (const std::system_error& error) {
    connecting_now.fetch_sub(1);
    return absl::UnavailableError(absl::StrCat("cannot start a thread: ", error.what()));
  }
  std::optional<shared::Cancellation::Registration> registration;
  if (cancellation != nullptr) {
    registration.emplace(cancellation, [shared_state] {
      MutexLock lock(&shared_state->mutex);
      shared_state->cancelled = true;
      shared_state->changed.NotifyAll();
    });
  }
  // A little later than the other thread's deadline: it can say more about it.
  const shared::SteadyTime patience = deadline + std::chrono::milliseconds(100);
  MutexLock lock(&shared_state->mutex);
  while (!shared_state->done) {
    if (shared_state->cancelled) return absl::CancelledError("nobody waits for the connection");
    if (!shared_state->changed.WaitUntil(&shared_state->mutex, patience) && !shared_state->done) {
      return absl::UnavailableError(
          absl::StrCat("no PostgreSQL session with ", target.name,
                       " in time: check its name and the resolver of this machine"));
    }
  }
  return std::move(shared_state->connection);
}

// ---- Errors

// Whether the statement may work later as it is.
bool IsPassing(const std::string& sqlstate) {
  if (sqlstate == "25006" || sqlstate == "55P03") return true;  // read-only, lock not got
  for (const char* family : {"08", "40", "53", "57", "58"}) {
    if (sqlstate.starts_with(family)) return true;
  }
  return false;
}

absl::Status ServerError(const std::string& name, const shared::ServerMessage& message) {
  const std::string text = absl::StrCat(
      "store ", name, ": ", shared::EscapeControl(shared::Shorten(message.text, kMaxMessage)),
      message.sqlstate.empty() ? "" : absl::StrCat(" (SQLSTATE ", message.sqlstate, ")"));
  if (message.sqlstate == "42501") return absl::PermissionDeniedError(text);
  if (IsPassing(message.sqlstate)) return absl::UnavailableError(text);
  return absl::InternalError(text);
}

// ---- The connection

// Notes that the server warned.
void NoteWarning(void* warned, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::string_view(severity) == "WARNING") {
    *static_cast<bool*>(warned) = true;
  }
}

class Connection final : public PqxxConnection {
 public:
  Connection(shared::LibpqConnection raw, std::string name)
      : name_(std::move(name)),
        raw_(raw.get()),
        // A dup, so that a shutdown never meets a descriptor that was closed and used again.
        socket_(fcntl(PQsocket(raw_), F_DUPFD_CLOEXEC, 3)),
        driver_(shared::AdoptConnection(std::move(raw))),
        watchdog_([this] { Cut(); }) {
    PQsetNoticeReceiver(raw_, &NoteWarning, &warned_);
  }

  ~Connection() override {
    // Its goodbye must not wait for a peer that does not read.
    if (!usable_) Cut();
    driver_.reset();
    if (socket_ >= 0) close(socket_);
  }

  absl::StatusOr<PqxxRows> Execute(const std::string& sql,
                                   const std::vector<std::string>& values) override {
    if (!usable_) return Lost("is lost");
    for (const std::string& value : values) {
      // libpq would end it there.
      if (value.find('\0') != std::string::npos)
        return absl::InternalError("a zero byte in a value");
    }
    watchdog_.Begin(Limit());
    absl::StatusOr<PqxxRows> rows = Send(sql, values);
    if (watchdog_.End()) {
      usable_ = false;
      return Lost(
          "gave no answer in time: check that the server is not overloaded, and the way to it");
    }
    if (PQstatus(raw_) != CONNECTION_OK) usable_ = false;
    return rows;
  }

  absl::Status Commit() override {
    if (PQtransactionStatus(raw_) != PQTRANS_INTRANS) {
      return absl::UnavailableError(absl::StrCat("store ", name_, ": the transaction is lost"));
    }
    warned_ = false;
    const absl::Status committed = Execute("COMMIT", {}).status();
    if (absl::IsUnavailable(committed)) return absl::UnknownError(committed.message());
    RETURN_IF_ERROR(committed);
    // A wait for a synchronous standby that is interrupted ends with a warning alone.
    if (!warned_) return absl::OkStatus();
    return absl::UnknownError(
        absl::StrCat("store ", name_, ": the commit may not have reached the synchronous standby"));
  }

  bool usable() const override { return usable_; }

  void AwaitNotification(shared::SteadyTime deadline, shared::Cancellation* cancellation) override;

 private:
  void Cut() const { shared::CutConnection(socket_); }

  absl::Status Lost(const char* what) const {
    return absl::UnavailableError(absl::StrCat("the connection to the store ", name_, " ", what));
  }

  absl::StatusOr<PqxxRows> Send(const std::string& sql, const std::vector<std::string>& values) {
    try {
      const pqxx::result answer = shared::SendStatement(*driver_, sql, values);
      PqxxRows rows;
      rows.reserve(static_cast<size_t>(answer.size()));
      for (const auto& row : answer) {
        PqxxRow& copy = rows.emplace_back();
        for (const auto& field : row) {
          if (field.is_null()) {
            copy.emplace_back();
          } else {
            copy.emplace_back(std::string(field.c_str(), field.size()));
          }
        }
      }
      return rows;
    } catch (const std::exception& error) {
      const shared::ServerMessage message = shared::ParseServerMessage(error.what());
      if (PQstatus(raw_) == CONNECTION_OK) return ServerError(name_, message);
      usable_ = false;
      if (message.sqlstate.empty()) return Lost("broke during a statement");
      return absl::UnavailableError(ServerError(name_, message).message());
    }
  }

  const std::string name_;
  pg_conn* const raw_;  // owned by driver_
  const int socket_;
  std::unique_ptr<shared::PqxxDriver> driver_;
  bool usable_ = true;
  bool warned_ = false;
  CallWatchdog watchdog_;
};

void Connection::AwaitNotification(shared::SteadyTime deadline,
                                   shared::Cancellation* cancellation) {
  const int cancelled = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (cancelled < 0) return;
  {
    const shared::Cancellation::Registration registration(cancellation, [cancelled] {
      const uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = write(cancelled, &one, sizeof(one));
    });
    bool notified = false;
    while (usable_ && !notified && !cancellation->cancelled()) {
      if (PQconsumeInput(raw_) == 0) usable_ = false;
      while (PGnotify* const notification = PQnotifies(raw_)) {
        PQfreemem(notification);
        notified = true;
      }
      const int left = MillisecondsLeft(deadline);
      if (notified || !usable_ || left == 0) break;
      pollfd entries[] = {{PQsocket(raw_), POLLIN, 0}, {cancelled, POLLIN, 0}};
      poll(entries, 2, left);
    }
  }
  close(cancelled);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PqxxConnection>> PqxxConnection::Open(
    const PqxxTarget& target, shared::Cancellation* cancellation) {
  ASSIGN_OR_RETURN(shared::LibpqConnection raw, Connect(target, cancellation));
  std::unique_ptr<Connection> connection;
  try {
    connection = std::make_unique<Connection>(std::move(raw), target.name);
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("the session with ", target.name,
                     " cannot be used: ", shared::ParseServerMessage(error.what()).text));
  }
  RETURN_IF_ERROR(connection->Execute(kSetUp, {absl::StrCat("\"", target.schema, "\"")}).status());
  return connection;
}

}  // namespace smokemesh::coordinator
