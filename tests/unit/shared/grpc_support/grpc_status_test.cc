#include "shared/grpc_support/grpc_status.h"

#include <gtest/gtest.h>

#include <string>

namespace smokemesh::shared {
namespace {

TEST(GrpcStatusTest, CodesAndMessagesSurviveTheWayThereAndBack) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const grpc::Status there = ToGrpcStatus(status);
    EXPECT_EQ(static_cast<int>(there.error_code()), code);
    EXPECT_EQ(FromGrpcStatus(there), status);
  }
}

TEST(GrpcStatusTest, CutsAMessageThatWouldNotFitTheMetadata) {
  const std::string message =
      ToGrpcStatus(absl::InvalidArgumentError(std::string(20000, 'x'))).error_message();
  EXPECT_EQ(message.rfind("xxxx", 0), 0u);
  EXPECT_NE(message.find("14000 bytes more"), std::string::npos) << message.substr(5990);
  EXPECT_LT(message.size(), 6100u);
}

TEST(GrpcStatusTest, CountsWhatTheEncodingAdds) {
  // Each line end takes three bytes on the wire.
  const std::string message =
      ToGrpcStatus(absl::InvalidArgumentError(std::string(20000, '\n'))).error_message();
  EXPECT_LT(message.size(), 2100u);
  EXPECT_GT(message.size(), 1990u);
}

TEST(GrpcStatusTest, LeavesAMessageThatFits) {
  const std::string text(6000, 'x');
  EXPECT_EQ(ToGrpcStatus(absl::InternalError(text)).error_message(), text);
}

}  // namespace
}  // namespace smokemesh::shared
