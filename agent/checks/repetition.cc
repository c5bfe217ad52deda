#include "agent/checks/repetition.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "agent/checks/waiting.h"
#include "shared/duration.h"
#include "shared/expectation/quantile.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using shared::Duration;
using shared::MutexLock;
using std::chrono::steady_clock;

constexpr int kMostTimes = 1000;
constexpr int kMostParallel = 50;
constexpr int kMostWarmUp = 100;
// Of so many times that did not pass, the reasons are kept.
constexpr size_t kMostFailedTimes = 3;

constexpr Duration kDefaultWithin = std::chrono::seconds(2);
constexpr Duration kDefaultInterval = std::chrono::milliseconds(50);
constexpr Duration kLongestWait = std::chrono::hours(24);
constexpr int kMostAttempts = 10'000;

// Answers queries about all times.
class OverAllTimes final : public shared::Observation {
 public:
  // `samples` must outlive this.
  explicit OverAllTimes(const std::vector<Duration>& samples) : samples_(samples) {}

  absl::StatusOr<shared::Value> Get(std::string_view, std::string_view argument) const override {
    ASSIGN_OR_RETURN(const shared::Quantile quantile, shared::ParseQuantile(argument));
    if (samples_.empty()) return shared::Absent();
    return QuantileOf(quantile, samples_);
  }
  std::string Summary() const override { return ""; }
  Implied UnlessAsked() const override { return {}; }

 private:
  const std::vector<Duration>& samples_;
};

std::string DescribeTimes(const std::vector<Duration>& samples) {
  if (samples.empty()) return "";
  const auto text = [&](std::string_view quantile) {
    return shared::FormatDuration(QuantileOf(*shared::ParseQuantile(quantile), samples));
  };
  return absl::StrCat("p50 ", text("p50"), ", p95 ", text("p95"), ", max ", text("max"));
}

absl::Status CheckBounds(const v1::Repeat& repeat) {
  const auto check = [](int value, int least, int most, const char* name) {
    if (value >= least && value <= most) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("`repeat.", name, "` is ", value, ", but must be ", least, " to ", most));
  };
  absl::Status status = check(repeat.times(), 1, kMostTimes, "times");
  status.Update(check(repeat.parallel(), 0, kMostParallel, "parallel"));
  status.Update(check(repeat.warm_up(), 0, kMostWarmUp, "warm_up"));
  return status;
}

// All times of one step.
class Repetition {
 public:
  Repetition(const v1::Repeat& repeat, const std::string& session, const AttemptFunction& attempt)
      : repeat_(repeat),
        session_(session),
        attempt_(attempt),
        times_(repeat.times()),
        workers_(std::clamp(repeat.parallel(), 1, times_)),
        next_(workers_ + 1) {}

  StepReport Run() ABSL_LOCKS_EXCLUDED(mutex_) {
    for (int i = 0; i < repeat_.warm_up(); ++i) {
      AttemptOptions options = Options(i % workers_, 0);
      options.judged = false;
      StepReport report = attempt_(options);
      if (report.outcome == v1::OUTCOME_PASSED) continue;
      if (report.outcome != v1::OUTCOME_ABORTED) {
        Note("warm-up: ", "", &report);
        report.observed = absl::StrCat("warm-up: ", report.observed);
      }
      return report;
    }
    const absl::Status ran = RunTogether(workers_, [this](int worker) { Work(worker); });
    return Summarise(ran);
  }

 private:
  // Times that did not pass, those that could not be judged first.
  using FailedTimes = std::map<std::pair<bool, int>, StepReport>;

  AttemptOptions Options(int worker, int iteration) const {
    AttemptOptions options;
    options.session = worker == 0 ? session_ : absl::StrCat(session_, "#", worker + 1);
    options.fresh_session = repeat_.fresh_session();
    options.iteration = absl::StrCat(iteration);
    return options;
  }

  // The first times are dealt out, so that every worker has one; the others go to who is free.
  void Work(int worker) ABSL_LOCKS_EXCLUDED(mutex_) {
    for (int iteration = worker + 1; iteration <= times_;) {
      iteration = Done(iteration, attempt_(Options(worker, iteration)));
    }
  }

