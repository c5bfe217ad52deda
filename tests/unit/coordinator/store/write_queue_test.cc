#include "coordinator/store/write_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "shared/mutex.h"

namespace smokemesh::coordinator {
namespace {

std::vector<v1::TaskResult> Results(size_t count, size_t bytes = 0) {
  v1::TaskResult result;
  result.set_message(std::string(bytes, 'x'));
  return std::vector<v1::TaskResult>(count, result);
}

// Commits that wait until they are told how they end.
class Commits {
 public:
  WriteQueue::Commit AsCommit() {
    return [this](std::vector<StoreWrite>* batch) {
      shared::MutexLock lock(&mutex_);
      batch_ = batch;
      changed_.NotifyAll();
      while (batch_ != nullptr) changed_.Wait(&mutex_);
      return end_;
    };
  }

  // The commit that is going on.
  std::vector<StoreWrite>* Await() {
    shared::MutexLock lock(&mutex_);
    while (batch_ == nullptr) changed_.Wait(&mutex_);
    return batch_;
  }

  void End(const absl::Status& status) {
    shared::MutexLock lock(&mutex_);
    end_ = status;
    batch_ = nullptr;
    changed_.NotifyAll();
  }

 private:
  shared::Mutex mutex_;
  shared::CondVar changed_;
  std::vector<StoreWrite>* batch_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

TEST(WriteQueueTest, WhatComesDuringACommitGoesTogetherIntoTheNext) {
  Commits commits;
  std::vector<std::string> answers;
  WriteQueue queue(commits.AsCommit());
  const auto note = [&](const char* name) {
    return [&answers, name](const absl::Status& status) {
      answers.push_back(name + std::string(status.ok() ? "" : "!"));
    };
  };
  queue.AppendResults(Results(1), note("a"));
  EXPECT_EQ(commits.Await()->size(), 1u);
  queue.AppendResults(Results(1), note("b"));
  queue.PutRun(StoredRun(), note("c"));
  queue.AppendResults(Results(1), note("d"));
  EXPECT_TRUE(answers.empty()) << "answered before its commit";
  commits.End(absl::OkStatus());
  std::vector<StoreWrite>* const batch = commits.Await();
  ASSERT_EQ(batch->size(), 3u);
  EXPECT_TRUE((*batch)[1].run.has_value());
  EXPECT_EQ(answers, std::vector<std::string>{"a"});
  std::promise<void> last;
  queue.AppendResults(Results(1), [&](const absl::Status&) { last.set_value(); });
  (*batch)[1].status = absl::AlreadyExistsError("refused");
  commits.End(absl::OkStatus());
  commits.Await();
  EXPECT_EQ(answers, (std::vector<std::string>{"a", "b", "c!", "d"}));
  commits.End(absl::OkStatus());
  last.get_future().wait();
}

TEST(WriteQueueTest, ARefusalInATransactionThatWasUndoneIsNone) {
  absl::Status answer;
  {
    WriteQueue queue([](std::vector<StoreWrite>* batch) {
      batch->front().status = absl::AlreadyExistsError("because of a row that was undone");
      return absl::UnavailableError("disk full");
    });
    queue.PutRun(StoredRun(), [&](const absl::Status& status) { answer = status; });
  }
  EXPECT_TRUE(absl::IsUnavailable(answer)) << answer;
}

TEST(WriteQueueTest, OneCommitTakesSoManyRowsAndBytes) {
  Commits commits;
  WriteQueue queue(commits.AsCommit());
  int answered = 0;
  const auto count = [&](const absl::Status&) { ++answered; };
  queue.AppendResults(Results(1), count);
  commits.Await();
  for (int i = 0; i < 3; ++i) queue.AppendResults(Results(600), count);
  for (int i = 0; i < 3; ++i) queue.AppendResults(Results(1, size_t{6} << 20), count);
  commits.End(absl::OkStatus());
  EXPECT_EQ(commits.Await()->size(), 2u);
  commits.End(absl::OkStatus());
  EXPECT_EQ(commits.Await()->size(), 3u);  // the third of 600 rows, and two that are large
  commits.End(absl::OkStatus());
  EXPECT_EQ(commits.Await()->size(), 1u);
  commits.End(absl::OkStatus());
}

TEST(WriteQueueTest, AStoreThatDoesNotKeepUpRefusesAndAnswersInOrder) {
  Commits commits;
  std::vector<bool> answers;
  std::promise<void> last;
  WriteQueue queue(commits.AsCommit());
  const auto note = [&](const absl::Status& status) { answers.push_back(status.ok()); };
  queue.AppendResults(Results(1), note);
  commits.Await();
  queue.AppendResults(Results(1, size_t{200} << 20), note);
  queue.AppendResults(Results(1, size_t{100} << 20), note);
  queue.AppendResults(Results(1), [&](const absl::Status& status) {
    note(status);
    last.set_value();
  });
  commits.End(absl::OkStatus());
  commits.Await();
  commits.End(absl::OkStatus());
  commits.Await();
  commits.End(absl::OkStatus());
  last.get_future().wait();
  EXPECT_EQ(answers, (std::vector<bool>{true, true, false, true}));
}

TEST(WriteQueueTest, ClosingAnswersAllThatIsQueued) {
  Commits commits;
  int answered = 0;
  auto queue = std::make_unique<WriteQueue>(commits.AsCommit());
  queue->AppendResults(Results(1), [&](const absl::Status&) { ++answered; });
  commits.Await();
  for (int i = 0; i < 5; ++i) {
    queue->AppendResults(Results(1), [&](const absl::Status& status) {
      EXPECT_TRUE(absl::IsUnavailable(status));
      ++answered;
    });
  }
  auto closed = std::async(std::launch::async, [&] { queue.reset(); });
  commits.End(absl::UnavailableError("away"));
  commits.Await();
  commits.End(absl::UnavailableError("away"));
  closed.wait();
  EXPECT_EQ(answered, 6);
}

}  // namespace
}  // namespace smokemesh::coordinator
