#include "shared/event_loop/event_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace smokemesh::shared {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kLong = std::chrono::seconds(20);

TEST(EventLoopTest, RunsTasksInOrderOnOneThread) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  EventLoop loop;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(loop.Post([&, i] {
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
    }));
  }
  loop.Stop();
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(order[static_cast<size_t>(i)], i);
    EXPECT_EQ(threads[static_cast<size_t>(i)], threads[0]);
  }
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

TEST(EventLoopTest, KeepsTheOrderOfEachOfManyPosters) {
  std::vector<std::pair<int, int>> seen;
  EventLoop loop;
  std::vector<std::thread> posters;
  for (int poster = 0; poster < 4; ++poster) {
    posters.emplace_back([&, poster] {
      for (int i = 0; i < 500; ++i) loop.Post([&, poster, i] { seen.emplace_back(poster, i); });
    });
  }
  for (std::thread& poster : posters) poster.join();
  loop.Stop();
  ASSERT_EQ(seen.size(), 2000u);
  std::vector<int> next(4, 0);
  for (const auto& [poster, i] : seen) EXPECT_EQ(i, next[static_cast<size_t>(poster)]++);
}

TEST(EventLoopTest, StopRunsWhatIsPostedAndRefusesTheRest) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<int> ran = 0;
  EventLoop loop;
  loop.Post([&] {
    entered.set_value();
    go_on.get_future().wait();
  });
  entered.get_future().wait();
  loop.Post([&] { ++ran; });
  std::thread stopper([&] { loop.Stop(); });
  while (loop.Post([&] { ++ran; })) std::this_thread::yield();
  go_on.set_value();
  stopper.join();
  EXPECT_GE(ran, 1);
  EXPECT_FALSE(loop.Post([&] { ran = -1; }));
  loop.Stop();  // again: nothing happens
  EXPECT_GE(ran, 1);
}

TEST(EventLoopTest, DestroysATaskBeforeTheNextOneRuns) {
  std::promise<bool> was_gone;
  EventLoop loop;
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = owned;
  loop.Post([owned = std::move(owned)] {});
  loop.Post([&] { was_gone.set_value(seen.expired()); });
  EXPECT_TRUE(was_gone.get_future().get());
}

TEST(EventLoopTest, RingsWhenTheDeadlineHasComeAndNotBefore) {
  std::promise<steady_clock::time_point> rung;
  std::optional<SteadyTime> deadline = steady_clock::now() + milliseconds(50);
  const SteadyTime expected = *deadline;
  EventLoop loop(EventLoop::Alarm{.deadline = [&] { return deadline; },
                                  .ring =
                                      [&] {
                                        deadline.reset();
                                        rung.set_value(steady_clock::now());
                                      }});
  std::future<steady_clock::time_point> future = rung.get_future();
  ASSERT_EQ(future.wait_for(kLong), std::future_status::ready);
  EXPECT_GE(future.get(), expected);
}

TEST(EventLoopTest, ATaskMaySetAnEarlierDeadline) {
  std::promise<void> rung;
  std::optional<SteadyTime> deadline = steady_clock::now() + std::chrono::hours(1);
  EventLoop loop(EventLoop::Alarm{.deadline = [&] { return deadline; },
                                  .ring =
                                      [&] {
                                        deadline.reset();
                                        rung.set_value();
                                      }});
  loop.Post([&] { deadline = steady_clock::now() + milliseconds(5); });
  EXPECT_EQ(rung.get_future().wait_for(kLong), std::future_status::ready);
}

TEST(EventLoopTest, ADeadlineThatStaysInThePastDoesNotSpin) {
  std::atomic<int> rings = 0;
  std::promise<void> ten;
  EventLoop loop(EventLoop::Alarm{.deadline = [] { return SteadyTime(); },
                                  .ring =
                                      [&] {
                                        if (++rings == 10) ten.set_value();
                                      }});
  const auto begin = steady_clock::now();
  ASSERT_EQ(ten.get_future().wait_for(kLong), std::future_status::ready);
  // Nine pauses of a millisecond lie between ten rings.
  EXPECT_GE(steady_clock::now() - begin, milliseconds(8));
  // Tasks get their turn all the same.
  std::promise<void> ran;
  loop.Post([&] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(kLong), std::future_status::ready);
}

}  // namespace
}  // namespace smokemesh::shared
