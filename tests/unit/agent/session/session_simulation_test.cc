// The session core against a simulated coordinator, network and executor. Streams break at any
// moment and lose what is under way in both directions; acknowledgements come late, twice and out
// of order; assignments come twice; the coordinator crashes before and after it commits; the agent
// is killed and starts again with what it kept. Whatever the order of events, nothing is lost,
// nothing runs twice (but what ran when its agent was killed), numbers have no gaps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "agent/session/session_core.h"

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class World {
 public:
  explicit World(uint32_t seed) : seed_(seed), random_(seed) { core_.emplace(Options(seed)); }

  void Run() {
    Feed(SessionStarted{});
    for (int step = 0; step < 3000 && !::testing::Test::HasFatalFailure(); ++step) {
      RandomStep(/*faults=*/true);
    }
    // Faults end. Everything that was assigned comes home, and the agent leaves in order.
    all_assigned_ = true;
    Feed(DrainRequested{"done"});
    for (int step = 0; step < 20'000 && !stopped_; ++step) {
      if (::testing::Test::HasFatalFailure()) return;
      RandomStep(/*faults=*/false);
    }
    ASSERT_TRUE(stopped_) << "the agent never left";
    EXPECT_TRUE(core_->delivered());
    EXPECT_TRUE(running_.empty());
    EXPECT_TRUE(kept_.empty()) << kept_.size() << " results are delivered and still kept";
    for (const auto& [id, runs] : runs_) {
      const int killed = killed_.count(id) > 0 ? killed_.at(id) : 0;
      EXPECT_LE(runs, 1 + killed) << id;
      if (runs > killed) {
        EXPECT_EQ(committed_.count(id), 1u) << id << " was run and its result is lost";
      }
    }
    for (const std::string& id : committed_) EXPECT_EQ(runs_.count(id), 1u) << id;
    uint64_t expected = 1;
    for (const auto& [sequence, ids] : batches_) EXPECT_EQ(sequence, expected++) << "gap";
  }

  size_t runs() const { return runs_.size(); }
  int streams() const { return streams_; }
  int replays() const { return replays_; }
  int kills() const { return kills_; }
  int kept_over_kills() const { return kept_over_kills_; }

 private:
  static SessionCoreOptions Options(uint32_t seed) {
    SessionCoreOptions options;
    options.hello.set_agent_id("a");
    options.backoff_seed = seed;
    options.buffer.max_batch_results = 3;
    options.buffer.max_bytes = 2000;
    return options;
  }

  int Pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  void Feed(const SessionEvent& event) {
    std::deque<SessionEvent> events{event};
    while (!events.empty()) {
      const SessionEvent next = events.front();
      events.pop_front();
      for (SessionEffect& effect : core_->Step(next, now_)) {
        if (auto* submit = std::get_if<SubmitTask>(&effect)) {
          const std::string id = submit->assignment.task_id();
          if (Pick(10) == 0) {
            events.push_front(TaskRejected{id, "busy"});
          } else {
            ++runs_[id];
            running_.push_back(id);
            events.push_front(TaskAccepted{id});
          }
        } else {
          Perform(effect);
        }
      }
    }
  }

  void Perform(SessionEffect& effect) {
    if (std::holds_alternative<OpenStream>(effect)) {
      ASSERT_FALSE(stream_) << "two streams at once";
      stream_ = true;
      ++streams_;
      writing_ = half_closed_ = welcomed_ = false;
      next_sequence_ = 0;
      to_coordinator_.clear();
      to_agent_.clear();
    } else if (auto* write = std::get_if<WriteToStream>(&effect)) {
      ASSERT_TRUE(stream_ && !writing_ && !half_closed_);
      writing_ = true;
      to_coordinator_.push_back(std::move(write->message));
    } else if (std::holds_alternative<HalfCloseStream>(effect)) {
      ASSERT_TRUE(stream_ && !writing_ && !half_closed_);
      writing_ = half_closed_ = true;
    } else if (std::holds_alternative<CancelStream>(effect)) {
      cancelled_ = true;
    } else if (auto* keep = std::get_if<KeepResult>(&effect)) {
      kept_[keep->result.task_id()] = keep->result;
    } else if (auto* forget = std::get_if<ForgetResults>(&effect)) {
      for (const std::string& id : forget->task_ids) kept_.erase(id);
    } else if (std::holds_alternative<SessionStopped>(effect)) {
      stopped_ = true;
    }
  }

  void RandomStep(bool faults) {
    now_ += milliseconds(Pick(50));
    if (core_->NextDeadline().has_value() && now_ >= *core_->NextDeadline()) Feed(SessionTick{});
    if (stopped_) return;
    if (!stream_) {
      // Nothing but the backoff moves things on.
      if (core_->NextDeadline().has_value() && Pick(3) == 0) {
        now_ = std::max(now_, *core_->NextDeadline());
        Feed(SessionTick{});
      } else {
        FinishSomeTask();
      }
      return;
    }
    if (cancelled_) return EndStream(absl::CancelledError(""));
    switch (Pick(faults ? 15 : 10)) {
      case 0:
      case 1:
        if (writing_) {
          writing_ = false;
          Feed(StreamWritten{});
        }
        break;
      case 2:
      case 3:
        CoordinatorReads();
        break;
      case 4:
      case 5:
        AgentReads();
        break;
      case 6:
        FinishSomeTask();
        break;
      case 7:
        Commit();
        break;
      case 8:
        Assign();
        break;
      case 9:
        if (half_closed_ && to_coordinator_.empty() && to_agent_.empty()) {
          EndStream(absl::OkStatus());
        } else if (welcomed_) {
          v1::ConnectResponse heartbeat;
          heartbeat.mutable_heartbeat();
          to_agent_.push_back(heartbeat);
        }
        break;
      case 10:
        if (Pick(4) == 0) EndStream(absl::UnavailableError("socket closed"));
        break;
      case 11:
        if (Pick(8) == 0) {  // a crash: what is not committed is forgotten
          received_.clear();
          EndStream(absl::UnavailableError("connection refused"));
        }
        break;
      case 12:  // an old acknowledgement once more
        if (welcomed_ && acked_ > 0) Ack(static_cast<uint64_t>(Pick(static_cast<int>(acked_))) + 1);
        break;
      case 13:
        if (welcomed_ && Pick(20) == 0) {
          v1::ConnectResponse notice;
          notice.mutable_drain_notice();
          to_agent_.push_back(notice);
        }
        break;
      case 14:
        if (Pick(30) == 0) KillAgent();
        break;
    }
  }

  // kill -9, and a new start with what is on disk.
  void KillAgent() {
    ++kills_;
    kept_over_kills_ += static_cast<int>(kept_.size());
    for (const std::string& id : running_) ++killed_[id];
    running_.clear();
    stream_ = cancelled_ = false;
    SessionCoreOptions options = Options(seed_ + static_cast<uint32_t>(kills_));
    for (const auto& [id, result] : kept_) options.kept.push_back(result);
    core_.emplace(std::move(options));
    // Numbers begin again: another incarnation.
    batches_.clear();
    received_.clear();
    committed_up_to_ = acked_ = 0;
    Feed(SessionStarted{});
  }

  void EndStream(absl::Status status) {
    stream_ = cancelled_ = false;
    Feed(StreamEnded{std::move(status)});
  }

  void FinishSomeTask() {
    if (running_.empty()) return;
    const auto at = running_.begin() + Pick(static_cast<int>(running_.size()));
    v1::TaskResult result;
    result.set_task_id(*at);
    result.set_outcome(v1::OUTCOME_PASSED);
    result.set_message(std::string(static_cast<size_t>(Pick(100)), 'x'));
    running_.erase(at);
    Feed(TaskFinished{result});
  }

  void AgentReads() {
    if (to_agent_.empty()) return;
    const v1::ConnectResponse message = to_agent_.front();
    to_agent_.pop_front();
    Feed(StreamMessage{message});
  }

  void CoordinatorReads() {
    if (to_coordinator_.empty()) return;
    const v1::ConnectRequest message = to_coordinator_.front();
    to_coordinator_.pop_front();
    if (message.has_hello()) {
      ASSERT_FALSE(welcomed_) << "two Hellos";
      v1::ConnectResponse welcome;
      welcome.mutable_welcome()->mutable_heartbeat_interval()->set_seconds(5);
      to_agent_.push_back(welcome);
      welcomed_ = true;
      return;
    }
    ASSERT_TRUE(welcomed_) << "something before Welcome";
    if (!message.has_results()) return;
    const v1::Results& batch = message.results();
    if (next_sequence_ != 0) {
      // Only what has been acknowledged meanwhile may be left out of a replay.
      ASSERT_GE(batch.sequence(), next_sequence_) << "not in order on one stream";
      ASSERT_LE(batch.sequence(), std::max(next_sequence_, acked_ + 1)) << "a gap on one stream";
    } else {
      ASSERT_LE(batch.sequence(), acked_ + 1) << "a batch was left out";
    }
    next_sequence_ = batch.sequence() + 1;
    std::vector<std::string> ids;
    for (const v1::TaskResult& result : batch.results()) ids.push_back(result.task_id());
    ASSERT_FALSE(ids.empty());
    const auto [known, fresh] = batches_.emplace(batch.sequence(), ids);
    if (!fresh) {
      ++replays_;
      ASSERT_EQ(known->second, ids) << "a number means other results on the second stream";
    }
    received_.insert(batch.sequence());
  }

  // Commits what came in without gaps, and acknowledges (or crashes before it could).
  void Commit() {
    while (received_.count(committed_up_to_ + 1) > 0) ++committed_up_to_;
    for (uint64_t sequence = 1; sequence <= committed_up_to_; ++sequence) {
      committed_.insert(batches_[sequence].begin(), batches_[sequence].end());
    }
    if (welcomed_ && committed_up_to_ > 0) Ack(committed_up_to_);
  }

  void Ack(uint64_t up_to) {
    v1::ConnectResponse message;
    message.mutable_result_ack()->set_up_to_sequence(up_to);
    to_agent_.push_back(message);
    acked_ = std::max(acked_, up_to);
  }

  void Assign() {
    if (!welcomed_ || all_assigned_) return;
    // A new task, or one that the coordinator is not sure about: it may have been lost on the way.
    const int number = assigned_ > 0 && Pick(3) == 0 ? Pick(assigned_) : assigned_++;
    const std::string id = "task-" + std::to_string(number);
    // It knows what it has committed; an agent that was killed does not.
    if (kills_ > 0 && committed_.count(id) > 0) return;
    v1::ConnectResponse message;
    message.mutable_assignment()->set_task_id(id);
    to_agent_.push_back(message);
    if (Pick(5) == 0) to_agent_.push_back(message);
  }

  const uint32_t seed_;
  std::mt19937 random_;
  shared::SteadyTime now_{seconds(1)};
  std::optional<SessionCore> core_;
  std::map<std::string, v1::TaskResult> kept_;  // on disk

  // The stream.
  bool stream_ = false;
  bool cancelled_ = false;
  bool writing_ = false;
  bool half_closed_ = false;
  bool welcomed_ = false;
  std::deque<v1::ConnectRequest> to_coordinator_;
  std::deque<v1::ConnectResponse> to_agent_;
  uint64_t next_sequence_ = 0;

  // The agent's executor.
  std::map<std::string, int> runs_;
  std::vector<std::string> running_;
  std::map<std::string, int> killed_;  // how often while it ran
  bool stopped_ = false;

  // The coordinator.
  int assigned_ = 0;
  bool all_assigned_ = false;
  std::map<uint64_t, std::vector<std::string>> batches_;
  std::set<uint64_t> received_;
  uint64_t committed_up_to_ = 0;
  uint64_t acked_ = 0;
  std::set<std::string> committed_;

  // How much the world went through.
  int streams_ = 0;
  int replays_ = 0;
  int kills_ = 0;
  int kept_over_kills_ = 0;
};

TEST(SessionSimulationTest, NothingIsLostOrRunTwiceWhateverBreaks) {
  size_t runs = 0;
  int streams = 0;
  int replays = 0;
  int kills = 0;
  int kept = 0;
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.Run();
    if (::testing::Test::HasFailure()) return;
    runs += world.runs();
    streams += world.streams();
    replays += world.replays();
    kills += world.kills();
    kept += world.kept_over_kills();
  }
  // The worlds were eventful enough to mean something.
  EXPECT_GT(runs, 10'000u);
  EXPECT_GT(streams, 5'000);
  EXPECT_GT(replays, 1'000);
  EXPECT_GT(kills, 1'000);
  EXPECT_GT(kept, 1'000);
}

}  // namespace
}  // namespace smokemesh::agent
