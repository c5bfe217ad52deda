#ifndef SMOKEMESH_AGENT_CHECKS_POSTGRES_POSTGRES_OBSERVATION_H_
#define SMOKEMESH_AGENT_CHECKS_POSTGRES_POSTGRES_OBSERVATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/checks/postgres/pqxx_connection.h"
#include "shared/expectation/expectation.h"

namespace smokemesh::agent {

// The value of a column of type `type` (an object identifier of pg_type) whose text is `text`.
shared::Value TypedValue(uint32_t type, const std::optional<std::string>& text);

// What a statement came to, for expectations.
class PostgresObservation final : public shared::Observation {
 public:
  explicit PostgresObservation(StatementResult result);

  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override;
  std::string Summary() const override;
  Implied UnlessAsked() const override;
  // The server knows no such feature, file, function or type.
  bool LacksFeature() const override;

 private:
  bool failed() const { return result_.sqlstate != "00000"; }
  shared::Value Column(size_t index) const;

  const StatementResult result_;
};

// A connection that was cut on purpose.
class DisconnectObservation final : public shared::Observation {
 public:
  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override;
  std::string Summary() const override { return "connection cut"; }
  Implied UnlessAsked() const override { return {}; }
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_POSTGRES_POSTGRES_OBSERVATION_H_
