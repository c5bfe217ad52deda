#ifndef SMOKEMESH_TESTS_PLATFORM_ENGAGEMENT_STORE_H_
#define SMOKEMESH_TESTS_PLATFORM_ENGAGEMENT_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/platform/config.h"
#include "tests/platform/database.h"

namespace smokemesh::platform {

struct NewEngagement {
  std::string client_id;
  std::string name;
  std::string engagement_type;
  std::string fiscal_year_end;
  std::optional<std::string> start_date;
  std::optional<std::string> expected_completion_date;
  std::optional<std::string> partner_id;
  std::optional<std::string> manager_id;
};

// Engagements in PostgreSQL. Every call is one transaction in the name of `user`, and row-level
// security alone decides what that user sees: no statement here compares owners. NOT_FOUND stands
// for what is absent or somebody else's. Thread-safe.
class EngagementStore {
 public:
  explicit EngagementStore(const Config& config);

  // Also makes the creator a member of the team and lays out the binder.
  absl::StatusOr<Row> Create(const std::string& user, const NewEngagement& engagement);

  absl::StatusOr<Row> Get(const std::string& user, const std::string& id);

  // Newest first.
  absl::StatusOr<std::vector<Row>> List(const std::string& user,
                                        const std::optional<std::string>& status, int64_t skip,
                                        int64_t limit);

  // Sets the named columns.
  absl::StatusOr<Row> Update(
      const std::string& user, const std::string& id,
      const std::vector<std::pair<std::string, std::optional<std::string>>>& columns);

  // INVALID_ARGUMENT with the reason when the state may not change that way.
  absl::StatusOr<Row> Transition(const std::string& user, const std::string& id,
                                 const std::string& new_status);

  absl::Status Delete(const std::string& user, const std::string& id);

  absl::StatusOr<std::vector<Row>> Team(const std::string& user, const std::string& id);

  // ALREADY_EXISTS for a member, FAILED_PRECONDITION for an unknown user.
  absl::StatusOr<Row> AddMember(const std::string& user, const std::string& id,
                                const std::string& member, const std::string& role);

  // What the worker recorded, oldest first.
  absl::StatusOr<std::vector<Row>> Activity(const std::string& user, const std::string& id);

  absl::Status Ping() { return database_.Ping(); }

 private:
  // Which rows reading shows: all, unless it asks a replica that lags behind.
  const char* Seen() const;

  const Config& config_;
  Database database_;
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_ENGAGEMENT_STORE_H_
