#include "shared/cancellation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace smokemesh::shared {
namespace {

TEST(Cancellation, KeepsTheFirstReason) {
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.cancelled());
  EXPECT_EQ(cancellation.reason(), "");
  cancellation.Cancel("first");
  cancellation.Cancel("second");
  EXPECT_TRUE(cancellation.cancelled());
  EXPECT_EQ(cancellation.reason(), "first");
}

TEST(Cancellation, RunsEachCallbackOnce) {
  Cancellation cancellation;
  int calls = 0;
  const Cancellation::Registration one(&cancellation, [&] { ++calls; });
  const Cancellation::Registration two(&cancellation, [&] { ++calls; });
  EXPECT_EQ(calls, 0);
  cancellation.Cancel("x");
  cancellation.Cancel("x");
  EXPECT_EQ(calls, 2);
}

TEST(Cancellation, RunsACallbackAtOnceWhenItComesLate) {
  Cancellation cancellation;
  cancellation.Cancel("x");
  int calls = 0;
  {
    const Cancellation::Registration late(&cancellation, [&] { ++calls; });
    EXPECT_EQ(calls, 1);
  }
  EXPECT_EQ(calls, 1);
}

TEST(Cancellation, ForgetsACallbackWhoseRegistrationEnded) {
  Cancellation cancellation;
  int calls = 0;
  std::optional<Cancellation::Registration> registration;
  registration.emplace(&cancellation, [&] { ++calls; });
  const Cancellation::Registration kept(&cancellation, [&] { calls += 10; });
  registration.reset();
  cancellation.Cancel("x");
  EXPECT_EQ(calls, 10);
}

TEST(Cancellation, NeverRunsACallbackAfterItsRegistrationEnded) {
  for (int round = 0; round < 200; ++round) {
    Cancellation cancellation;
    std::atomic<bool> go = false;
    std::thread canceller([&] {
      while (!go) std::this_thread::yield();
      cancellation.Cancel("x");
    });
    bool ended = false;
    bool ran_late = false;
    {
      const Cancellation::Registration registration(&cancellation, [&] { ran_late = ended; });
      go = true;
      if (round % 2 == 0) std::this_thread::yield();
    }
    ended = true;
    canceller.join();
    EXPECT_FALSE(ran_late);
  }
}

}  // namespace
}  // namespace smokemesh::shared
