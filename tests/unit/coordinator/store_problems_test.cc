#include "coordinator/store_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StoreProblemsTest : public ::testing::Test {
 protected:
  std::vector<std::string> log_;
  StoreProblems problems_{[this](StoreProblems::Level level, std::string_view text) {
    const char* names[] = {"info ", "warn ", "error "};
    log_.push_back(names[static_cast<int>(level)] + std::string(text));
  }};
};

TEST_F(StoreProblemsTest, ACauseIsToldOnceHoweverOftenItIsMet) {
  for (int i = 0; i < 100; ++i) problems_.Report(absl::UnavailableError("disk full"));
  EXPECT_THAT(log_, ElementsAre("error disk full"));
  problems_.Report(absl::DataLossError("torn page"));
  problems_.Report(absl::UnavailableError("disk full"));
  EXPECT_THAT(log_, ElementsAre("error disk full", "error torn page"));
}

TEST_F(StoreProblemsTest, ThatItWorksAgainIsToldAndThenTheNextFailure) {
  problems_.Report(absl::UnavailableError("disk full"));
  problems_.Report(absl::OkStatus());
  problems_.Report(absl::OkStatus());
  problems_.Report(absl::UnavailableError("disk full"));
  EXPECT_THAT(log_,
              ElementsAre("error disk full", "info the store works again", "error disk full"));
}

TEST_F(StoreProblemsTest, ARefusalIsNoFailureOfTheStoreAndIsToldOnce) {
  for (int i = 0; i < 3; ++i) {
    problems_.Report(absl::FailedPreconditionError("run r is finished"));
    problems_.Report(absl::OkStatus());
  }
  EXPECT_THAT(log_, ElementsAre("warn run r is finished"));
  EXPECT_TRUE(StoreProblems::Works(absl::FailedPreconditionError("")));
  EXPECT_FALSE(StoreProblems::Works(absl::InternalError("")));
}

TEST_F(StoreProblemsTest, ASoundStoreIsNotTalkedAbout) {
  problems_.Report(absl::OkStatus());
  EXPECT_THAT(log_, IsEmpty());
}

}  // namespace
}  // namespace smokemesh::coordinator
