#include "agent/checks/postgres/postgres_step_runner.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/checks/postgres/postgres_observation.h"
#include "agent/checks/postgres/pqxx_connect.h"
#include "agent/checks/postgres/pqxx_connection.h"
#include "agent/checks/postgres/scratch_schemas.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

// A step may be carried out 50 times at once, each time on a session of its own.
constexpr int kMaxSessions = 64;

// The sessions of one check. Thread-safe; never held over I/O.
class Sessions {
 public:
  // A session: connection of the plan, name of the session.
  using Key = std::pair<std::string, std::string>;

  // Takes the session out, or the right to open it: nothing when it is not open. RESOURCE_EXHAUSTED
  // when there are too many. Every success needs one call of GiveBack.
  absl::StatusOr<std::unique_ptr<PqxxConnection>> Take(const Key& key) ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    if (const auto it = idle_.find(key); it != idle_.end()) {
      std::unique_ptr<PqxxConnection> session = std::move(it->second);
      idle_.erase(it);
      ++taken_;
      return session;
    }
    RETURN_IF_ERROR(Reserve());
    return std::unique_ptr<PqxxConnection>();
  }

  // The right to open a session that nobody else uses. Needs one call of GiveBack without session.
  absl::Status TakeFresh() ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    return Reserve();
  }

  // Gives back what was taken; nothing when the session is gone.
  void GiveBack(const Key& key, std::unique_ptr<PqxxConnection> session)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    --taken_;
    if (session != nullptr) idle_[key] = std::move(session);
  }

  // Takes all that nobody uses.
  std::map<Key, std::unique_ptr<PqxxConnection>> TakeAll() ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    return std::exchange(idle_, {});
  }

 private:
  absl::Status Reserve() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (taken_ + static_cast<int>(idle_.size()) >= kMaxSessions) {
      return absl::ResourceExhaustedError(absl::StrCat("a check may have at most ", kMaxSessions,
                                                       " PostgreSQL sessions at a time"));
    }
    ++taken_;
    return absl::OkStatus();
  }

  shared::Mutex mutex_;
  std::map<Key, std::unique_ptr<PqxxConnection>> idle_ ABSL_GUARDED_BY(mutex_);
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
};

class PostgresStepRunner final : public StepRunner {
 public:
  explicit PostgresStepRunner(std::shared_ptr<const Policy> policy)
      : guard_(std::move(policy), "postgres"), schemas_(guard_) {}

  absl::StatusOr<std::unique_ptr<shared::Observation>> Run(const StepRequest& request,
                                                           const CheckContext& context) override;
  absl::Status CleanUp(const CheckContext& context) override;
  absl::Status RemoveScratchSchema(const std::string& connection_name,
                                   const v1::Connection& connection, const std::string& schema,
                                   const CheckContext& context) override;

 private:
  absl::StatusOr<std::unique_ptr<shared::Observation>> Disconnect(const Sessions::Key& key);

  // Carries the step's statement out on `session`, which it opens first if it is nothing.
  absl::StatusOr<StatementResult> Execute(const v1::PostgresStep& step,
                                          const ConnectionParameters& parameters,
                                          const CheckContext& context,
                                          std::unique_ptr<PqxxConnection>* session) const;

  const TargetGuard guard_;
  Sessions sessions_;
  ScratchSchemas schemas_;
};

absl::StatusOr<std::unique_ptr<shared::Observation>> PostgresStepRunner::Disconnect(
    const Sessions::Key& key) {
  ASSIGN_OR_RETURN(std::unique_ptr<PqxxConnection> session, sessions_.Take(key));
  const bool open = session != nullptr;
  if (open) session->Cut();
  session.reset();
  sessions_.GiveBack(key, nullptr);
  if (!open) {
    return absl::FailedPreconditionError(
        absl::StrCat("session \"", key.second, "\" has no connection to cut: no step opened it"));
  }
  return std::make_unique<DisconnectObservation>();
}

absl::StatusOr<StatementResult> PostgresStepRunner::Execute(
    const v1::PostgresStep& step, const ConnectionParameters& parameters,
    const CheckContext& context, std::unique_ptr<PqxxConnection>* session) const {
  const bool opens = *session == nullptr;
  if (opens) {
    ASSIGN_OR_RETURN(*session, PqxxConnection::Open(parameters, guard_, context));
  }
  auto result = (*session)->Execute(
      step.sql(), std::vector<std::string>(step.params().begin(), step.params().end()), context);
  if (result.ok() && opens) result->connect_duration = (*session)->connect_duration();
  return result;
}

absl::StatusOr<std::unique_ptr<shared::Observation>> PostgresStepRunner::Run(
    const StepRequest& request, const CheckContext& context) {
  const v1::PostgresStep& step = request.step->postgres();
  const std::string& named = request.session.empty() ? step.session() : request.session;
  const Sessions::Key key(request.connection_name, named.empty() ? "main" : named);
  if (step.disconnect()) {
    if (request.fresh_session) {
      return absl::InvalidArgumentError("a session of its own has no connection to cut yet");
    }
    return Disconnect(key);
  }
  if (step.sql().empty()) return absl::InvalidArgumentError("the step has no `sql`");
  ASSIGN_OR_RETURN(const ConnectionParameters parameters,
                   ParseConnectionString(request.connection->postgres()));
  if (!request.scratch_schema.empty()) {
    RETURN_IF_ERROR(schemas_.Ensure(key.first, parameters, request.scratch_schema, context));
  }
  std::unique_ptr<PqxxConnection> session;
  if (request.fresh_session) {
    RETURN_IF_ERROR(sessions_.TakeFresh());
  } else {
    ASSIGN_OR_RETURN(session, sessions_.Take(key));
  }
  auto result = Execute(step, parameters, context, &session);
  if (session != nullptr && !session->usable()) {
    session->Cut();
    schemas_.NoteLeftBehind(key.first, session->backend_pid());
    session.reset();
  }
  if (request.fresh_session && session != nullptr) {
    session->Close(context);
    session.reset();
  }
  sessions_.GiveBack(key, std::move(session));
  if (!result.ok()) return result.status();
  return std::make_unique<PostgresObservation>(*std::move(result));
}

absl::Status PostgresStepRunner::CleanUp(const CheckContext& context) {
  sessions_.TakeAll().clear();
  return schemas_.DropAll(context);
}

absl::Status PostgresStepRunner::RemoveScratchSchema(const std::string& connection_name,
                                                     const v1::Connection& connection,
                                                     const std::string& schema,
                                                     const CheckContext& context) {
  ASSIGN_OR_RETURN(const ConnectionParameters parameters,
                   ParseConnectionString(connection.postgres()));
  return schemas_.Remove(connection_name, parameters, schema, context);
}

}  // namespace

std::unique_ptr<StepRunner> MakePostgresStepRunner() {
  return PostgresStepRunners(Policy::Default())();
}

StepRunnerFactory PostgresStepRunners(std::shared_ptr<const Policy> policy) {
  return [policy = std::move(policy)] { return std::make_unique<PostgresStepRunner>(policy); };
}

}  // namespace smokemesh::agent
