#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "coordinator/access/forwarded_identity.h"
#include "tests/integration/security/secure_coordinator.h"

namespace smokemesh::testing {
namespace {

using coordinator::Caller;
using coordinator::Role;
using ::testing::HasSubstr;

class ForwardingTest : public SecureCoordinatorTest {
 protected:
  void SetUp() override {
    access_.replica = true;
    const std::string bundle = access_.files.ca;
    access_.files = certs_.Server("replica", "a");
    access_.files.ca = bundle;
    Start();
  }

  // As a proxy adds it.
  static Metadata For(Role role, const std::string& name,
                      std::chrono::seconds left = std::chrono::minutes(5)) {
    Caller caller;
    caller.proof = Caller::Proof::kCertificate;
    caller.role = role;
    caller.name = name;
    caller.expiry = std::chrono::system_clock::now() + left;
    return {{coordinator::kForwardedIdentity, coordinator::EncodeForwarded(caller)}};
  }
};

TEST_F(ForwardingTest, AReplicaCallsForOthers) {
  const auto replica = ChannelOf("replica", "b");
  v1::Run run;
  ASSERT_TRUE(Create(replica, &run, For(Role::kRunner, "ci")).ok());
  EXPECT_EQ(run.options().requested_by(), "ci");
  const grpc::Status denied = Create(replica, &run, For(Role::kViewer, "ann"));
  EXPECT_EQ(denied.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(denied.error_message(), HasSubstr("viewer ann (via replica b) may not call"));
}

TEST_F(ForwardingTest, AReplicaItselfMayDoLittle) {
  const auto replica = ChannelOf("replica", "b");
  v1::Run run;
  EXPECT_EQ(Create(replica, &run).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(List(replica).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Health(replica).ok());
}

TEST_F(ForwardingTest, NobodyElseMay) {
  v1::Run run;
  for (const char* role : {"agent", "runner", "viewer", "admin"}) {
    const grpc::Status status = Create(ChannelOf(role, "x"), &run, For(Role::kAdmin, "root"));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << role;
    EXPECT_THAT(status.error_message(), HasSubstr("may not call for others"));
  }
}

TEST_F(ForwardingTest, OnlyWhatIsWrittenRightIsBelieved) {
  const auto replica = ChannelOf("replica", "b");
  for (const char* text : {"1/certificate/replica/c/0", "admin", "1/local/admin/x/0"}) {
    EXPECT_FALSE(List(replica, {{coordinator::kForwardedIdentity, text}}).ok()) << text;
  }
  Metadata twice = For(Role::kViewer, "ann");
  twice.push_back(For(Role::kAdmin, "root").front());
  EXPECT_EQ(List(replica, twice).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(ForwardingTest, WhoHasEndedIsNotForwarded) {
  const grpc::Status status =
      List(ChannelOf("replica", "b"), For(Role::kViewer, "ann", std::chrono::seconds(-2)));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("has ended at"));
}

}  // namespace
}  // namespace smokemesh::testing
