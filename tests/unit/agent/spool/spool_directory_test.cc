#include "agent/spool/spool_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "agent/spool/spooled_result.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

v1::TaskResult Result(const std::string& id, const std::string& agent = "a") {
  v1::TaskResult result;
  result.set_task_id(id);
  result.set_run_id("run");
  result.set_check("check");
  result.set_agent_id(agent);
  return result;
}

class SpoolDirectoryTest : public ::testing::Test {
 protected:
  void Open() {
    spool_.reset();
    auto spool = SpoolDirectory::Open(directory_);
    ASSERT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
  }

  void Write(const v1::TaskResult& result) {
    const absl::Status status = spool_->Write(result.task_id(), EncodeSpooled(result));
    ASSERT_TRUE(status.ok()) << status;
  }

  // What a new process finds.
  SpoolDirectory::Found Load(size_t max_results = 100, size_t max_bytes = 1 << 20) {
    Open();
    auto found = spool_->Load("a", max_results, max_bytes);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : SpoolDirectory::Found{};
  }

  static std::vector<std::string> Ids(const SpoolDirectory::Found& found) {
    std::vector<std::string> ids;
    for (const v1::TaskResult& result : found.results) ids.push_back(result.task_id());
    return ids;
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory_ / "results")) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  static void Overwrite(const fs::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }

  static std::string BytesOf(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }

  static mode_t ModeOf(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }

  testing::TempDir temp_;
  fs::path directory_ = temp_.path() / "state";
  std::unique_ptr<SpoolDirectory> spool_;
};

TEST_F(SpoolDirectoryTest, WhatIsWrittenIsFoundByTheNextProcessUntilItIsRemoved) {
  Open();
  for (const char* id : {"t1", "t2", "t3"}) Write(Result(id));
  ASSERT_TRUE(spool_->Remove("t2").ok());
  ASSERT_TRUE(spool_->Remove("never written").ok());
  EXPECT_THAT(Ids(Load()), UnorderedElementsAre("t1", "t3"));
  EXPECT_THAT(Ids(Load()), UnorderedElementsAre("t1", "t3")) << "reading takes nothing away";
}

TEST_F(SpoolDirectoryTest, TheOldestComesFirst) {
  Open();
  for (const char* id : {"c", "a", "b"}) {
    Write(Result(id));
    // The clock of the file system is coarse.
    for (const fs::path& file : Files()) {
      fs::last_write_time(file, fs::last_write_time(file) - std::chrono::seconds(1));
    }
  }
  EXPECT_THAT(Ids(Load()), ElementsAre("c", "a", "b"));
}

TEST_F(SpoolDirectoryTest, ASecondWriteOfATaskReplacesTheFirst) {
  Open();
  Write(Result("t"));
  v1::TaskResult shorter = Result("t");
  shorter.set_message("stripped");
  Write(shorter);
  EXPECT_THAT(Files(), SizeIs(1));
  EXPECT_EQ(Load().results.at(0).message(), "stripped");
}

TEST_F(SpoolDirectoryTest, IsPrivate) {
  const mode_t before = umask(0);
  Open();
  Write(Result("t"));
  umask(before);
  EXPECT_EQ(ModeOf(directory_), 0700u);
  EXPECT_EQ(ModeOf(directory_ / "results"), 0700u);
  EXPECT_EQ(ModeOf(directory_ / "lock"), 0600u);
  EXPECT_EQ(ModeOf(Files().at(0)), 0600u);
}

TEST_F(SpoolDirectoryTest, TwoAgentsNeverShareIt) {
  Open();
  const auto second = SpoolDirectory::Open(directory_);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(HasSubstr("another agent (process " + std::to_string(getpid()) + ")"),
                    HasSubstr("give each agent a --state of its own")));
  spool_.reset();
  EXPECT_TRUE(SpoolDirectory::Open(directory_).ok());
}

