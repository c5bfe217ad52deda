#include "agent/session/result_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smokemesh::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNull;
using ::testing::NotNull;

v1::TaskResult Result(const std::string& id, size_t evidence = 0) {
  v1::TaskResult result;
  result.set_task_id(id);
  result.set_outcome(v1::OUTCOME_FAILED);
  if (evidence > 0) result.add_steps()->set_observed(std::string(evidence, 'x'));
  return result;
}

std::vector<std::string> Ids(const v1::Results* batch) {
  std::vector<std::string> ids;
  for (const v1::TaskResult& result : batch->results()) ids.push_back(result.task_id());
  return ids;
}

TEST(ResultBufferTest, AnEmptyBufferHasNothingToSend) {
  ResultBuffer buffer({});
  EXPECT_TRUE(buffer.empty());
  EXPECT_THAT(buffer.TakeNext(), IsNull());
}

TEST(ResultBufferTest, WhatHasGatheredGoesIntoOneBatch) {
  ResultBuffer buffer({});
  buffer.Add(Result("a"));
  buffer.Add(Result("b"));
  const v1::Results* batch = buffer.TakeNext();
  ASSERT_THAT(batch, NotNull());
  EXPECT_EQ(batch->sequence(), 1u);
  EXPECT_THAT(Ids(batch), ElementsAre("a", "b"));
  EXPECT_THAT(buffer.TakeNext(), IsNull());
  buffer.Add(Result("c"));
  EXPECT_EQ(buffer.TakeNext()->sequence(), 2u);
}

TEST(ResultBufferTest, ABatchIsLimitedInNumberAndInBytes) {
  ResultBuffer buffer({.max_batch_results = 3, .max_batch_bytes = 1000});
  for (const char* id : {"a", "b", "c", "d"}) buffer.Add(Result(id));
  buffer.Add(Result("e", 600));
  buffer.Add(Result("f", 600));
  buffer.Add(Result("g", 5000));  // longer than a batch: alone
  buffer.Add(Result("h"));
  EXPECT_THAT(Ids(buffer.TakeNext()), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Ids(buffer.TakeNext()), ElementsAre("d", "e"));
  EXPECT_THAT(Ids(buffer.TakeNext()), ElementsAre("f"));
  EXPECT_THAT(Ids(buffer.TakeNext()), ElementsAre("g"));
  EXPECT_THAT(Ids(buffer.TakeNext()), ElementsAre("h"));
}

TEST(ResultBufferTest, AnAckForgetsEverythingUpToItsNumber) {
  ResultBuffer buffer({.max_batch_results = 1});
  for (const char* id : {"a", "b", "c"}) buffer.Add(Result(id));
  while (buffer.TakeNext() != nullptr) {
  }
  ASSERT_TRUE(buffer.Ack(2).ok());
  EXPECT_THAT(buffer.TaskIds(), ElementsAre("c"));
  ASSERT_TRUE(buffer.Ack(1).ok());  // late
  ASSERT_TRUE(buffer.Ack(2).ok());  // twice
  EXPECT_THAT(buffer.TaskIds(), ElementsAre("c"));
  ASSERT_TRUE(buffer.Ack(3).ok());
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.bytes(), 0u);
}

TEST(ResultBufferTest, AnAckForWhatWasNeverSentChangesNothing) {
  ResultBuffer buffer({});
  buffer.Add(Result("a"));
  buffer.TakeNext();
  buffer.Add(Result("b"));
  const absl::Status status = buffer.Ack(2);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("batch 2, but the last one that was sent is 1"));
  EXPECT_THAT(buffer.TaskIds(), ElementsAre("a", "b"));
}

TEST(ResultBufferTest, AfterARewindOldBatchesComeFirstAndUnchanged) {
  ResultBuffer buffer({.max_batch_results = 2});
  for (const char* id : {"a", "b", "c"}) buffer.Add(Result(id));
  buffer.TakeNext();
  buffer.TakeNext();
  ASSERT_TRUE(buffer.Ack(1).ok());
  buffer.Add(Result("d"));
  buffer.Rewind();
  const v1::Results* replayed = buffer.TakeNext();
  EXPECT_EQ(replayed->sequence(), 2u);
  EXPECT_THAT(Ids(replayed), ElementsAre("c"));
  const v1::Results* fresh = buffer.TakeNext();
  EXPECT_EQ(fresh->sequence(), 3u);
  EXPECT_THAT(Ids(fresh), ElementsAre("d"));
}

TEST(ResultBufferTest, AnAckFromTheOldStreamCountsDuringTheReplay) {
  ResultBuffer buffer({.max_batch_results = 1});
  for (const char* id : {"a", "b", "c"}) buffer.Add(Result(id));
  while (buffer.TakeNext() != nullptr) {
  }
  buffer.Rewind();
  EXPECT_THAT(Ids(buffer.TakeNext()), ElementsAre("a"));
  ASSERT_TRUE(buffer.Ack(2).ok());  // "b" was committed although it is not replayed yet
  EXPECT_THAT(Ids(buffer.TakeNext()), ElementsAre("c"));
  EXPECT_THAT(buffer.TakeNext(), IsNull());
}

TEST(ResultBufferTest, IsFullByBytesAndByIdentifiersAndEmptiesAgain) {
  ResultBuffer by_bytes({.max_bytes = 1000});
  by_bytes.Add(Result("a", 900));
  EXPECT_FALSE(by_bytes.full());
  by_bytes.Add(Result("b", 900));
  EXPECT_TRUE(by_bytes.full());
  const v1::Results* batch = by_bytes.TakeNext();
  ASSERT_TRUE(by_bytes.Ack(batch->sequence()).ok());
  EXPECT_FALSE(by_bytes.full());

  ResultBuffer by_ids({.max_id_bytes = 20});
  by_ids.Add(Result("0123456789"));
  EXPECT_FALSE(by_ids.full());
  by_ids.Add(Result("9876543210"));
  EXPECT_TRUE(by_ids.full());
}

TEST(ResultBufferTest, AfterARefusalOnlyLargeResultsThatWereSentLoseTheirEvidence) {
  ResultBuffer buffer({.max_batch_results = 2});
  buffer.Add(Result("small", 100));
  buffer.Add(Result("large", 60'000));
  buffer.Add(Result("unsent", 60'000));
  buffer.TakeNext();
  const size_t before = buffer.bytes();
  EXPECT_EQ(buffer.StripSent(), 1);
  EXPECT_LT(buffer.bytes(), before - 59'000);
  buffer.Rewind();
  const v1::Results* batch = buffer.TakeNext();
  EXPECT_EQ(batch->sequence(), 1u);
  EXPECT_EQ(batch->results(0).steps_size(), 1);
  EXPECT_EQ(batch->results(1).steps_size(), 0);
  EXPECT_THAT(batch->results(1).message(), HasSubstr("evidence left out"));
  EXPECT_EQ(buffer.TakeNext()->results(0).steps_size(), 1);
  ASSERT_TRUE(buffer.Ack(2).ok());
  EXPECT_EQ(buffer.bytes(), 0u);
  EXPECT_THAT(buffer.TaskIds(), IsEmpty());
}

}  // namespace
}  // namespace smokemesh::agent
