#include "coordinator/cli/unfinished_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/testing/temp_dir.h"

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string FolderFor(const std::map<std::string, std::string>& variables) {
  return UnfinishedRunsFolder([&](const char* name) {
    const auto it = variables.find(name);
    return it == variables.end() ? std::string() : it->second;
  });
}

TEST(UnfinishedRunsFolder, IsUnderTheStateDirectoryOfTheUser) {
  EXPECT_EQ(FolderFor({{"XDG_STATE_HOME", "/state"}, {"HOME", "/home/x"}}),
            "/state/smokemesh/unfinished");
  EXPECT_EQ(FolderFor({{"HOME", "/home/x"}}), "/home/x/.local/state/smokemesh/unfinished");
  EXPECT_EQ(FolderFor({{"XDG_STATE_HOME", "relative"}, {"HOME", "/home/x"}}),
            "/home/x/.local/state/smokemesh/unfinished");
  EXPECT_EQ(FolderFor({}), "");
}

class UnfinishedRunTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<UnfinishedRun>> Begin(const std::string& run_id,
                                                       const std::string& plan = "p") {
    return UnfinishedRun::Begin(folder_, run_id, plan, shared::WallTime());
  }
  absl::StatusOr<std::unique_ptr<UnfinishedRun>> TakeOver(const std::string& run_id) {
    return UnfinishedRun::TakeOver(folder_, run_id);
  }

  testing::TempDir dir_;
  const std::string folder_ = (fs::path(dir_.path()) / "a" / "b").string();
};

TEST_F(UnfinishedRunTest, ANoteHoldsThePlanAndTheTimeAndIsTheUsersOwn) {
  const auto note = Begin("r1", "aura");
  ASSERT_TRUE(note.ok()) << note.status();
  std::ifstream file(folder_ + "/r1");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "plan aura\nstart 1970-01-01T00:00:00Z\n");
  struct stat facts {};
  ASSERT_EQ(stat((folder_ + "/r1").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(folder_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  EXPECT_THAT(UnfinishedRuns(folder_), ElementsAre("r1"));
}

TEST_F(UnfinishedRunTest, ARunThatGoesOnCannotBeTakenOver) {
  const auto note = Begin("r1");
  ASSERT_TRUE(note.ok());
  const auto taken = TakeOver("r1");
  EXPECT_TRUE(absl::IsFailedPrecondition(taken.status())) << taken.status();
  EXPECT_THAT(std::string(taken.status().message()), HasSubstr("run r1 is still going on"));
}

TEST_F(UnfinishedRunTest, ARunWhoseProcessWasKilledCan) {
  const pid_t child = fork();
  if (child == 0) {
    const auto note = Begin("r1", "aura");
    if (!note.ok()) _exit(1);
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  auto taken = TakeOver("r1");
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ((*taken)->plan_name(), "aura");
  EXPECT_TRUE(absl::IsFailedPrecondition(TakeOver("r1").status())) << "by one at a time";
  (*taken)->Remove();
  taken->reset();
  EXPECT_TRUE(absl::IsNotFound(TakeOver("r1").status()));
  EXPECT_THAT(UnfinishedRuns(folder_), IsEmpty());
}

TEST_F(UnfinishedRunTest, ANoteThatWasNotRemovedStaysForTheNext) {
  ASSERT_TRUE(Begin("r1").ok());
  EXPECT_THAT(UnfinishedRuns(folder_), ElementsAre("r1"));
  EXPECT_TRUE(TakeOver("r1").ok());
}

TEST_F(UnfinishedRunTest, ListsTheOldestFirstAndNothingElse) {
  ASSERT_TRUE(Begin("20261122-115030-b").ok());
  ASSERT_TRUE(Begin("20261121-115030-a").ok());
  std::ofstream(folder_ + "/.half.written") << "plan";
  EXPECT_THAT(UnfinishedRuns(folder_), ElementsAre("20261121-115030-a", "20261122-115030-b"));
}

TEST_F(UnfinishedRunTest, NoIdentifierLeadsOutOfTheFolder) {
  std::ofstream(fs::path(dir_.path()) / "outside") << "plan p\n";
  fs::create_directories(folder_);
  for (const char* id : {"../../outside", "/etc/passwd", ".", "..", ""}) {
    EXPECT_TRUE(absl::IsNotFound(TakeOver(id).status())) << id;
    EXPECT_FALSE(Begin(id).ok()) << id;
  }
}

TEST_F(UnfinishedRunTest, AFolderThatCannotBeMadeIsAnErrorAndNoMore) {
  std::ofstream(dir_.path().string() + "/file") << "";
  EXPECT_FALSE(UnfinishedRun::Begin(dir_.path().string() + "/file/x", "r", "p", {}).ok());
  EXPECT_FALSE(UnfinishedRun::Begin("", "r", "p", {}).ok());
  EXPECT_THAT(UnfinishedRuns(dir_.path().string() + "/nowhere"), IsEmpty());
}

}  // namespace
}  // namespace smokemesh::coordinator
