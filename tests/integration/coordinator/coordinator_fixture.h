#ifndef SMOKEMESH_TESTS_INTEGRATION_COORDINATOR_COORDINATOR_FIXTURE_H_
#define SMOKEMESH_TESTS_INTEGRATION_COORDINATOR_COORDINATOR_FIXTURE_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/coordinator.h"
#include "smokemesh/v1/run_service.grpc.pb.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

// One HTTP check for each name, beside `service`.
v1::Plan MakePlan(const std::vector<std::string>& checks, const std::string& service);
v1::CreateRunRequest MakeRequest(const std::string& request_id, const v1::Plan& plan);

// One WatchRun stream. Used by one thread.
class Watch {
 public:
  Watch(v1::RunService::Stub* stub, const std::string& run_id);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // False when the stream has ended.
  bool Next(v1::WatchRunResponse* event) { return reader_->Read(event); }
  // Reads until `wanted` holds for an event; false when the stream ended before.
  bool Until(const std::function<bool(const v1::WatchRunResponse&)>& wanted);
  // Reads to the end. `last` gets the last run.
  grpc::Status ToTheEnd(v1::Run* last);

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchRunResponse>> reader_;
  bool finished_ = false;
};

// A coordinator on a free port of the loopback, with its store in a file, and a client of it.
class CoordinatorTest : public ::testing::Test {
 protected:
  CoordinatorTest();

  std::string store_path() const { return folder_.path() / "runs.db"; }

  // Starts it, also again on the same store.
  void Start();
  void Stop();
  // A new connection, over the port.
  std::shared_ptr<grpc::Channel> NewChannel() const;

  grpc::Status Create(const v1::CreateRunRequest& request, v1::Run* run);
  // Creates a run that must be accepted.
  std::string MustCreate(const v1::CreateRunRequest& request);
  grpc::Status Get(const std::string& run_id, v1::Run* run);
  grpc::Status Cancel(const std::string& run_id, const std::string& reason, v1::Run* run);
  // Watches a run to its end, which must come.
  v1::Run AwaitEnd(const std::string& run_id);

  TempDir folder_;
  coordinator::CoordinatorOptions options_;
  std::unique_ptr<coordinator::Coordinator> coordinator_;
  std::unique_ptr<v1::RunService::Stub> stub_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_COORDINATOR_COORDINATOR_FIXTURE_H_
