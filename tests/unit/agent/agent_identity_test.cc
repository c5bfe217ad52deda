#include "agent/agent_identity.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "tests/testing/temp_dir.h"

namespace smokemesh::agent {
namespace {

class AgentIdentityTest : public ::testing::Test {
 protected:
  AgentIdentityTest() { setenv("XDG_RUNTIME_DIR", dir_.path().c_str(), 1); }
  ~AgentIdentityTest() override { unsetenv("XDG_RUNTIME_DIR"); }

  testing::TempDir dir_;
};

TEST_F(AgentIdentityTest, AgentsBesideTheSameServiceDiffer) {
  const AgentIdentity first("orders", "127.0.0.1:1");
  const AgentIdentity second("orders", "127.0.0.1:1");
  EXPECT_EQ(first.id().substr(0, 7), "orders@");
  EXPECT_EQ(second.id(), first.id() + "#2");
}

TEST_F(AgentIdentityTest, AnAgentThatComesBackIsTheSame) {
  auto first = std::make_unique<AgentIdentity>("orders", "127.0.0.1:1");
  const AgentIdentity second("orders", "127.0.0.1:1");
  const std::string before = first->id();
  first.reset();
  EXPECT_EQ(AgentIdentity("orders", "127.0.0.1:1").id(), before);
}

TEST_F(AgentIdentityTest, OtherServicesAndCoordinatorsCountApart) {
  const AgentIdentity orders("orders", "127.0.0.1:1");
  EXPECT_EQ(AgentIdentity("billing", "127.0.0.1:1").id().find('#'), std::string::npos);
  EXPECT_EQ(AgentIdentity("orders", "127.0.0.1:2").id(), orders.id());
}

TEST_F(AgentIdentityTest, WithoutAFolderForLocksThereIsStillAnIdentifier) {
  setenv("XDG_RUNTIME_DIR", "/nowhere", 1);
  EXPECT_EQ(AgentIdentity("orders", "127.0.0.1:1").id().substr(0, 7), "orders@");
}

}  // namespace
}  // namespace smokemesh::agent