  // Takes note of a time that is over and returns the next, above `times_` when there is none.
  int Done(int iteration, StepReport report) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    ++done_;
    began_ = began_ || report.began;
    missing_.insert(report.missing.begin(), report.missing.end());
    if (report.answer_time.has_value()) answer_times_.push_back(*report.answer_time);
    if (report.connect_time.has_value()) connect_times_.push_back(*report.connect_time);
    const bool judged = report.answered && report.outcome != v1::OUTCOME_ERRORED;
    if (!judged) stop_ = true;
    if (iteration > last_captured_ && !report.captures.empty()) {
      last_captured_ = iteration;
      last_captures_ = std::move(report.captures);
    }
    if (iteration > last_) {
      last_ = iteration;
      last_observed_ = report.observed;
      over_all_ = std::move(report.over_all);
    }
    if (report.outcome == v1::OUTCOME_ABORTED) {
      aborted_ = true;
    } else if (report.outcome != v1::OUTCOME_PASSED) {
      ++failed_;
      const bool errored = report.outcome == v1::OUTCOME_ERRORED;
      failed_times_.emplace(std::pair(!errored, iteration), std::move(report));
      if (failed_times_.size() > kMostFailedTimes) failed_times_.erase(--failed_times_.end());
    }
    return stop_ ? times_ + 1 : next_++;
  }

  StepReport Summarise(const absl::Status& ran) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    StepReport report;
    report.began = began_;
    report.missing = std::move(missing_);
    report.captures = std::move(last_captures_);
    if (aborted_) {
      SetAborted(&report);
      return report;
    }
    report.observed = absl::StrCat(done_ < times_ ? absl::StrCat(done_, " of ") : "", times_,
                                   times_ == 1 ? " time" : " times",
                                   failed_ > 0 ? absl::StrCat(", ", failed_, " failed") : "");
    if (const std::string quantiles = DescribeTimes(answer_times_); !quantiles.empty()) {
      absl::StrAppend(&report.observed, ": ", quantiles);
    }
    absl::StrAppend(&report.observed, "; last: ", last_observed_);
    if (!ran.ok()) {
      AddFailure(&report, v1::OUTCOME_ERRORED, "that the step can be carried out",
                 std::string(ran.message()));
    }
    AddFailedTimes(&report);
    // Over fewer times than were asked for, quantiles prove nothing.
    if (ran.ok() && done_ == times_) JudgeQuantiles(&report);
    report.answered = report.outcome == v1::OUTCOME_PASSED || report.outcome == v1::OUTCOME_FAILED;
    return report;
  }

  void AddFailedTimes(StepReport* report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::string how_many =
        absl::StrCat(" (", failed_, " of ", done_, done_ == 1 ? " time" : " times",
                     done_ < times_ ? absl::StrCat(", ", times_ - done_, " not done") : "", ")");
    for (auto& [key, failed] : failed_times_) {
      Note(absl::StrCat("time ", key.second, " of ", times_, ": "),
           report->failures.empty() ? how_many : "", &failed);
      if (report->failures.empty()) report->lacks_feature = failed.lacks_feature;
      if (report->outcome != v1::OUTCOME_ERRORED) report->outcome = failed.outcome;
      std::move(failed.failures.begin(), failed.failures.end(),
                std::back_inserter(report->failures));
    }
  }

  void JudgeQuantiles(StepReport* report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const shared::Expectation& expectation : over_all_) {
      const std::vector<Duration>& samples =
          expectation.query == "duration" ? answer_times_ : connect_times_;
      const absl::StatusOr<std::optional<shared::Observation::Mismatch>> mismatch =
          shared::Evaluate(expectation, OverAllTimes(samples));
      if (!mismatch.ok()) {
        AddFailure(report, v1::OUTCOME_ERRORED, expectation.text,
                   absl::StrCat("cannot be judged: ", mismatch.status().message()));
      } else if (mismatch->has_value()) {
        AddFailure(report, v1::OUTCOME_FAILED, (*mismatch)->expected,
                   absl::StrCat((*mismatch)->actual, " over ", samples.size(),
                                samples.size() == 1 ? " time" : " times"),
                   DescribeTimes(samples));
      }
    }
  }

  // Puts words around what was seen: `before` in every failure, `after` in the first.
  static void Note(const std::string& before, const std::string& after, StepReport* report) {
    for (size_t i = 0; i < report->failures.size(); ++i) {
      v1::Failure& failure = report->failures[i];
      failure.set_actual(absl::StrCat(before, failure.actual(), i == 0 ? after : ""));
    }
  }

  const v1::Repeat& repeat_;
  const std::string& session_;
  const AttemptFunction& attempt_;
  const int times_;
  const int workers_;

  shared::Mutex mutex_;
  int next_ ABSL_GUARDED_BY(mutex_);
  int done_ ABSL_GUARDED_BY(mutex_) = 0;
  int failed_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  bool aborted_ ABSL_GUARDED_BY(mutex_) = false;
  bool began_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::string> missing_ ABSL_GUARDED_BY(mutex_);
  std::vector<Duration> answer_times_ ABSL_GUARDED_BY(mutex_);
  std::vector<Duration> connect_times_ ABSL_GUARDED_BY(mutex_);
  FailedTimes failed_times_ ABSL_GUARDED_BY(mutex_);
  // Of the time with the highest number that captured anything.
  int last_captured_ ABSL_GUARDED_BY(mutex_) = 0;
  Captures last_captures_ ABSL_GUARDED_BY(mutex_);
  // Of the time with the highest number.
  int last_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string last_observed_ ABSL_GUARDED_BY(mutex_);
  std::vector<shared::Expectation> over_all_ ABSL_GUARDED_BY(mutex_);
};

