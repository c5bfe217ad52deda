#ifndef SMOKEMESH_TESTS_INTEGRATION_SECURITY_SECURE_COORDINATOR_H_
#define SMOKEMESH_TESTS_INTEGRATION_SECURITY_SECURE_COORDINATOR_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/access/access_control.h"
#include "coordinator/coordinator.h"
#include "smokemesh/v1/run_service.grpc.pb.h"
#include "tests/testing/mesh_certs.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/throwaway_ca.h"

namespace smokemesh::testing {

std::string ReadAll(const std::string& path);
shared::KeyPair PairOf(const ThrowawayCa::Leaf& leaf);

// A coordinator on a real port with certificates, and clients that show what a test gives them.
class SecureCoordinatorTest : public ::testing::Test {
 protected:
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  SecureCoordinatorTest();
  ~SecureCoordinatorTest() override;

  void Start();
  void Stop();

  // A new connection that shows this certificate; none when it is empty.
  std::shared_ptr<grpc::Channel> Channel(const shared::KeyPair& pair) const;
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& role, const std::string& name) const {
    return Channel(certs_.Issue(certs_.Request(role, name)));
  }

  // Calls with a deadline of 20 s.
  static grpc::Status List(const std::shared_ptr<grpc::Channel>& channel,
                           const Metadata& metadata = {});
  // A run that stays open: its plan is for an agent that is not there.
  static grpc::Status Create(const std::shared_ptr<grpc::Channel>& channel, v1::Run* run,
                             const Metadata& metadata = {});
  static grpc::Status Health(const std::shared_ptr<grpc::Channel>& channel);
  // Any method, with an empty request.
  static grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel, const char* method);

  // Writes the file of tokens: a line each, and nothing of their secrets.
  void WriteTokens(const std::string& text);

  static Metadata Bearer(const std::string& secret) {
    return {{"authorization", "Bearer " + secret}};
  }

  TempDir dir_;
  MeshCerts certs_;
  ThrowawayCa odd_;  // trusted by the coordinator, and makes what the mesh's authority never would
  coordinator::AccessOptions access_;
  std::unique_ptr<coordinator::Coordinator> coordinator_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_SECURITY_SECURE_COORDINATOR_H_
