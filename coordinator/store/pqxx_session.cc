#include "coordinator/store/pqxx_session.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr shared::BackoffOptions kPauses = {.first = std::chrono::milliseconds(100),
                                            .cap = std::chrono::seconds(2)};

}  // namespace

PqxxSession::PqxxSession(PqxxTarget target, Prepare prepare)
    : target_(std::move(target)),
      prepare_(std::move(prepare)),
      backoff_(kPauses,
               static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count())) {
}

absl::Status PqxxSession::Connect(shared::Cancellation* cancellation) {
  connection_.reset();
  ASSIGN_OR_RETURN(std::unique_ptr<PqxxConnection> connection,
                   PqxxConnection::Open(target_, cancellation));
  RETURN_IF_ERROR(prepare_(connection.get()));
  connection_ = std::move(connection);
  return absl::OkStatus();
}

absl::StatusOr<PqxxConnection*> PqxxSession::Get(shared::Cancellation* cancellation) {
  if (connection_ != nullptr && connection_->usable()) return connection_.get();
  if (!failure_.ok() && std::chrono::steady_clock::now() < next_attempt_) return failure_;
  failure_ = Connect(cancellation);
  if (!failure_.ok()) {
    next_attempt_ = std::chrono::steady_clock::now() + backoff_.Next();
    return failure_;
  }
  backoff_.Reset();
  return connection_.get();
}

absl::StatusOr<PqxxRows> PqxxSession::Ask(const std::string& sql,
                                          const std::vector<std::string>& values) {
  const bool is_old = connection_ != nullptr && connection_->usable();
  const shared::SteadyTime begin = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(PqxxConnection* const connection, Get());
  absl::StatusOr<PqxxRows> rows = connection->Execute(sql, values);
  const bool is_lost = !rows.ok() && !connection->usable();
  // Not after a long wait: the caller has waited enough.
  if (!is_old || !is_lost || std::chrono::steady_clock::now() - begin > kPostgresLimit / 2) {
    return rows;
  }
  ASSIGN_OR_RETURN(PqxxConnection* const anew, Get());
  return anew->Execute(sql, values);
}

}  // namespace smokemesh::coordinator
