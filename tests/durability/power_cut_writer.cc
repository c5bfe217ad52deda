// Writes results through the SQLite store as fast as it can, until it is killed, and the number of
// each one that is acknowledged to a file. 0 stands for the run itself.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>
#include <string>

#include "coordinator/store/sqlite_run_store.h"

namespace {

// So that the log is check-pointed now and then.
constexpr size_t kPayload = 1500;
// Of so many results so many are written without waiting: some commits hold one, some hold many.
constexpr int kRound = 24;
constexpr int kTogether = 12;

[[noreturn]] void Die(const absl::Status& status) {
  std::cerr << status << "\n";
  _exit(2);
}

smokemesh::v1::TaskResult MakeResult(int attempt) {
  smokemesh::v1::TaskResult result;
  result.set_run_id("r1");
  result.set_check("check");
  result.set_agent_id("agent");
  result.set_attempt(attempt);
  result.set_message(std::string(kPayload, 'x'));
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 1;
  const int acks = open(argv[2], O_WRONLY | O_APPEND | O_CLOEXEC);
  if (acks < 0) return 1;
  const auto acknowledge = [acks](int attempt, const absl::Status& status) {
    if (!status.ok()) Die(status);
    if (write(acks, &attempt, sizeof(attempt)) != sizeof(attempt)) _exit(3);
  };
  auto store = smokemesh::coordinator::OpenSqliteRunStore(argv[1]);
  if (!store.ok()) Die(store.status());
  smokemesh::coordinator::StoredRun run;
  run.run_id = "r1";
  run.request.set_request_id("q1");
  (*store)->PutRun(run, [&](const absl::Status& status) { acknowledge(0, status); });
  for (int attempt = std::atoi(argv[3]);; ++attempt) {
    const auto done = std::make_shared<std::promise<void>>();
    (*store)->AppendResults({MakeResult(attempt)}, [=](const absl::Status& status) {
      acknowledge(attempt, status);
      done->set_value();
    });
    if (attempt % kRound >= kTogether) done->get_future().wait();
  }
}
