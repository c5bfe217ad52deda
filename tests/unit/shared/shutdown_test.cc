#include "shared/shutdown.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace smokemesh::shared {
namespace {

// Each in a process of its own: there is one Shutdown for the life of a process.
class ShutdownTest : public ::testing::TestWithParam<int> {};

TEST_P(ShutdownTest, WhoHearsTheCancellationKnowsTheSignal) {
  EXPECT_EXIT(
      {
        Shutdown& shutdown = Shutdown::Install(9);
        int heard = -1;
        const Cancellation::Registration registration(&shutdown.cancellation(), [&] {
          heard = shutdown.requested() ? shutdown.signal() : 0;
        });
        if (shutdown.requested()) _exit(1);
        kill(getpid(), GetParam());
        shutdown.Wait();
        _exit(heard == GetParam() && shutdown.cancellation().cancelled() ? 0 : 2);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_P(ShutdownTest, TheSecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        Shutdown& shutdown = Shutdown::Install(9);
        kill(getpid(), GetParam());
        shutdown.Wait();
        kill(getpid(), GetParam());
        while (true) pause();
      },
      ::testing::ExitedWithCode(9), "");
}

INSTANTIATE_TEST_SUITE_P(Signals, ShutdownTest, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& param_info) {
                           return param_info.param == SIGINT ? "Interrupt" : "Terminate";
                         });

}  // namespace
}  // namespace smokemesh::shared
