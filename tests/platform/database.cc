#include "tests/platform/database.h"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <pqxx/pqxx>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::platform {
namespace {

using shared::MutexLock;
using std::chrono::steady_clock;

constexpr auto kWaitForConnection = std::chrono::seconds(2);
constexpr auto kMaxTransaction = std::chrono::seconds(6);

std::string ConnectionString(const DatabaseOptions& options) {
  const char* separator = options.url.find('?') == std::string::npos ? "?" : "&";
  return absl::StrCat(options.url, separator, "connect_timeout=3&tcp_user_timeout=5000",
                      "&application_name=", options.application_name);
}

// Turns the driver's exception that is being handled into a status.
absl::Status CurrentError() {
  try {
    throw;
  } catch (const pqxx::unique_violation& e) {
    return absl::AlreadyExistsError(e.what());
  } catch (const pqxx::foreign_key_violation& e) {
    return absl::FailedPreconditionError(e.what());
  } catch (const pqxx::check_violation& e) {
    return absl::OutOfRangeError(e.what());
  } catch (const pqxx::not_null_violation& e) {
    return absl::OutOfRangeError(e.what());
  } catch (const pqxx::insufficient_privilege& e) {
    return absl::PermissionDeniedError(e.what());
  } catch (const pqxx::broken_connection& e) {
    return absl::UnavailableError(e.what());
  } catch (const pqxx::sql_error& e) {
    // 57P01 to 57P03: the server goes down or starts up.
    if (e.sqlstate().rfind("57P", 0) == 0) return absl::UnavailableError(e.what());
    return absl::InternalError(absl::StrCat(e.what(), " (SQLSTATE ", e.sqlstate(), ")"));
  } catch (const std::exception& e) {
    return absl::InternalError(e.what());
  }
}

struct Connection {
  explicit Connection(const std::string& text) : driver(text) {}
  pqxx::connection driver;
  std::string session_user;  // whose context the session has, where it has one
};

class PqxxTransaction final : public Transaction {
 public:
  explicit PqxxTransaction(pqxx::connection& connection) : work_(connection) {}

  using Transaction::Run;
  absl::StatusOr<Rows> Run(std::string_view sql,
                           const std::vector<std::optional<std::string>>& params) override {
    try {
      return Convert(Execute(std::string(sql), params));
    } catch (...) {
      return CurrentError();
    }
  }

  void Discard() override { discard_ = true; }

  absl::Status Finish() {
    try {
      if (discard_) {
        work_.abort();
      } else {
        work_.commit();
      }
      return absl::OkStatus();
    } catch (...) {
      return CurrentError();
    }
  }

 private:
  pqxx::result Execute(const std::string& sql,
                       const std::vector<std::optional<std::string>>& params) {
    if (params.empty()) return work_.exec(sql);
#if PQXX_VERSION_MAJOR >= 7
    pqxx::params values;
    for (const auto& param : params) {
      if (param.has_value()) {
        values.append(*param);
      } else {
        values.append();
      }
    }
    return work_.exec(sql, values);
#else
    std::vector<const char*> values;
    for (const auto& param : params) {
      values.push_back(param.has_value() ? param->c_str() : nullptr);
    }
    return work_.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
#endif
  }

  static Rows Convert(const pqxx::result& result) {
    Rows rows;
    rows.affected = static_cast<size_t>(result.affected_rows());
    for (const auto& from : result) {
      Row row;
      for (const auto& field : from) {
        row[field.name()] =
            field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str());
      }
      rows.rows.push_back(std::move(row));
    }
    return rows;
  }

  pqxx::work work_;
  bool discard_ = false;
};

}  // namespace

class Database::Impl {
 public:
  explicit Impl(DatabaseOptions options)
      : options_(std::move(options)),
        connection_string_(ConnectionString(options_)),
        watchdog_([this] { Watch(); }) {}

  ~Impl() {
    {
      MutexLock lock(&mutex_);
      closing_ = true;
    }
    changed_.NotifyAll();
    watchdog_.join();
  }

  absl::Status Run(const std::string& user_id,
                   const std::function<absl::Status(Transaction&)>& work) {
    for (;;) {
      bool fresh = false;
      auto connection = Take(&fresh);
      if (!connection.ok()) return connection.status();
      bool begun = false;
      const absl::Status status = RunOn(**connection, user_id, work, &begun);
      const bool broken = absl::IsUnavailable(status);
      Give(*std::move(connection), broken);
      // A pooled connection may have died while nobody used it. Nothing was done: try another.
      if (broken && !begun && !fresh) continue;
      return status;
    }
  }