TEST_F(SpoolDirectoryTest, ALockEndsWithItsProcess) {
  const pid_t child = fork();
  if (child == 0) {
    const auto spool = SpoolDirectory::Open(directory_);
    _exit(spool.ok() ? 0 : 1);  // as kill -9: nothing is closed in order
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  Open();
}

TEST_F(SpoolDirectoryTest, AFolderThatOthersMayWriteInIsNotTrusted) {
  Open();
  spool_.reset();
  fs::permissions(directory_ / "results", fs::perms::all);
  EXPECT_THAT(std::string(SpoolDirectory::Open(directory_).status().message()),
              HasSubstr("others may write in it"));
}

TEST_F(SpoolDirectoryTest, AFolderThatCannotBeMadeIsAnError) {
  EXPECT_THAT(std::string(SpoolDirectory::Open("/proc/none/state").status().message()),
              HasSubstr("cannot make the folder /proc/none/state"));
  temp_.Write("file", "");
  EXPECT_FALSE(SpoolDirectory::Open(temp_.path() / "file").ok());
}

TEST_F(SpoolDirectoryTest, DamagedFilesAreSetAsideAndTheOthersDelivered) {
  Open();
  for (const char* id : {"torn", "changed", "emptied", "long", "good"}) Write(Result(id));
  for (const fs::path& file : Files()) {
    const std::string bytes = BytesOf(file);
    if (bytes.find("torn") != std::string::npos) {
      Overwrite(file, bytes.substr(0, bytes.size() / 2));
    } else if (bytes.find("changed") != std::string::npos) {
      std::string other = bytes;
      other[other.size() - 1] ^= 1;
      Overwrite(file, other);
    } else if (bytes.find("emptied") != std::string::npos) {
      Overwrite(file, "");
    } else if (bytes.find("long") != std::string::npos) {
      Overwrite(file, bytes + std::string(2 * kMaxSpooledBytes, 'x'));
    }
  }
  const SpoolDirectory::Found found = Load();
  EXPECT_THAT(Ids(found), ElementsAre("good"));
  EXPECT_THAT(found.set_aside, SizeIs(4));
  EXPECT_THAT(Files(), SizeIs(5));
  // They are not read, and not told of, again.
  EXPECT_THAT(Load().set_aside, IsEmpty());
}

TEST_F(SpoolDirectoryTest, AFileUnderTheNameOfAnotherTaskIsSetAside) {
  Open();
  Write(Result("t1"));
  fs::rename(Files().at(0), directory_ / "results" / "0123456789abcdef0123456789abcdef.result");
  const SpoolDirectory::Found found = Load();
  EXPECT_THAT(found.results, IsEmpty());
  ASSERT_THAT(found.set_aside, SizeIs(1));
  EXPECT_THAT(found.set_aside[0], HasSubstr("its name is that of another task"));
}

TEST_F(SpoolDirectoryTest, NothingThatIsNoPlainFileStopsTheAgent) {
  Open();
  ASSERT_EQ(mkfifo((directory_ / "results" / "pipe.result").c_str(), 0600), 0);
  fs::create_symlink("/etc/passwd", directory_ / "results" / "link.result");
  fs::create_directory(directory_ / "results" / "folder.result");
  temp_.Write("elsewhere", "x");
  Overwrite(directory_ / "results" / "notes.txt", "somebody's");
  const SpoolDirectory::Found found = Load();
  EXPECT_THAT(found.results, IsEmpty());
  EXPECT_THAT(found.set_aside, SizeIs(3));
  EXPECT_TRUE(fs::exists(directory_ / "results" / "notes.txt")) << "not ours: left alone";
  EXPECT_TRUE(fs::exists("/etc/passwd"));
}

TEST_F(SpoolDirectoryTest, UnfinishedFilesAreRemoved) {
  Open();
  Write(Result("t"));
  Overwrite(directory_ / "results" / "0123456789abcdef0123456789abcdef.result.tmp", "half");
  EXPECT_THAT(Ids(Load()), ElementsAre("t"));
  EXPECT_THAT(Files(), SizeIs(1));
}

TEST_F(SpoolDirectoryTest, DamageDoesNotPileUp) {
  for (int i = 0; i < 40; ++i) {
    Open();
    Overwrite(directory_ / "results" / (std::to_string(i) + ".result"), "not a result");
    EXPECT_THAT(Load().set_aside, SizeIs(1));
  }
  EXPECT_THAT(Files(), SizeIs(16));
}

TEST_F(SpoolDirectoryTest, ResultsOfAnotherAgentStayForIt) {
  Open();
  Write(Result("t1", "b"));
  Write(Result("t2", "a"));
  const SpoolDirectory::Found found = Load();
  EXPECT_THAT(Ids(found), ElementsAre("t2"));
  EXPECT_EQ(found.of_other_agents, 1u);
  EXPECT_THAT(Files(), SizeIs(2));
}

TEST_F(SpoolDirectoryTest, NoMoreIsReadThanTheCallerCanHold) {
  Open();
  for (int i = 0; i < 10; ++i) Write(Result("t" + std::to_string(i)));
  const SpoolDirectory::Found few = Load(3);
  EXPECT_THAT(few.results, SizeIs(3));
  EXPECT_EQ(few.left_out, 7u);
  const SpoolDirectory::Found little = Load(100, 300);
  EXPECT_LT(little.results.size(), 5u);
  EXPECT_EQ(little.results.size() + little.left_out, 10u);
  EXPECT_THAT(Files(), SizeIs(10));
}

TEST_F(SpoolDirectoryTest, WhateverIsInTheFilesOnlyWholeResultsComeOut) {
  std::mt19937 random(20260102);
  for (int round = 0; round < 60; ++round) {
    Open();
    for (int i = 0; i < 8; ++i) Write(Result("t" + std::to_string(i)));
    std::vector<std::string> whole;
    for (const fs::path& file : Files()) {
      if (file.extension() != ".result") continue;
      std::string bytes = BytesOf(file);
      const auto result = DecodeSpooled(bytes);
      ASSERT_TRUE(result.ok());
      switch (random() % 4) {
        case 0:
          whole.push_back(result->task_id());
          continue;
        case 1:
          bytes.resize(random() % bytes.size());
          break;
        case 2:
          bytes[random() % bytes.size()] ^= static_cast<char>(1 << (random() % 8));
          break;
        case 3:
          bytes.insert(random() % bytes.size(), 1 + random() % 5000, '\0');
          break;
      }
      Overwrite(file, bytes);
    }
    const SpoolDirectory::Found found = Load();
    std::vector<std::string> ids = Ids(found);
    std::sort(ids.begin(), ids.end());
    std::sort(whole.begin(), whole.end());
    EXPECT_EQ(ids, whole);
    EXPECT_EQ(found.set_aside.size(), 8 - whole.size());
  }
}

}  // namespace
}  // namespace smokemesh::agent
