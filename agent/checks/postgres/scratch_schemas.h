#ifndef SMOKEMESH_AGENT_CHECKS_POSTGRES_SCRATCH_SCHEMAS_H_
#define SMOKEMESH_AGENT_CHECKS_POSTGRES_SCRATCH_SCHEMAS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "agent/checks/check.h"
#include "agent/checks/postgres/pqxx_connect.h"
#include "agent/policy/policy.h"
#include "shared/mutex.h"

namespace smokemesh::agent {

// The private schemas of one check. Each is made and dropped on a session of its own, so that all
// sessions of the check see it. Connections of the plan that lead to the same database, say with
// different roles, share the schema: the first one makes it, owns it, and drops it. Thread-safe.
class ScratchSchemas {
 public:
  // Every session is opened as `guard` lets it.
  explicit ScratchSchemas(TargetGuard guard);

  // Makes `schema` on `connection` anew, unless this did so before: what an earlier run of the
  // check left in it is dropped, and sessions of that run that still hold it are ended. One call
  // works at a time; the others wait for it, no longer than their deadline and cancellation allow.
  absl::Status Ensure(const std::string& connection, const ConnectionParameters& parameters,
                      const std::string& schema, const CheckContext& context)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // A session of `connection` that did not react was cut: it may hold locks. It is ended on the
  // server before the schema is dropped.
  void NoteLeftBehind(const std::string& connection, int backend_pid) ABSL_LOCKS_EXCLUDED(mutex_);

  // Drops a schema that this object has not made, an earlier process has: its sessions that still
  // hold locks in it are ended first. A schema that belongs to another role is left to the
  // connection that owns it; DropAll says so if it is still there. Not together with Ensure.
  absl::Status Remove(const std::string& connection, const ConnectionParameters& parameters,
                      const std::string& schema, const CheckContext& context)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Drops every schema with all it holds. The check's sessions must be closed, and no other call be
  // under way. An error names what is left; it is tried again by the next call.
  absl::Status DropAll(const CheckContext& context) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Schema {
    ConnectionParameters parameters;
    std::string name;
    // kOurs: made here, to be dropped. kShared: another connection made and drops it. kForeign: an
    // earlier process made it with another role, and somebody has to drop it.
    enum class Kind { kOurs, kShared, kForeign } kind = Kind::kOurs;
    bool made = false;  // false: it may exist, its making was not confirmed
  };
  using Schemas = std::map<std::string, Schema>;             // by connection
  using Backends = std::map<std::string, std::vector<int>>;  // by connection

  absl::Status Make(const std::string& connection, const ConnectionParameters& parameters,
                    const std::string& schema, const CheckContext& context)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const TargetGuard guard_;
  const std::string mark_;  // the comment of the schemas that this object made
  shared::Mutex mutex_;
  shared::CondVar changed_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;  // Make is under way
  Schemas schemas_ ABSL_GUARDED_BY(mutex_);
  Backends left_ ABSL_GUARDED_BY(mutex_);
};

// Whether `name` is one that smokemesh gives to scratch schemas: `smokemesh_` and 16 digits in hex.
bool IsScratchSchemaName(std::string_view name);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_POSTGRES_SCRATCH_SCHEMAS_H_
