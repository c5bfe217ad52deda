#include "agent/session/result_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace smokemesh::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNull;
using ::testing::NotNull;
using ::testing::UnorderedElementsAre;

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
  const absl::Status status = buffer.Ack(2).status();
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

TEST(ResultBufferTest, AnAckSaysWhichTasksItWasAbout) {
  ResultBuffer buffer({.max_batch_results = 2});
  for (const char* id : {"a", "b", "c"}) buffer.Add(Result(id));
  while (buffer.TakeNext() != nullptr) {
  }
  EXPECT_THAT(*buffer.Ack(1), ElementsAre("a", "b"));
  EXPECT_THAT(*buffer.Ack(1), IsEmpty());
  EXPECT_THAT(*buffer.Ack(2), ElementsAre("c"));
}

TEST(ResultBufferTest, NoMoreIsUnderWayThanTheOptionsSay) {
  ResultBuffer by_bytes({.max_batch_results = 1, .max_unacked_bytes = 1000});
  for (const char* id : {"a", "b", "c"}) by_bytes.Add(Result(id, 600));
  by_bytes.TakeNext();
  by_bytes.TakeNext();
  EXPECT_THAT(by_bytes.TakeNext(), IsNull());
  ASSERT_TRUE(by_bytes.Ack(1).ok());
  EXPECT_THAT(Ids(by_bytes.TakeNext()), ElementsAre("c"));
  by_bytes.Rewind();
  EXPECT_THAT(Ids(by_bytes.TakeNext()), ElementsAre("b"));

  ResultBuffer by_number({.max_batch_results = 1, .max_unacked_batches = 2});
  for (const char* id : {"a", "b", "c"}) by_number.Add(Result(id));
  by_number.TakeNext();
  by_number.TakeNext();
  EXPECT_THAT(by_number.TakeNext(), IsNull());
  by_number.Add(Result("d"));
  ASSERT_TRUE(by_number.Ack(1).ok());
  EXPECT_THAT(Ids(by_number.TakeNext()), ElementsAre("c"));

  ResultBuffer one({.max_unacked_bytes = 10});
  one.Add(Result("longer", 600));
  EXPECT_THAT(one.TakeNext(), NotNull()) << "one always goes";
}

TEST(ResultBufferTest, AfterARefusalOnlyWhatIsAboveTheLimitAndWasSentLosesItsEvidence) {
  ResultBuffer buffer({.max_batch_results = 1});
  buffer.Add(Result("small", 100));
  buffer.Add(Result("large", 60'000));
  buffer.Add(Result("unsent", 60'000));
  buffer.TakeNext();
  buffer.TakeNext();
  const size_t before = buffer.bytes();
  const ResultBuffer::Shrunk shrunk = buffer.ShrinkSent(4096);
  EXPECT_EQ(shrunk.stripped, 1);
  EXPECT_EQ(shrunk.given_up, 0);
  EXPECT_FALSE(shrunk.divided);
  ASSERT_EQ(shrunk.changed.size(), 1u);
  EXPECT_EQ(shrunk.changed[0]->task_id(), "large");
  EXPECT_LT(buffer.bytes(), before - 59'000);
  buffer.Rewind();
  EXPECT_EQ(buffer.TakeNext()->results(0).steps_size(), 1);
  const v1::Results* large = buffer.TakeNext();
  EXPECT_EQ(large->results(0).steps_size(), 0);
  EXPECT_THAT(large->results(0).message(), HasSubstr("evidence left out"));
  EXPECT_EQ(buffer.TakeNext()->results(0).steps_size(), 1);
  ASSERT_TRUE(buffer.Ack(3).ok());
  EXPECT_EQ(buffer.bytes(), 0u);
  EXPECT_THAT(buffer.TaskIds(), IsEmpty());
}

TEST(ResultBufferTest, ARefusedBatchOfSeveralIsDividedAndLosesNothing) {
  for (const std::optional<size_t> limit : {std::optional<size_t>(2000), std::optional<size_t>()}) {
    ResultBuffer buffer({.max_batch_results = 4});
    for (const char* id : {"a", "b", "c", "d", "e", "f"}) buffer.Add(Result(id, 900));
    buffer.TakeNext();
    buffer.TakeNext();
    const ResultBuffer::Shrunk shrunk = buffer.ShrinkSent(limit);
    EXPECT_TRUE(shrunk.divided);
    EXPECT_EQ(shrunk.stripped + shrunk.given_up, 0);
    if (limit.has_value()) {
      EXPECT_THAT(buffer.TaskIds(), ElementsAre("a", "b", "e", "f", "c", "d"));
    }
    buffer.Rewind();
    std::vector<std::string> all;
    uint64_t sequence = 0;
    while (const v1::Results* batch = buffer.TakeNext()) {
      EXPECT_EQ(batch->sequence(), ++sequence);
      EXPECT_LE(batch->results_size(), sequence <= 2 ? 2 : 4);
      for (const std::string& id : Ids(batch)) all.push_back(id);
      EXPECT_EQ(batch->results(0).steps_size(), 1);
    }
    EXPECT_THAT(all, UnorderedElementsAre("a", "b", "c", "d", "e", "f"));
    ASSERT_TRUE(buffer.Ack(sequence).ok());
    EXPECT_EQ(buffer.bytes(), 0u);
    EXPECT_EQ(buffer.size(), 0u);
  }
}

TEST(ResultBufferTest, AResultIsStrippedOnceGivenUpOnceAndThenLeftAlone) {
  ResultBuffer buffer({});
  buffer.Add(Result("a", 60'000));
  const auto refuse = [&buffer] {
    buffer.Rewind();
    buffer.TakeNext();
    return buffer.ShrinkSent(std::nullopt);
  };
  EXPECT_EQ(refuse().stripped, 1);
  ResultBuffer small({});
  v1::TaskResult result = Result("b");
  result.set_message(std::string(250, 'm'));
  result.set_check(std::string(600, 'c'));
  result.set_run_id(std::string(600, 'r'));
  small.Add(result);
  small.TakeNext();
  EXPECT_EQ(small.ShrinkSent(1).stripped, 1);
  EXPECT_EQ(small.ShrinkSent(1).given_up, 1);
  EXPECT_TRUE(small.ShrinkSent(1).nothing());
  small.Rewind();
  EXPECT_EQ(small.TakeNext()->results(0).outcome(), v1::OUTCOME_ERRORED);
}

}  // namespace
}  // namespace smokemesh::agent
