#include "coordinator/store/pqxx_lease_store.h"

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "coordinator/store/pqxx_schema.h"
#include "coordinator/store/pqxx_session.h"
#include "coordinator/store/pqxx_target.h"
#include "coordinator/store/pqxx_text.h"
#include "shared/cancellation.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;

// Listeners of all schemas hear it: it is a hint only.
constexpr char kListen[] = "LISTEN smokemesh_lease";

constexpr char kColumns[] =
    "epoch, holder, address,"
    " (extract(epoch FROM valid_until - clock_timestamp()) * 1000000)::bigint AS remaining";

std::string Microseconds(shared::Duration duration) {
  return absl::StrCat(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

class PqxxLeaseStore final : public LeaseStore {
 public:
  explicit PqxxLeaseStore(const PqxxTarget& target)
      : session_(
            target,
            [target](PqxxConnection* connection) { return PreparePqxxSchema(connection, target); }),
        listener_(target, [this](PqxxConnection* connection) {
          RETURN_IF_ERROR(connection->Execute(kListen).status());
          listens_anew_ = true;
          return absl::OkStatus();
        }) {}

  absl::Status Connect() {
    MutexLock lock(&mutex_);
    return session_.Get().status();
  }

  absl::StatusOr<Lease> Acquire(std::string_view holder, std::string_view address,
                                shared::Duration ttl) override {
    MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(
        Lease lease,
        Ask(absl::StrCat("WITH taken AS (UPDATE lease SET epoch = epoch + 1, holder = $1,"
                         " address = $2,"
                         " valid_until = clock_timestamp() + $3::bigint * interval '1 microsecond'"
                         " WHERE valid_until <= clock_timestamp() RETURNING *)"
                         " SELECT ",
                         kColumns, " FROM taken UNION ALL SELECT ", kColumns,
                         " FROM lease WHERE NOT EXISTS (SELECT FROM taken)"),
            {ToPqxxText(holder), ToPqxxText(address), Microseconds(ttl)}));
    if (lease.remaining > shared::Duration::zero()) return lease;
    // Somebody else took it while the statement waited: it has seen what was there before.
    return Read();
  }

  absl::StatusOr<Lease> Renew(uint64_t epoch, shared::Duration ttl) override {
    MutexLock lock(&mutex_);
    return Ask(
        absl::StrCat("WITH renewed AS (UPDATE lease"
                     " SET valid_until = clock_timestamp() + $2::bigint * interval '1 microsecond'"
                     " WHERE epoch = $1::bigint RETURNING *)"
                     " SELECT ",
                     kColumns, " FROM renewed UNION ALL SELECT ", kColumns,
                     " FROM lease WHERE NOT EXISTS (SELECT FROM renewed)"),
        {absl::StrCat(epoch), Microseconds(ttl)});
  }

  absl::Status Release(uint64_t epoch) override {
    MutexLock lock(&mutex_);
    return session_
        .Ask(
            "WITH released AS (UPDATE lease SET valid_until = clock_timestamp()"
            " WHERE epoch = $1::bigint AND valid_until > clock_timestamp() RETURNING epoch)"
            " SELECT pg_notify('smokemesh_lease', '') FROM released",
            {absl::StrCat(epoch)})
        .status();
  }

  void AwaitChange(shared::Duration most) override {
    const shared::SteadyTime deadline = std::chrono::steady_clock::now() + most;
    MutexLock lock(&listener_mutex_);
    if (interrupted_.cancelled()) return;
    const absl::StatusOr<PqxxConnection*> connection = listener_.Get(&interrupted_);
    if (!connection.ok()) return Pause(deadline);
    // It may have been released before we listened.
    if (std::exchange(listens_anew_, false)) return;
    (*connection)->AwaitNotification(deadline, &interrupted_);
  }

  void Interrupt() override { interrupted_.Cancel("nobody waits for the lease any more"); }

 private:
  absl::StatusOr<Lease> Ask(const std::string& sql, const std::vector<std::string>& values)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ASSIGN_OR_RETURN(const PqxxRows rows, session_.Ask(sql, values));
    Lease lease;
    int64_t remaining = 0;
    if (rows.size() != 1 || !absl::SimpleAtoi(rows[0][0].value_or(""), &lease.epoch) ||
        !absl::SimpleAtoi(rows[0][3].value_or(""), &remaining)) {
      return absl::InternalError("the store's lease cannot be read: its table must have one row");
    }
    lease.holder = FromPqxxText(rows[0][1].value_or(""));
    lease.address = FromPqxxText(rows[0][2].value_or(""));
    lease.remaining = std::chrono::microseconds(remaining);
    return lease;
  }

  absl::StatusOr<Lease> Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return Ask(absl::StrCat("SELECT ", kColumns, " FROM lease"), {});
  }

  // Until `deadline` or Interrupt.
  void Pause(shared::SteadyTime deadline) {
    shared::Mutex mutex;
    shared::CondVar changed;
    bool done = false;
    const shared::Cancellation::Registration registration(&interrupted_, [&] {
      MutexLock lock(&mutex);
      done = true;
      changed.NotifyAll();
    });
    MutexLock lock(&mutex);
    while (!done && changed.WaitUntil(&mutex, deadline)) {
    }
  }

  shared::Mutex mutex_;
  PqxxSession session_ ABSL_GUARDED_BY(mutex_);

  shared::Cancellation interrupted_;
  shared::Mutex listener_mutex_;
  PqxxSession listener_ ABSL_GUARDED_BY(listener_mutex_);
  bool listens_anew_ = false;  // under listener_mutex_
};

}  // namespace

absl::StatusOr<std::unique_ptr<LeaseStore>> OpenPostgresLeaseStore(const std::string& url) {
  ASSIGN_OR_RETURN(const PqxxTarget target, ParsePostgresUrl(url, PqxxAccess::kReadAndWrite));
  auto store = std::make_unique<PqxxLeaseStore>(target);
  const absl::Status connected = store->Connect();
  if (!connected.ok() && !absl::IsUnavailable(connected)) return connected;
  return store;
}

}  // namespace smokemesh::coordinator
