#include "coordinator/scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace smokemesh::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<size_t> Started(const std::vector<ReadyPair>& ready, const RunLoad& load,
                            std::map<std::string, int> slots) {
  std::vector<size_t> checks;
  for (const ReadyPair& pair : PairsToStart(ready, load, [&](std::string_view agent) {
                                 return slots[std::string(agent)];
                               }).pairs) {
    checks.push_back(pair.ref.check);
  }
  return checks;
}

TEST(SchedulerTest, StartsInPlanOrderUpToEachAgentsRoom) {
  const std::vector<ReadyPair> ready = {
      {{0, 0}, "a", false}, {{1, 0}, "a", false}, {{2, 0}, "a", false}, {{3, 0}, "b", false}};
  EXPECT_THAT(Started(ready, {0, 100, {}}, {{"a", 2}, {"b", 1}}), ElementsAre(0, 1, 3));
}

TEST(SchedulerTest, HoldsTheRunsOwnLimit) {
  const std::vector<ReadyPair> ready = {{{0, 0}, "a", false}, {{1, 0}, "a", false}};
  EXPECT_THAT(Started(ready, {9, 10, {}}, {{"a", 5}}), ElementsAre(0));
  EXPECT_THAT(Started(ready, {10, 10, {}}, {{"a", 5}}), IsEmpty());
}

TEST(SchedulerTest, ExclusiveChecksComeAfterTheOthersAndAlone) {
  const std::vector<ReadyPair> ready = {
      {{0, 0}, "a", true}, {{1, 0}, "a", false}, {{2, 0}, "a", true}};
  EXPECT_THAT(Started(ready, {0, 10, {}}, {{"a", 5}}), ElementsAre(1));
  const std::vector<ReadyPair> later = {{{0, 0}, "a", true}, {{2, 0}, "a", true}};
  EXPECT_THAT(Started(later, {1, 10, {}}, {{"a", 5}}), IsEmpty());
  EXPECT_THAT(Started(later, {0, 10, {}}, {{"a", 5}}), ElementsAre(0));
}

TEST(SchedulerTest, NothingStartsBesideAnExclusiveCheckButItsOwnPairs) {
  const std::vector<ReadyPair> ready = {
      {{0, 1}, "b", true}, {{1, 0}, "a", false}, {{2, 0}, "a", true}};
  EXPECT_THAT(Started(ready, {1, 10, 0}, {{"a", 5}, {"b", 5}}), ElementsAre(0));
}

TEST(SchedulerTest, ACheckThatRunsAloneMayUseSeveralAgents) {
  const std::vector<ReadyPair> ready = {{{0, 0}, "a", true}, {{0, 1}, "b", true}};
  EXPECT_THAT(Started(ready, {0, 10, {}}, {{"a", 1}, {"b", 1}}), ElementsAre(0, 0));
}

TEST(SchedulerTest, AnAgentThatIsAwayDoesNotHoldUpExclusiveChecks) {
  const std::vector<ReadyPair> ready = {{{0, 0}, "gone", false}, {{1, 0}, "a", true}};
  EXPECT_THAT(Started(ready, {0, 10, {}}, {{"a", 1}}), ElementsAre(1));
}

}  // namespace
}  // namespace smokemesh::coordinator
