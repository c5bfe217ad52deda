#include "agent/checks/waiting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/unit/agent/checks/fake_runner.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;

TEST(RunTogether, RunsAllAtTheSameTimeAndTheFirstOnTheCallersThread) {
  smokemesh::testing::Barrier barrier(8);
  std::atomic<int> met = 0;
  std::thread::id first;
  const absl::Status status = RunTogether(8, [&](int index) {
    if (index == 0) first = std::this_thread::get_id();
    if (barrier.Arrive()) ++met;
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(met, 8);
  EXPECT_EQ(first, std::this_thread::get_id());
}

TEST(RunTogether, TellsWhatWasThrownAndStillWaitsForTheOthers) {
  std::atomic<int> ended = 0;
  const absl::Status status = RunTogether(4, [&](int index) {
    if (index == 2) throw std::runtime_error("broken");
    ++ended;
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ended, 3);
}

TEST(WaitUntil, WaitsForTheTimeOrTheCancellation) {
  shared::Cancellation cancellation;
  const auto until = std::chrono::steady_clock::now() + 20ms;
  EXPECT_TRUE(WaitUntil(until, &cancellation));
  EXPECT_GE(std::chrono::steady_clock::now(), until);

  std::thread canceller([&] { cancellation.Cancel("enough"); });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(WaitUntil(start + 60s, &cancellation));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  canceller.join();
  EXPECT_FALSE(WaitUntil(start, &cancellation));
}

}  // namespace
}  // namespace smokemesh::agent
