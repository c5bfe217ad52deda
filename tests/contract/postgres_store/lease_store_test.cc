#include "coordinator/store/lease_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "coordinator/store/pqxx_lease_store.h"
#include "tests/contract/postgres_store/postgres_place.h"

namespace smokemesh::testing {
namespace {

using coordinator::Lease;
using coordinator::LeaseStore;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto kNow = [] { return std::chrono::steady_clock::now(); };

class LeaseTest : public ::testing::Test {
 protected:
  std::unique_ptr<LeaseStore> Open() const {
    auto store = coordinator::OpenPostgresLeaseStore(url_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  const std::string url_ = UrlOf(NewSchema());
  const std::unique_ptr<LeaseStore> one_ = Open();
  const std::unique_ptr<LeaseStore> other_ = Open();
};

TEST_F(LeaseTest, IsTakenOnceAndShownToOthers) {
  const auto taken = one_->Acquire("one", "10.0.0.1:50051", minutes(1));
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->epoch, 1u);
  EXPECT_EQ(taken->holder, "one");
  EXPECT_EQ(taken->address, "10.0.0.1:50051");
  EXPECT_GT(taken->remaining, seconds(50));
  EXPECT_LE(taken->remaining, seconds(60));
  const auto seen = other_->Acquire("other", "10.0.0.2:50051", minutes(9));
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->epoch, 1u);
  EXPECT_EQ(seen->holder, "one");
  EXPECT_EQ(seen->address, "10.0.0.1:50051");
  EXPECT_LE(seen->remaining, seconds(60));
  // A holder that did not hear the answer asks again.
  EXPECT_EQ(one_->Acquire("one", "10.0.0.1:50051", minutes(1))->epoch, 1u);
}

TEST_F(LeaseTest, PassesOnWithANewEpochWhenItsTimeIsOver) {
  ASSERT_EQ(TakeLease(one_.get(), "one", milliseconds(1)), 1u);
  EXPECT_EQ(TakeLease(other_.get(), "other"), 2u);
  EXPECT_EQ(one_->Acquire("one", "", minutes(1))->holder, "other");
}

TEST_F(LeaseTest, IsRenewedAsLongAsNobodyTookIt) {
  ASSERT_EQ(TakeLease(one_.get(), "one", milliseconds(1)), 1u);
  // Late, but nobody was there.
  const auto renewed = one_->Renew(1, minutes(1));
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  EXPECT_EQ(renewed->epoch, 1u);
  EXPECT_EQ(renewed->holder, "one");
  EXPECT_GT(renewed->remaining, seconds(50));
  EXPECT_EQ(other_->Acquire("other", "", minutes(1))->holder, "one");
}

TEST_F(LeaseTest, IsNotRenewedOnceItIsLost) {
  ASSERT_EQ(TakeLease(one_.get(), "one", milliseconds(1)), 1u);
  ASSERT_EQ(TakeLease(other_.get(), "other", minutes(1)), 2u);
  const auto lost = one_->Renew(1, minutes(100));
  ASSERT_TRUE(lost.ok()) << lost.status();
  EXPECT_EQ(lost->epoch, 2u);
  EXPECT_EQ(lost->holder, "other");
  EXPECT_LE(lost->remaining, minutes(1));
  // Nor ended by who has lost it, nor by who never had it.
  EXPECT_TRUE(one_->Release(1).ok());
  EXPECT_TRUE(one_->Release(3).ok());
  EXPECT_EQ(one_->Renew(3, minutes(1))->epoch, 2u);
  EXPECT_GT(other_->Renew(2, minutes(1))->remaining, seconds(50));
}

TEST_F(LeaseTest, AReleasedOneIsTakenAtOnce) {
  ASSERT_EQ(TakeLease(one_.get(), "one"), 1u);
  ASSERT_TRUE(one_->Release(1).ok());
  const auto taken = other_->Acquire("other", "", minutes(1));
  EXPECT_EQ(taken->holder, "other");
  EXPECT_EQ(taken->epoch, 2u);
}

TEST_F(LeaseTest, ReleasingWakesThoseWhoWait) {
  ASSERT_EQ(TakeLease(one_.get(), "one"), 1u);
  other_->AwaitChange(seconds(60));  // the first time it may have missed something: at once
  auto woken = std::async(std::launch::async, [&] { other_->AwaitChange(seconds(60)); });
  ASSERT_TRUE(one_->Release(1).ok());
  EXPECT_EQ(woken.wait_for(seconds(20)), std::future_status::ready);
}

TEST_F(LeaseTest, WaitingEndsByItself) {
  other_->AwaitChange(seconds(60));
  const auto begin = kNow();
  other_->AwaitChange(milliseconds(50));
  EXPECT_GE(kNow() - begin, milliseconds(50));
  EXPECT_LT(kNow() - begin, seconds(20));
}

TEST_F(LeaseTest, InterruptingEndsTheWaitForGood) {
  other_->AwaitChange(seconds(60));
  auto woken = std::async(std::launch::async, [&] { other_->AwaitChange(seconds(60)); });
  other_->Interrupt();
  EXPECT_EQ(woken.wait_for(seconds(20)), std::future_status::ready);
  other_->AwaitChange(seconds(60));
  other_->Interrupt();
}

TEST_F(LeaseTest, TakesAnyTextAsHolder) {
  const std::string holder = std::string("a\0b", 3) + "\\ 'x'; \xff ü";
  const auto taken = one_->Acquire(holder, holder, minutes(1));
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->holder, holder);
  EXPECT_EQ(taken->address, holder);
}

// What one thread knows for certain of a lease that it had.
struct Held {
  uint64_t epoch = 0;
  shared::SteadyTime from;   // the answer was there
  shared::SteadyTime until;  // counted from before the question
};

TEST_F(LeaseTest, TwoNeverHoldItAtOnce) {
  constexpr int kThreads = 4;
  constexpr auto kTtl = milliseconds(15);
  const auto end = kNow() + seconds(2);
  std::vector<std::vector<Held>> held(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto store = Open();
      const std::string me = "holder-" + std::to_string(i);
      for (int turn = 0; kNow() < end; ++turn) {
        auto asked = kNow();
        auto lease = store->Acquire(me, "", kTtl);
        ASSERT_TRUE(lease.ok()) << lease.status();
        if (lease->holder != me) continue;
        // It may be the one of an earlier turn, of which less is left.
        held[i].push_back({lease->epoch, kNow(), asked + lease->remaining});
        if (turn % 3 == 0) {
          asked = kNow();
          lease = store->Renew(lease->epoch, kTtl);
          ASSERT_TRUE(lease.ok());
          if (lease->holder != me) continue;
          held[i].push_back({lease->epoch, kNow(), asked + lease->remaining});
        }
        // Held until it ends, or given back.
        if (turn % 2 == 0) {
          const auto now = kNow();
          for (Held& one : held[i]) {
            if (one.epoch == lease->epoch) one.until = std::min(one.until, now);
          }
          ASSERT_TRUE(store->Release(lease->epoch).ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::pair<Held, int>> all;
  for (int i = 0; i < kThreads; ++i) {
    for (const Held& one : held[i]) all.push_back({one, i});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.first.epoch < b.first.epoch; });
  ASSERT_GT(all.back().first.epoch, 20u) << "too few changes to show anything";
  for (size_t i = 1; i < all.size(); ++i) {
    const auto& [before, who] = all[i - 1];
    const auto& [after, next] = all[i];
    if (before.epoch == after.epoch) {
      EXPECT_EQ(who, next) << "epoch " << after.epoch << " was given twice";
      continue;
    }
    EXPECT_LE(before.until, after.from) << "epochs " << before.epoch << " and " << after.epoch;
  }
}

}  // namespace
}  // namespace smokemesh::testing
