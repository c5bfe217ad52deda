#include "agent/checks/reach.h"

#include <gtest/gtest.h>

namespace smokemesh::agent {
namespace {

TEST(ReachTest, TheFirstWordStaysAndOkHasNone) {
  EXPECT_TRUE(WithReach(absl::OkStatus(), v1::REACH_REFUSED).ok());
  const absl::Status refused = WithReach(absl::UnavailableError("x"), v1::REACH_REFUSED);
  EXPECT_EQ(ReachOf(refused), v1::REACH_REFUSED);
  EXPECT_EQ(ReachOf(WithReach(refused, v1::REACH_CONNECTED)), v1::REACH_REFUSED);
  EXPECT_EQ(refused.message(), "x");
  EXPECT_EQ(ReachOf(WithReach(absl::InternalError("x"), v1::REACH_UNSPECIFIED)),
            v1::REACH_UNSPECIFIED);
}

TEST(ReachTest, WithoutAWordTheCodeTells) {
  EXPECT_EQ(ReachOf(absl::UnavailableError("")), v1::REACH_NO_ANSWER);
  EXPECT_EQ(ReachOf(absl::DeadlineExceededError("")), v1::REACH_NO_ANSWER);
  EXPECT_EQ(ReachOf(absl::DataLossError("")), v1::REACH_ANSWERED);
  EXPECT_EQ(ReachOf(absl::UnauthenticatedError("")), v1::REACH_ANSWERED);
  EXPECT_EQ(ReachOf(absl::PermissionDeniedError("")), v1::REACH_ANSWERED);
  EXPECT_EQ(ReachOf(absl::CancelledError("")), v1::REACH_UNSPECIFIED);
  EXPECT_EQ(ReachOf(absl::InvalidArgumentError("")), v1::REACH_UNSPECIFIED);
}

}  // namespace
}  // namespace smokemesh::agent