Duration Bounded(const google::protobuf::Duration& duration) {
  return std::clamp(shared::FromProto(duration), Duration(0), kLongestWait);
}

}  // namespace

StepReport RepeatStep(const v1::Repeat& repeat, const std::string& session,
                      const AttemptFunction& attempt) {
  if (const absl::Status status = CheckBounds(repeat); !status.ok()) {
    StepReport report;
    AddFailure(&report, v1::OUTCOME_ERRORED, "that the step can be prepared",
               std::string(status.message()));
    return report;
  }
  return Repetition(repeat, session, attempt).Run();
}

StepReport AwaitStep(const v1::Until& until, const std::string& session,
                     const AttemptFunction& attempt, const CheckContext& context) {
  const Duration within = until.has_within() ? Bounded(until.within()) : kDefaultWithin;
  const Duration interval = until.has_interval() ? Bounded(until.interval()) : kDefaultInterval;
  const int most = until.attempts() > 0 ? std::min(until.attempts(), kMostAttempts) : kMostAttempts;
  const shared::SteadyTime start = steady_clock::now();
  const shared::SteadyTime end = std::min(start + within, context.deadline);
  AttemptOptions options;
  options.session = session;
  bool began = false;
  for (int attempts = 1;; ++attempts) {
    StepReport report = attempt(options);
    began = began || report.began;
    report.began = began;
    if (attempts > 1 && report.outcome != v1::OUTCOME_ABORTED) {
      report.observed = absl::StrCat("after ", attempts, " attempts: ", report.observed);
    }
    if (report.outcome != v1::OUTCOME_FAILED || report.lacks_feature) return report;
    const shared::SteadyTime next = steady_clock::now() + interval;
    if (attempts >= most || next >= end) {
      if (!report.failures.empty()) {
        v1::Failure& first = report.failures.front();
        first.set_actual(absl::StrCat(first.actual(), " (after ", attempts,
                                      attempts == 1 ? " attempt in " : " attempts in ",
                                      shared::FormatDuration(steady_clock::now() - start), ")"));
      }
      return report;
    }
    if (!WaitUntil(next, context.cancellation)) {
      SetAborted(&report);
      return report;
    }
  }
}

}  // namespace smokemesh::agent
