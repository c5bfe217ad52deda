#ifndef SMOKEMESH_COORDINATOR_STORE_RUN_STORE_H_
#define SMOKEMESH_COORDINATOR_STORE_RUN_STORE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"
#include "smokemesh/v1/run_service.pb.h"

namespace smokemesh::coordinator {

// One (check, agent) pair that a run expects evidence for.
struct ManifestPair {
  std::string check;
  std::string agent_id;                 // empty: no agent matches the check's selector
  std::string service;                  // the agent's
  std::string deployment = {};          // version of what stood beside the agent
  std::vector<std::string> roles = {};  // of a flow: those that the agent takes
};

// All that is needed to take a run up again.
struct StoredRun {
  std::string run_id;
  v1::CreateRunRequest request;  // the plan with its defaults applied, and the options
  shared::WallTime create_time;
  bool has_manifest = false;  // false: still waiting for agents
  std::vector<ManifestPair> manifest;
  std::string cancel_reason;            // empty: not cancelled
  std::optional<v1::Run> final_run;     // the run as it ended, its verdict in it
  std::vector<v1::TaskResult> results;  // filled by LoadOpenRuns only
};

// Which runs to list. What is set narrows the list.
struct RunFilter {
  std::string plan_name;
  std::string bake_id;
  int round = 0;                                     // rounds with this number
  v1::Decision decision = v1::DECISION_UNSPECIFIED;  // runs that ended so
  bool clean_ups = true;  // false: without runs that clean up after others
  int limit = 50;
};

// What is read of runs. Thread-safe.
class RunReader {
 public:
  virtual ~RunReader() = default;

  // NOT_FOUND when there is no such run. Without its results.
  virtual absl::StatusOr<StoredRun> GetRun(std::string_view run_id) = 0;
  virtual absl::StatusOr<StoredRun> FindByRequestId(std::string_view request_id) = 0;

  // The results of a run in the order in which they came. NOT_FOUND when there is no such run.
  virtual absl::StatusOr<std::vector<v1::TaskResult>> GetResults(std::string_view run_id) = 0;

  // The newest first.
  virtual absl::StatusOr<std::vector<v1::RunSummary>> ListRuns(const RunFilter& filter) = 0;

  // The last runs of a plan that ended so, the newest first, at most `limit`, reduced to what later
  // runs are compared with: identifier, time, state and decision; of each check name, outcome and
  // whether it counted; of each task outcome and time. A hundredth of the whole run.
  virtual absl::StatusOr<std::vector<v1::Run>> GetOutlines(std::string_view plan_name,
                                                           v1::Decision decision, int limit) = 0;
};

// Whether a write failed because another coordinator has taken the store over since (ABORTED): what
// this one believes is out of date, and it must stop deciding. Nothing was written.
inline bool IsFenced(const absl::Status& status) { return absl::IsAborted(status); }

// Where runs and results are kept. Thread-safe. Writes are queued in order and carried out by the
// store's own thread; `done` is called there, after the commit: OK means that it survives a crash
// of the machine. Nothing is acknowledged to anybody before that. A store that several coordinators
// share is opened with the epoch of a lease (LeaseStore); every write is carried out only while
// that epoch is the newest, and is IsFenced otherwise.
class RunStore : public RunReader {
 public:
  using Done = std::function<void(absl::Status)>;

  // Inserts a run, or updates manifest, cancel reason and final run of the one with this id. A
  // final run is written once: a second, different one is FAILED_PRECONDITION and changes nothing.
  // ALREADY_EXISTS when another run has the same request id.
  virtual void PutRun(StoredRun run, Done done) = 0;

  // Appends results. Idempotent on (run, check, agent, attempt): what is there stays.
  virtual void AppendResults(std::vector<v1::TaskResult> results, Done done) = 0;

  // Runs without a final run, with their results. Called at start.
  virtual absl::StatusOr<std::vector<StoredRun>> LoadOpenRuns() = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_RUN_STORE_H_
