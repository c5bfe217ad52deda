#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <set>
#include <string>

#include "coordinator/store/sqlite_run_store.h"
#include "tests/contract/run_store/run_store_contract.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {
namespace {

constexpr int kKills = 20;

// Writes results as fast as it can, and the attempt of each acknowledged one to `acks`. Never
// returns.
[[noreturn]] void WriteUntilKilled(const std::string& path, int first, int acks) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto store = coordinator::OpenSqliteRunStore(path);
  if (!store.ok()) _exit(2);
  if (!Put(store->get(), MakeRun("r1", "q1")).ok()) _exit(3);
  for (int attempt = first;; ++attempt) {
    (*store)->AppendResults({MakeResult("r1", "c", "a", attempt)},
                            [acks, attempt](const absl::Status& status) {
                              if (!status.ok()) _exit(4);
                              if (write(acks, &attempt, sizeof(attempt)) != sizeof(attempt)) {
                                _exit(5);
                              }
                            });
    if (attempt % 64 == 0) {
      // Keeps the queue short, so that there are many commits to be killed in.
      if (!Append(store->get(), {MakeResult("r1", "sync", "a", attempt)}).ok()) _exit(6);
    }
  }
}

TEST(RunStoreKillTest, WhatWasAcknowledgedIsThereAfterKillMinus9) {
  const TempDir folder;
  const std::string path = folder.path() / "runs.db";
  std::minstd_rand random(20261122);
  std::set<int> acknowledged;
  int next = 1;
  for (int round = 0; round < kKills; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(pipe(pipe_fds), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(pipe_fds[0]);
      WriteUntilKilled(path, next, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    // Killed at a place that chance chooses: after so many acknowledged results.
    const int kill_after = std::uniform_int_distribution<int>(1, 400)(random);
    int attempt = 0;
    int seen = 0;
    while (read(pipe_fds[0], &attempt, sizeof(attempt)) == sizeof(attempt)) {
      acknowledged.insert(attempt);
      if (++seen == kill_after) kill(child, SIGKILL);
    }
    close(pipe_fds[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
    next = *acknowledged.rbegin() + 1000;

    auto store = coordinator::OpenSqliteRunStore(path);
    ASSERT_TRUE(store.ok()) << store.status();
    const auto open = (*store)->LoadOpenRuns();
    ASSERT_TRUE(open.ok()) << open.status();
    ASSERT_EQ(open->size(), 1u);
    std::set<int> stored;
    for (const v1::TaskResult& result : open->front().results) {
      if (result.check() == "c") {
        EXPECT_TRUE(stored.insert(result.attempt()).second);
      }
    }
    for (const int one : acknowledged) {
      ASSERT_TRUE(stored.contains(one)) << "result " << one << " of round " << round << " is lost";
    }
  }
  EXPECT_GE(acknowledged.size(), static_cast<size_t>(kKills));
}

}  // namespace
}  // namespace smokemesh::testing
