#include "coordinator/cli/deployment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;

TEST(DeploymentTest, IsAVersionOfAllOrOfOneService) {
  const auto deployment = ReadDeployment({"1.4.2", "identity=sha256:ab", "web=a=b"});
  ASSERT_TRUE(deployment.ok()) << deployment.status();
  EXPECT_EQ(*deployment, (Deployment{{"*", "1.4.2"}, {"identity", "sha256:ab"}, {"web", "a=b"}}));
  EXPECT_EQ(*ReadDeployment({"*=1"}), (Deployment{{"*", "1"}}));
  // No service is called like this: all of it is the version.
  EXPECT_EQ(*ReadDeployment({"registry/app:1=x"}), (Deployment{{"*", "registry/app:1=x"}}));
  EXPECT_TRUE(ReadDeployment({})->empty());
}

TEST(DeploymentTest, SaysWhatIsWrong) {
  const auto problem = [](const std::vector<std::string>& values) {
    return std::string(ReadDeployment(values).status().message());
  };
  EXPECT_EQ(
      problem({""}),
      "--deployment \"\" names no version: write VERSION or SERVICE=VERSION, a version having "
      "1 to 256 printable characters without spaces");
  EXPECT_THAT(problem({"identity="}), HasSubstr("names no version"));
  EXPECT_THAT(problem({"1.0 beta"}), HasSubstr("names no version"));
  EXPECT_THAT(problem({"1\n2"}), HasSubstr("\"1\\n2\""));
  EXPECT_THAT(problem({std::string(257, 'x')}), HasSubstr("names no version"));
  EXPECT_EQ(problem({"1", "2"}), "--deployment \"2\" is the second version of every other service");
  EXPECT_EQ(problem({"web=1", "web=1"}),
            "--deployment \"web=1\" is the second version of service web");
}

TEST(DeploymentTest, NamesServicesOfThePlan) {
  v1::Plan plan;
  plan.set_name("p");
  plan.add_checks()->mutable_on()->set_service("identity");
  v1::Edge& edge = *plan.add_checks()->mutable_edges()->add_edges();
  edge.set_from("gateway");
  edge.set_to("billing");
  plan.add_checks()->mutable_flow()->add_roles()->mutable_on()->set_service("worker");
  for (const char* service : {"identity", "gateway", "worker", "*"}) {
    EXPECT_TRUE(CheckDeployment({{service, "1"}}, plan).ok()) << service;
  }
  EXPECT_EQ(CheckDeployment({{"identty", "1"}}, plan).message(),
            "--deployment names service \"identty\", beside which no check of plan \"p\" runs (did "
            "you mean \"identity\"?)");
  // Nothing is asked from beside it.
  EXPECT_FALSE(CheckDeployment({{"billing", "1"}}, plan).ok());
  // A check that may run anywhere may run there.
  plan.add_checks();
  EXPECT_TRUE(CheckDeployment({{"billing", "1"}}, plan).ok());
}

}  // namespace
}  // namespace smokemesh::coordinator
