#ifndef SMOKEMESH_TESTS_TESTING_STACK_MESH_H_
#define SMOKEMESH_TESTS_TESTING_STACK_MESH_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/process.h"
#include "tests/testing/stack/service_process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

// A coordinator and one agent beside each of the services gateway, identity and engagement, as
// processes. Stopped at the end of the object's life. Used by one thread.
class Mesh {
 public:
  // `bin_dir` holds smokemesh and smokemesh-agent; `environment` is what the agents see. Returns
  // when the coordinator lists all agents.
  static absl::StatusOr<std::unique_ptr<Mesh>> Start(
      const std::string& bin_dir, const std::map<std::string, std::string>& environment);
  ~Mesh();
  Mesh(const Mesh&) = delete;
  Mesh& operator=(const Mesh&) = delete;

  // 127.0.0.1:PORT
  std::string coordinator() const;

  // Writes each process's output to `directory`/NAME.log.
  absl::Status KeepLogs(const std::string& directory) const;

 private:
  Mesh() = default;
  absl::Status WaitForAgents(const std::string& program) const;

  TempDir dir_;  // the coordinator's store
  std::unique_ptr<ServiceProcess> coordinator_;
  std::map<std::string, std::unique_ptr<Process>> agents_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_MESH_H_
