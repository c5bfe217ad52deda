#include "shared/credentials/private_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/testing/temp_dir.h"

namespace smokemesh::shared {
namespace {

TEST(PrivateDirectoryTest, IsForItsOwnerOnlyAndGoesWithAllItHolds) {
  const testing::TempDir parent;
  std::string path;
  {
    const auto directory = PrivateDirectory::Make(parent.path());
    ASSERT_TRUE(directory.ok()) << directory.status();
    path = (*directory)->path();
    struct stat info = {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
    std::ofstream(path + "/key") << "secret";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(PrivateDirectoryTest, RemovesWhatAKilledProcessLeftAndNothingElse) {
  const testing::TempDir parent;
  const auto living = PrivateDirectory::Make(parent.path());
  ASSERT_TRUE(living.ok()) << living.status();
  const auto left = parent.path() / "smokemesh-tls-killed";
  const auto other = parent.path() / "somebody-elses";
  std::filesystem::create_directories(left / "set-1");
  std::ofstream(left / "set-1" / "key.pem") << "secret";
  std::filesystem::create_directories(other);
  const auto next = PrivateDirectory::Make(parent.path());
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(other));
  EXPECT_TRUE(std::filesystem::exists((*living)->path()));
}

TEST(PrivateDirectoryTest, SaysWhyItCannotBeMade) {
  EXPECT_TRUE(absl::IsFailedPrecondition(PrivateDirectory::Make("/nowhere/at/all").status()));
}

}  // namespace
}  // namespace smokemesh::shared
