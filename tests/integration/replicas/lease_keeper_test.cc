#include "coordinator/replica/lease_keeper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shared/mutex.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// The lease in memory, on the steady clock. Can be told not to answer.
struct Row {
  shared::Mutex mutex;
  shared::CondVar changed;
  Lease lease ABSL_GUARDED_BY(mutex);
  shared::SteadyTime ends ABSL_GUARDED_BY(mutex){};
  bool away ABSL_GUARDED_BY(mutex) = false;
  int releases ABSL_GUARDED_BY(mutex) = 0;
};

class FakeLeaseStore final : public LeaseStore {
 public:
  explicit FakeLeaseStore(std::shared_ptr<Row> row) : row_(std::move(row)) {}

  absl::StatusOr<Lease> Acquire(std::string_view holder, std::string_view address,
                                shared::Duration ttl) override {
    MutexLock lock(&row_->mutex);
    if (row_->away) return absl::UnavailableError("away");
    if (row_->ends <= steady_clock::now()) {
      row_->lease = {row_->lease.epoch + 1, std::string(holder), std::string(address), {}};
      row_->ends = steady_clock::now() + ttl;
    }
    return Read();
  }
  absl::StatusOr<Lease> Renew(uint64_t epoch, shared::Duration ttl) override {
    MutexLock lock(&row_->mutex);
    if (row_->away) return absl::UnavailableError("away");
    if (epoch == row_->lease.epoch) row_->ends = steady_clock::now() + ttl;
    return Read();
  }
  absl::Status Release(uint64_t epoch) override {
    MutexLock lock(&row_->mutex);
    if (row_->away) return absl::UnavailableError("away");
    ++row_->releases;
    if (epoch == row_->lease.epoch) row_->ends = std::min(row_->ends, steady_clock::now());
    row_->changed.NotifyAll();
    return absl::OkStatus();
  }
  void AwaitChange(shared::Duration most) override {
    MutexLock lock(&row_->mutex);
    if (!interrupted_) row_->changed.WaitUntil(&row_->mutex, steady_clock::now() + most);
  }
  void Interrupt() override {
    MutexLock lock(&row_->mutex);
    interrupted_ = true;
    row_->changed.NotifyAll();
  }

 private:
  Lease Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(row_->mutex) {
    Lease lease = row_->lease;
    lease.remaining = row_->ends - steady_clock::now();
    return lease;
  }

  const std::shared_ptr<Row> row_;
  bool interrupted_ ABSL_GUARDED_BY(row_->mutex) = false;
};

// Writes down what it is told, and does it at once.
class FakeRole final : public ReplicaRole {
 public:
  void Begin(uint64_t epoch, std::function<void(absl::Status)> done) override {
    Note("begin " + std::to_string(epoch));
    done(absl::OkStatus());
  }
  void End(const std::string& /*reason*/, std::function<void()> done) override {
    Note("end");
    done();
  }
  void Follow(const std::string& address) override { Note("follow " + address); }

  bool WaitFor(const std::string& text, int times = 1) {
    MutexLock lock(&mutex_);
    const auto deadline = steady_clock::now() + seconds(20);
    while (std::count(notes_.begin(), notes_.end(), text) < times) {
      if (!changed_.WaitUntil(&mutex_, deadline)) return false;
    }
    return true;
  }
  std::string Last() {
    MutexLock lock(&mutex_);
    return notes_.empty() ? "" : notes_.back();
  }

 private:
  void Note(std::string text) {
    MutexLock lock(&mutex_);
    notes_.push_back(std::move(text));
    changed_.NotifyAll();
  }

  shared::Mutex mutex_;
  shared::CondVar changed_;
  std::vector<std::string> notes_ ABSL_GUARDED_BY(mutex_);
};

class LeaseKeeperTest : public testing::Test {
 protected:
  std::unique_ptr<LeaseKeeper> Keeper(const std::string& name, FakeRole* role,
                                      shared::Duration ttl) {
    LeadershipOptions options{
        .holder = name, .address = name + ":1", .ttl = ttl, .ask_every = ttl / 6};
    auto keeper =
        std::make_unique<LeaseKeeper>(options, std::make_unique<FakeLeaseStore>(row_), role);
    keeper->Start();
    return keeper;
  }

  const std::shared_ptr<Row> row_ = std::make_shared<Row>();
  FakeRole a_;
  FakeRole b_;
};

TEST_F(LeaseKeeperTest, OneLeadsAndTheOtherTakesOverWhenItLeaves) {
  const auto a = Keeper("a", &a_, seconds(12));
  ASSERT_TRUE(a_.WaitFor("begin 1"));
  const auto b = Keeper("b", &b_, seconds(12));
  ASSERT_TRUE(b_.WaitFor("follow a:1"));
  EXPECT_TRUE(a->Leads());
  EXPECT_FALSE(b->Leads());
  // Long before the lease ends: the hint wakes it.
  a->Leave();
  EXPECT_FALSE(a->Leads());
  ASSERT_TRUE(b_.WaitFor("begin 2"));
  EXPECT_TRUE(b->Leads());
}

TEST_F(LeaseKeeperTest, AStoreThatIsAwayEndsTheLeadAndIsWaitedFor) {
  const auto a = Keeper("a", &a_, milliseconds(600));
  ASSERT_TRUE(a_.WaitFor("begin 1"));
  {
    MutexLock lock(&row_->mutex);
    row_->away = true;
  }
  ASSERT_TRUE(a_.WaitFor("end"));
  EXPECT_FALSE(a->Leads());
  {
    MutexLock lock(&row_->mutex);
    row_->away = false;
  }
  ASSERT_TRUE(a_.WaitFor("begin 2"));
}

TEST_F(LeaseKeeperTest, AFencedWriteEndsTheLeadOfItsEpochOnly) {
  const auto a = Keeper("a", &a_, seconds(60));
  ASSERT_TRUE(a_.WaitFor("begin 1"));
  a->ReportFenced(7);
  a->ReportFenced(1);
  ASSERT_TRUE(a_.WaitFor("end"));
  // It gave the lease back, and takes it anew.
  ASSERT_TRUE(a_.WaitFor("begin 2"));
  a->Leave();
  MutexLock lock(&row_->mutex);
  EXPECT_EQ(row_->releases, 2);
}

TEST_F(LeaseKeeperTest, LeavesWithoutHavingBegun) {
  LeaseKeeper keeper({.holder = "a"}, std::make_unique<FakeLeaseStore>(row_), &a_);
  keeper.Leave();
}

}  // namespace
}  // namespace smokemesh::coordinator
