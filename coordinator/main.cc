#include "absl/synchronization/mutex.h"
#include "coordinator/cli/cli.h"
#include "shared/core_dumps.h"

int main(int argc, char** argv) {
  smokemesh::shared::ForbidCoreDumps();
  // gRPC locks through abseil: its deadlock detector costs time on every lock and finds nothing
  // here.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return smokemesh::coordinator::Main(argc, argv);
}
