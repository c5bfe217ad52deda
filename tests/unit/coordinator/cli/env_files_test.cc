#include "coordinator/cli/env_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/testing/temp_dir.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

constexpr char kA[] = "SMOKEMESH_T_A";
constexpr char kB[] = "SMOKEMESH_T_B";
constexpr char kC[] = "SMOKEMESH_T_C";

class EnvFilesTest : public ::testing::Test {
 protected:
  ~EnvFilesTest() override {
    for (const char* name : {kA, kB, kC}) unsetenv(name);
  }
  absl::StatusOr<EnvFiles> Load(const std::string& name) {
    return LoadEnvFiles(folder_.path().string(), name);
  }
  std::string Error(const std::string& name) {
    const auto files = Load(name);
    EXPECT_EQ(files.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(files.status().message());
  }
  smokemesh::testing::TempDir folder_;
};

TEST_F(EnvFilesTest, TheRealEnvironmentWinsOverTheNamedFileAndThatOverTheGeneralOne) {
  setenv(kA, "real", 1);
  folder_.Write(".env.staging", "SMOKEMESH_T_A=staging\nSMOKEMESH_T_B=staging\n");
  folder_.Write(
      ".env", "SMOKEMESH_T_A=general\nSMOKEMESH_T_B=general\nSMOKEMESH_T_C=on-${SMOKEMESH_T_B}\n");
  const auto files = Load("staging");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_STREQ(getenv(kA), "real");
  EXPECT_STREQ(getenv(kB), "staging");
  EXPECT_STREQ(getenv(kC), "on-staging");
  EXPECT_THAT(files->set, ElementsAre(Pair(kB, ".env.staging"), Pair(kC, ".env")));
}

TEST_F(EnvFilesTest, WithoutANameTheGeneralFileIsReadIfItIsThere) {
  EXPECT_THAT(Load("")->set, IsEmpty());
  folder_.Write(".env.staging", "SMOKEMESH_T_B=staging\n");
  folder_.Write(".env", "SMOKEMESH_T_A=general\n");
  EXPECT_THAT(Load("")->set, ElementsAre(Pair(kA, ".env")));
  EXPECT_EQ(getenv(kB), nullptr);
}

TEST_F(EnvFilesTest, AFolderOfTheGeneralNameIsNotAFileOfVariables) {
  std::filesystem::create_directory(folder_.path() / ".env");
  EXPECT_TRUE(Load("").ok());
  std::filesystem::create_directory(folder_.path() / ".env.staging");
  EXPECT_THAT(Error("staging"), HasSubstr("is a folder"));
}

TEST_F(EnvFilesTest, AMissingFileIsNamedWithThoseThatAreThere) {
  EXPECT_THAT(Error("staging"),
              AllOf(HasSubstr("there is no " + (folder_.path() / ".env.staging").string()),
                    HasSubstr("no other .env.NAME")));
  folder_.Write(".env.stagin", "");
  folder_.Write(".env.production", "");
  EXPECT_THAT(Error("staging"), AllOf(HasSubstr("did you mean \"stagin\"?"),
                                      HasSubstr("there are: .env.production, .env.stagin")));
}

TEST_F(EnvFilesTest, APathIsNoName) {
  for (const char* name : {"../staging", "a/b", "/etc/passwd"}) {
    EXPECT_THAT(Error(name), HasSubstr("and no path"));
  }
}

TEST_F(EnvFilesTest, ABadFileIsAnErrorWithItsPlaceAndWithoutItsValues) {
  folder_.Write(".env", "SMOKEMESH_T_A=hunter2 hunter2\n");
  EXPECT_THAT(Error(""), AllOf(HasSubstr((folder_.path() / ".env").string() + ":1: SMOKEMESH_T_A"),
                               Not(HasSubstr("hunter2"))));
  EXPECT_EQ(getenv(kA), nullptr);
}

TEST(NotSentTest, NamesThoseOfThePlanOnce) {
  v1::Plan plan;
  EnvFiles files;
  files.set = {{"A", ".env.staging"}, {"B", ".env.staging"}, {"UNUSED", ".env"}};
  EXPECT_EQ(NotSent(plan, files), "");
  (*plan.mutable_variables())["x"] = "${A}${B}${A}${ELSEWHERE}";
  EXPECT_EQ(NotSent(plan, files),
            "with --coordinator the agents resolve ${A}, ${B} from their own environment: "
            ".env.staging is not sent");
  (*plan.mutable_variables())["y"] = "${UNUSED}";
  EXPECT_THAT(NotSent(plan, files), HasSubstr(".env.staging and .env are not sent"));
  EXPECT_EQ(NotSent(plan, EnvFiles()), "");
}

}  // namespace
}  // namespace smokemesh::coordinator
