#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/store/open_store.h"
#include "tests/contract/postgres_store/postgres_place.h"
#include "tests/contract/run_store/run_store_contract.h"
#include "tests/testing/local_postgres.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::testing {
namespace {

using coordinator::LeaseStore;
using coordinator::RunStore;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kNow = [] { return std::chrono::steady_clock::now(); };
// kPostgresLimit, and what a loaded machine takes on top.
constexpr auto kPatience = seconds(8);

// What a coordinator does: writes each result again until it is acknowledged.
void AppendUntilDone(RunStore* store, int attempt) {
  const auto end = kNow() + seconds(60);
  while (true) {
    const absl::Status status = Append(store, {MakeResult("r1", "c", "a", attempt)});
    if (status.ok()) return;
    ASSERT_TRUE(absl::IsUnavailable(status)) << status;
    ASSERT_LT(kNow(), end) << status;
    std::this_thread::sleep_for(milliseconds(10));
  }
}

// The store has each of these results once. Retries, as the server may be coming up.
void ExpectResults(RunStore* store, int first, int last) {
  const auto end = kNow() + seconds(60);
  auto results = store->GetResults("r1");
  while (absl::IsUnavailable(results.status()) && kNow() < end) {
    std::this_thread::sleep_for(milliseconds(10));
    results = store->GetResults("r1");
  }
  ASSERT_TRUE(results.ok()) << results.status();
  std::multiset<int> attempts;
  for (const v1::TaskResult& result : *results) attempts.insert(result.attempt());
  for (int attempt = first; attempt <= last; ++attempt) {
    EXPECT_EQ(attempts.count(attempt), 1u) << attempt;
  }
}

// A server of its own, with the store behind a proxy.
class PostgresFaultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = LocalPostgres::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    proxy_ = std::make_unique<TcpProxy>(server_->port());
    auto leases = coordinator::OpenLeaseStore(Url(proxy_->port()));
    ASSERT_TRUE(leases.ok()) << leases.status();
    leases_ = *std::move(leases);
    auto store = coordinator::OpenRunStore(Url(proxy_->port()), TakeLease(leases_.get(), "one"));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  }

  std::string Url(int port) const {
    return absl::StrCat("postgresql://postgres:", LocalPostgres::kSuperuserPassword,
                        "@127.0.0.1:", port, "/postgres");
  }

  // Every call fails with UNAVAILABLE while nothing answers, none hangs.
  void ExpectAllUnavailable() {
    const auto begin = kNow();
    std::vector<std::thread> calls;
    const auto expect = [&](const char* name, std::function<absl::Status()> call) {
      calls.emplace_back([name, begin, call = std::move(call)] {
        const absl::Status status = call();
        EXPECT_TRUE(absl::IsUnavailable(status)) << name << ": " << status;
        EXPECT_LT(kNow() - begin, kPatience) << name;
      });
    };
    expect("append", [&] { return Append(store_.get(), {MakeResult("r1", "c", "a", 1)}); });
    expect("read", [&] { return store_->GetRun("r1").status(); });
    expect("renew", [&] { return leases_->Renew(1, seconds(10)).status(); });
    for (std::thread& call : calls) call.join();
  }

  void ExpectAllWork() {
    AppendUntilDone(store_.get(), 2);
    ExpectResults(store_.get(), 2, 2);
    const auto end = kNow() + seconds(30);
    auto lease = leases_->Renew(1, std::chrono::minutes(1));
    while (!lease.ok() && kNow() < end) {
      std::this_thread::sleep_for(milliseconds(10));
      lease = leases_->Renew(1, std::chrono::minutes(1));
    }
    ASSERT_TRUE(lease.ok()) << lease.status();
    EXPECT_EQ(lease->epoch, 1u);
  }

  std::unique_ptr<LocalPostgres> server_;
  std::unique_ptr<TcpProxy> proxy_;
  std::unique_ptr<LeaseStore> leases_;
  std::unique_ptr<RunStore> store_;
};

TEST_F(PostgresFaultsTest, AFrozenServerHoldsNobodyUp) {
  server_->Pause();
  ExpectAllUnavailable();
  server_->Resume();
  ExpectAllWork();
}

TEST_F(PostgresFaultsTest, ANetworkThatSwallowsEverythingHoldsNobodyUp) {
  proxy_->SetBlackHole(true);
  ExpectAllUnavailable();
  // Neither when there is no connection yet.
  const auto begin = kNow();
  EXPECT_TRUE(absl::IsUnavailable(coordinator::OpenRunStore(Url(proxy_->port()), 1).status()));
  EXPECT_LT(kNow() - begin, kPatience);
  proxy_->SetBlackHole(false);
  ExpectAllWork();
}

TEST_F(PostgresFaultsTest, AConnectionThatBrokeWhileNothingWasAskedIsNotNoticed) {
  ExpectAllWork();
  for (int i = 3; i < 6; ++i) {
    proxy_->Cut();
    EXPECT_TRUE(leases_->Renew(1, std::chrono::minutes(1)).ok());
    EXPECT_TRUE(store_->GetRun("r1").ok());
    const absl::Status status = Append(store_.get(), {MakeResult("r1", "c", "a", i)});
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_F(PostgresFaultsTest, ConnectionsThatAreCutAnywhereLoseAndDoubleNothing) {
  std::atomic<bool> done{false};
  std::thread cutter([&] {
    std::minstd_rand random(5);
    while (!done) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 150000));
      proxy_->Cut();
    }
  });
  int last = 0;
  const auto end = kNow() + seconds(60);
  while (proxy_->accepted() < 30 && kNow() < end) AppendUntilDone(store_.get(), ++last);
  done = true;
  cutter.join();
  EXPECT_GE(proxy_->accepted(), 30) << "too few cuts to show anything";
  EXPECT_GE(last, 30);
  ExpectResults(store_.get(), 1, last);
}

