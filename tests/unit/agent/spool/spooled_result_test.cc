#include "agent/spool/spooled_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "shared/uuid.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

v1::TaskResult Result() {
  v1::TaskResult result;
  result.set_task_id("run/check/agent/1");
  result.set_run_id("run");
  result.set_check("check");
  result.set_agent_id("agent");
  result.set_attempt(1);
  result.set_outcome(v1::OUTCOME_FAILED);
  result.set_message("zwölf\n \xF0\x9F\x90\x98");
  result.add_steps()->set_observed(std::string(500, 'x'));
  return result;
}

std::string Why(std::string_view bytes) {
  const auto result = DecodeSpooled(bytes);
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(absl::IsDataLoss(result.status())) << result.status();
  return std::string(result.status().message());
}

// A file with a header that fits whatever follows.
std::string Sealed(const std::string& message) {
  return "smokemesh-result-1 " + std::to_string(message.size()) + " " + shared::Sha256Hex(message) +
         "\n" + message;
}

TEST(SpooledResultTest, ComesBackAsItWas) {
  const auto result = DecodeSpooled(EncodeSpooled(Result()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->SerializeAsString(), Result().SerializeAsString());
}

TEST(SpooledResultTest, TheFormatIsWhatEarlierVersionsWrote) {
  // Files of an older agent must be read by a newer one.
  const std::string message = Result().SerializeAsString();
  EXPECT_EQ(EncodeSpooled(Result()), Sealed(message));
}

TEST(SpooledResultTest, EveryPrefixIsTorn) {
  const std::string bytes = EncodeSpooled(Result());
  for (size_t size = 0; size < bytes.size(); ++size) Why(std::string_view(bytes).substr(0, size));
}

TEST(SpooledResultTest, EveryFlippedBitShows) {
  const std::string good = EncodeSpooled(Result());
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    Why(bytes);
  }
}

TEST(SpooledResultTest, WhateverIsDoneToTheBytesTheyAreRefused) {
  const std::string good = EncodeSpooled(Result());
  std::mt19937 random(20260101);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (uint32_t edits = random() % 4 + 1; edits > 0; --edits) {
      const size_t at = bytes.empty() ? 0 : random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes.resize(at);
          break;
        case 1:
          if (!bytes.empty()) bytes[at] = static_cast<char>(random());
          break;
        case 2:
          bytes.insert(at, random() % 40, static_cast<char>(random()));
          break;
        case 3:
          bytes.erase(at, random() % 40);
          break;
      }
    }
    if (bytes != good) Why(bytes);
  }
}

TEST(SpooledResultTest, ForeignFilesAreNamedAsSuch) {
  EXPECT_THAT(Why(""), HasSubstr("does not begin as a result does"));
  EXPECT_THAT(Why("hello"), HasSubstr("does not begin as a result does"));
  EXPECT_THAT(Why("smokemesh-result-2 0 x\n"), HasSubstr("does not begin as a result does"));
  EXPECT_THAT(Why("smokemesh-result-1 "), HasSubstr("ends in its first line"));
  EXPECT_THAT(Why(EncodeSpooled(Result()) + "x"), HasSubstr("torn or was changed"));
  EXPECT_THAT(Why(std::string(kMaxSpooledBytes + 1, 'x')), HasSubstr("longer than"));
}

TEST(SpooledResultTest, AFittingChecksumAloneIsNotEnough) {
  EXPECT_THAT(Why(Sealed("\xff\xff\xff")), HasSubstr("it is no result"));
  EXPECT_THAT(Why(Sealed("")), HasSubstr("which task"));
  for (int field = 0; field < 4; ++field) {
    v1::TaskResult result = Result();
    if (field == 0) result.clear_task_id();
    if (field == 1) result.clear_run_id();
    if (field == 2) result.clear_check();
    if (field == 3) result.clear_agent_id();
    EXPECT_THAT(Why(EncodeSpooled(result)), HasSubstr("which task"));
  }
}

}  // namespace
}  // namespace smokemesh::agent