 private:
  // What the watchdog needs of a transaction that is running.
  struct Busy {
    int socket;  // our own duplicate: the driver may close and reuse its number
    steady_clock::time_point deadline;
    bool cut = false;
  };

  absl::StatusOr<std::unique_ptr<Connection>> Take(bool* fresh) {
    {
      MutexLock lock(&mutex_);
      const auto deadline = steady_clock::now() + kWaitForConnection;
      while (idle_.empty() && open_ >= options_.max_connections) {
        if (!changed_.WaitUntil(&mutex_, deadline)) {
          return absl::UnavailableError("every database connection is in use");
        }
      }
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
      ++open_;
    }
    *fresh = true;
    try {
      auto connection = std::make_unique<Connection>(connection_string_);
#if PQXX_VERSION_MAJOR < 7
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
      connection->driver.inhibit_reactivation(true);  // a silent reconnect would lose the settings
#pragma GCC diagnostic pop
#endif
      pqxx::nontransaction settings(connection->driver);
      settings.exec("SET statement_timeout = 4000");
      return connection;
    } catch (...) {
      const absl::Status status = CurrentError();
      Give(nullptr, /*broken=*/true);
      return absl::UnavailableError(status.message());
    }
  }

  void Give(std::unique_ptr<Connection> connection, bool broken) {
    {
      MutexLock lock(&mutex_);
      if (broken) {
        --open_;
      } else {
        idle_.push_back(std::move(connection));
      }
    }
    changed_.NotifyAll();
  }

  absl::Status RunOn(Connection& connection, const std::string& user_id,
                     const std::function<absl::Status(Transaction&)>& work, bool* begun) {
    const Guard guard(this, connection.driver.sock());
    try {
      PqxxTransaction transaction(connection.driver);
      if (absl::Status status = SetContext(connection, transaction, user_id); !status.ok()) {
        return status;
      }
      *begun = true;
      if (absl::Status status = work(transaction); !status.ok()) return status;
      return transaction.Finish();
    } catch (...) {
      return CurrentError();
    }
  }

  // Tells the policies of row-level security who asks.
  absl::Status SetContext(Connection& connection, Transaction& transaction,
                          const std::string& user_id) {
    if (!options_.session_context) {
      return transaction.Run("SELECT set_config('app.current_user_id', $1, true)", {user_id})
          .status();
    }
    if (!connection.session_user.empty() || user_id.empty()) {
      return transaction.Run("SELECT 1").status();
    }
    connection.session_user = user_id;
    return transaction.Run("SELECT set_config('app.current_user_id', $1, false)", {user_id})
        .status();
  }

  // Registers a transaction with the watchdog for its own life.
  class Guard {
   public:
    Guard(Impl* impl, int socket) : impl_(impl) {
      busy_.socket = ::dup(socket);
      busy_.deadline = steady_clock::now() + kMaxTransaction;
      MutexLock lock(&impl_->mutex_);
      impl_->busy_.insert(&busy_);
    }
    ~Guard() {
      {
        MutexLock lock(&impl_->mutex_);
        impl_->busy_.erase(&busy_);
      }
      ::close(busy_.socket);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Impl* impl_;
    Busy busy_;
  };

  void Watch() {
    MutexLock lock(&mutex_);
    while (!closing_) {
      changed_.WaitUntil(&mutex_, steady_clock::now() + std::chrono::milliseconds(200));
      const auto now = steady_clock::now();
      for (Busy* busy : busy_) {
        if (busy->cut || now < busy->deadline) continue;
        ::shutdown(busy->socket, SHUT_RDWR);
        busy->cut = true;
      }
    }
  }

  const DatabaseOptions options_;
  const std::string connection_string_;
  shared::Mutex mutex_;
  shared::CondVar changed_;  // a connection came back, or the pool closes
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<Busy*> busy_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread watchdog_;  // last: it uses the rest
};

Database::Database(DatabaseOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Database::~Database() = default;

absl::Status Database::Run(const std::string& user_id,
                           const std::function<absl::Status(Transaction&)>& work) {
  return impl_->Run(user_id, work);
}

absl::Status Database::Ping() {
  return impl_->Run("",
                    [](Transaction& transaction) { return transaction.Run("SELECT 1").status(); });
}

}  // namespace smokemesh::platform
