#include "shared/grpc_support/grpc_log.h"

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include <string>

#include "shared/logging.h"

namespace smokemesh::shared {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;

// What stands on standard error when gRPC says `text`.
std::string Said(const std::string& level, const char* text) {
  EXPECT_TRUE(SetLogLevel(level).ok());
  TakeGrpcLog();
  gpr_log_verbosity_init();  // as gRPC does when it begins
  ::testing::internal::CaptureStderr();
  gpr_log(GPR_ERROR, "%s", text);
  return ::testing::internal::GetCapturedStderr();
}

TEST(GrpcLog, IsInTheFormOfOurs) {
  EXPECT_THAT(Said("info", "Handshake failed: \x1b[2J"),
              EndsWith("info  gRPC: Handshake failed: \\x1b[2J\n"));
}

TEST(GrpcLog, HidesSecrets) {
  LogRedactor().Add("canary-grpc-log");
  EXPECT_THAT(Said("info", "metadata canary-grpc-log"), EndsWith("gRPC: metadata ***\n"));
}

TEST(GrpcLog, IsSilentUnlessAskedFor) { EXPECT_THAT(Said("warn", "Handshake failed"), IsEmpty()); }

TEST(GrpcLog, SaysWhyTheProcessEnds) {
  EXPECT_THAT(Said("warn", "assertion failed: x"), EndsWith("gRPC: assertion failed: x\n"));
}

}  // namespace
}  // namespace smokemesh::shared