TEST_F(PostgresFaultsTest, AnAnswerThatIsCutOffIsNeitherAnAcknowledgementNorAFailure) {
  // Connections die after ever more bytes of the server's: in the set-up, before, in and after the
  // answer to COMMIT. What may be committed is answered only when it is known: a failure that was
  // none would leave a run open for ever.
  const auto direct = coordinator::OpenRunReader(Url(server_->port()));
  ASSERT_TRUE(direct.ok()) << direct.status();
  int attempt = 0;
  int failures = 0;
  for (size_t bytes = 400; bytes < 4000; bytes += 193) {
    proxy_->CutAfterBytesToClient(bytes);
    proxy_->Cut();
    for (int i = 0; i < 6; ++i) {
      std::promise<absl::Status> promise;
      store_->AppendResults({MakeResult("r1", "c", "a", ++attempt)},
                            [&promise](const absl::Status& done) { promise.set_value(done); });
      std::future<absl::Status> answer = promise.get_future();
      // Nothing can be known as long as every connection dies in its set-up.
      if (answer.wait_for(seconds(2)) == std::future_status::timeout) {
        proxy_->CutAfterBytesToClient(0);
      }
      const absl::Status status = answer.get();
      ASSERT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
      if (!status.ok()) {
        ++failures;
        const auto stored = (*direct)->GetResults("r1");
        ASSERT_TRUE(stored.ok()) << stored.status();
        for (const v1::TaskResult& result : *stored) EXPECT_NE(result.attempt(), attempt);
        proxy_->CutAfterBytesToClient(0);
        AppendUntilDone(store_.get(), attempt);
      }
      proxy_->CutAfterBytesToClient(bytes);
    }
  }
  proxy_->CutAfterBytesToClient(0);
  EXPECT_GE(failures, 10);
  ExpectResults(store_.get(), 1, attempt);
}

TEST_F(PostgresFaultsTest, WaitingForALeaseOutlivesTheServer) {
  leases_->AwaitChange(seconds(60));
  server_->Kill();
  const auto begin = kNow();
  leases_->AwaitChange(seconds(60));  // the connection has ended
  leases_->AwaitChange(milliseconds(200));
  EXPECT_LT(kNow() - begin, seconds(30));
  ASSERT_TRUE(server_->StartAgain().ok());
  ExpectAllWork();
}

// ---- Crashes ---------------------------------------------------------------------------------

// Writes results as fast as it can, and the attempt of each acknowledged one to `acks`. Never
// returns.
[[noreturn]] void WriteUntilKilled(const std::string& url, int first, int acks) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto store = coordinator::OpenRunStore(url, 1);
  if (!store.ok()) _exit(2);
  for (int attempt = first;; ++attempt) {
    (*store)->AppendResults({MakeResult("r1", "c", "a", attempt)},
                            [acks, attempt](const absl::Status& status) {
                              if (status.ok() && write(acks, &attempt, sizeof(attempt)) < 0) {
                                _exit(5);
                              }
                            });
    if (attempt % 16 == 0) {
      // Keeps the queue short. The server may be gone: we are killed soon.
      (void)Append(store->get(), {MakeResult("r1", "sync", "a", attempt)});
    }
  }
}

TEST(PostgresKillTest, WhatWasAcknowledgedSurvivesTheClientAndTheServer) {
  auto started = LocalPostgres::Start({.durable = true});
  ASSERT_TRUE(started.ok()) << started.status();
  LocalPostgres& server = **started;
  {
    const auto leases = coordinator::OpenLeaseStore(server.Url());
    const auto store = coordinator::OpenRunStore(server.Url(), TakeLease(leases->get(), "one"));
    ASSERT_TRUE(Put(store->get(), MakeRun("r1", "q1")).ok());
  }
  std::minstd_rand random(20261122);
  std::set<int> acknowledged;
  int next = 1;
  for (int round = 0; round < 4; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(pipe(pipe_fds), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(pipe_fds[0]);
      WriteUntilKilled(server.Url(), next, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    const int kill_after = std::uniform_int_distribution<int>(1, 150)(random);
    const bool server_too = round % 2 == 0;
    int attempt = 0;
    int seen = 0;
    while (read(pipe_fds[0], &attempt, sizeof(attempt)) == sizeof(attempt)) {
      acknowledged.insert(attempt);
      if (++seen != kill_after) continue;
      if (server_too) server.Kill();
      kill(child, SIGKILL);
    }
    close(pipe_fds[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
    if (server_too) {
      ASSERT_TRUE(server.StartAgain().ok());
    }
    next = *acknowledged.rbegin() + 1000;

    const auto store = coordinator::OpenRunStore(server.Url(), 1);
    ASSERT_TRUE(store.ok()) << store.status();
    const auto results = (*store)->GetResults("r1");
    ASSERT_TRUE(results.ok()) << results.status();
    std::set<int> stored;
    for (const v1::TaskResult& result : *results) {
      if (result.check() != "c") continue;
      EXPECT_TRUE(stored.insert(result.attempt()).second);
    }
    for (const int one : acknowledged) {
      ASSERT_TRUE(stored.contains(one)) << "result " << one << " of round " << round << " is lost";
    }
  }
  EXPECT_GE(acknowledged.size(), 50u);
}

}  // namespace
}  // namespace smokemesh::testing
