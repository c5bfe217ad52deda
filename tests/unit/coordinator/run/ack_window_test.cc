#include "coordinator/run/ack_window.h"

#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

using Arrival = AckWindow::Arrival;

TEST(AckWindowTest, AcknowledgesOnlyWhatIsDoneWithoutAHole) {
  AckWindow window;
  EXPECT_EQ(window.acknowledged(), 0u);
  EXPECT_EQ(window.Begin(1), Arrival::kNew);
  EXPECT_EQ(window.Begin(2), Arrival::kNew);
  EXPECT_EQ(window.Begin(3), Arrival::kNew);
  window.Done(2);
  window.Done(3);
  EXPECT_EQ(window.acknowledged(), 0u);
  window.Done(1);
  EXPECT_EQ(window.acknowledged(), 3u);
}

TEST(AckWindowTest, TellsNewPendingDoneAndGapApart) {
  AckWindow window;
  EXPECT_EQ(window.Begin(1), Arrival::kNew);
  EXPECT_EQ(window.Begin(1), Arrival::kPending);
  window.Done(1);
  EXPECT_EQ(window.Begin(1), Arrival::kDone);
  EXPECT_EQ(window.Begin(3), Arrival::kGap);
  EXPECT_EQ(window.Begin(2), Arrival::kNew);
  EXPECT_EQ(window.Begin(0), Arrival::kGap);
}

TEST(AckWindowTest, ARestartedCoordinatorBeginsWhereTheAgentDoes) {
  AckWindow window;
  EXPECT_EQ(window.Begin(17), Arrival::kNew);
  EXPECT_EQ(window.acknowledged(), 16u);
  window.Done(17);
  EXPECT_EQ(window.acknowledged(), 17u);
}

TEST(AckWindowTest, AForgottenBatchIsNewWhenItComesAgain) {
  AckWindow window;
  window.Begin(1);
  window.Begin(2);
  window.Done(2);
  window.Forget(1);
  EXPECT_EQ(window.pending(), 0u);
  EXPECT_EQ(window.acknowledged(), 0u);
  EXPECT_EQ(window.Begin(1), Arrival::kNew);
  EXPECT_EQ(window.Begin(2), Arrival::kPending) << "done, and waits for the first";
  window.Done(1);
  EXPECT_EQ(window.acknowledged(), 2u);
}

}  // namespace
}  // namespace smokemesh::coordinator
