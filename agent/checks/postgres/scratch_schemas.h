#ifndef SMOKEMESH_AGENT_CHECKS_POSTGRES_SCRATCH_SCHEMAS_H_
#define SMOKEMESH_AGENT_CHECKS_POSTGRES_SCRATCH_SCHEMAS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/checks/check.h"
#include "agent/checks/postgres/pqxx_connect.h"

namespace smokemesh::agent {

// The private schemas of one check, one for each connection of the plan. Each is made and dropped
// on a session of its own, so that all sessions of the check see it. Used by one thread.
class ScratchSchemas {
 public:
  // Makes `schema` on `connection` anew, unless this did so before: what an earlier run of the
  // check left in it is dropped.
  absl::Status Ensure(const std::string& connection, const ConnectionParameters& parameters,
                      const std::string& schema, const CheckContext& context);

  // A session of `connection` that did not react was cut: it may hold locks. It is ended on the
  // server before the schema is dropped.
  void NoteLeftBehind(const std::string& connection, int backend_pid);

  // Drops every schema with all it holds. The check's sessions must be closed. An error names what
  // is left; it is tried again by the next call.
  absl::Status DropAll(const CheckContext& context);

 private:
  struct Schema {
    ConnectionParameters parameters;
    std::string name;
  };
  std::map<std::string, Schema> schemas_;         // by connection
  std::map<std::string, std::vector<int>> left_;  // backends, by connection
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_POSTGRES_SCRATCH_SCHEMAS_H_
