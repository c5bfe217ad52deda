#include "agent/checks/postgres/postgres_step_runner.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/checks/postgres/postgres_observation.h"
#include "agent/checks/postgres/pqxx_connect.h"
#include "agent/checks/postgres/pqxx_connection.h"
#include "agent/checks/postgres/scratch_schemas.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

constexpr size_t kMaxSessions = 32;

class PostgresStepRunner final : public StepRunner {
 public:
  absl::StatusOr<std::unique_ptr<shared::Observation>> Run(const StepRequest& request,
                                                           const CheckContext& context) override;
  absl::Status CleanUp(const CheckContext& context) override;

 private:
  // A session: connection of the plan, name of the session.
  using Key = std::pair<std::string, std::string>;

  absl::StatusOr<std::unique_ptr<shared::Observation>> Disconnect(const Key& key);
  absl::StatusOr<PqxxConnection*> Session(const Key& key, const ConnectionParameters& parameters,
                                          const CheckContext& context);

  std::map<Key, std::unique_ptr<PqxxConnection>> sessions_;
  ScratchSchemas schemas_;
};

absl::StatusOr<std::unique_ptr<shared::Observation>> PostgresStepRunner::Disconnect(
    const Key& key) {
  const auto it = sessions_.find(key);
  if (it == sessions_.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("session \"", key.second, "\" has no connection to cut: no step opened it"));
  }
  it->second->Cut();
  sessions_.erase(it);
  return std::make_unique<DisconnectObservation>();
}

absl::StatusOr<PqxxConnection*> PostgresStepRunner::Session(const Key& key,
                                                            const ConnectionParameters& parameters,
                                                            const CheckContext& context) {
  if (const auto it = sessions_.find(key); it != sessions_.end()) return it->second.get();
  if (sessions_.size() >= kMaxSessions) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a check may have at most ", kMaxSessions, " PostgreSQL sessions"));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<PqxxConnection> connection,
                   PqxxConnection::Open(parameters, context));
  return (sessions_[key] = std::move(connection)).get();
}

absl::StatusOr<std::unique_ptr<shared::Observation>> PostgresStepRunner::Run(
    const StepRequest& request, const CheckContext& context) {
  const v1::PostgresStep& step = request.step->postgres();
  const Key key(request.connection_name, step.session().empty() ? "main" : step.session());
  if (step.disconnect()) return Disconnect(key);
  if (step.sql().empty()) return absl::InvalidArgumentError("the step has no `sql`");
  ASSIGN_OR_RETURN(const ConnectionParameters parameters,
                   ParseConnectionString(request.connection->postgres()));
  if (!request.scratch_schema.empty()) {
    RETURN_IF_ERROR(schemas_.Ensure(key.first, parameters, request.scratch_schema, context));
  }
  ASSIGN_OR_RETURN(PqxxConnection* const session, Session(key, parameters, context));
  auto result = session->Execute(
      step.sql(), std::vector<std::string>(step.params().begin(), step.params().end()), context);
  if (!session->usable()) {
    session->Cut();
    schemas_.NoteLeftBehind(key.first, session->backend_pid());
    sessions_.erase(key);
  }
  if (!result.ok()) return result.status();
  return std::make_unique<PostgresObservation>(*std::move(result));
}

absl::Status PostgresStepRunner::CleanUp(const CheckContext& context) {
  sessions_.clear();
  return schemas_.DropAll(context);
}

}  // namespace

std::unique_ptr<StepRunner> MakePostgresStepRunner() {
  return std::make_unique<PostgresStepRunner>();
}

}  // namespace smokemesh::agent
