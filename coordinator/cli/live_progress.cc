#include "coordinator/cli/progress.h"

#include <algorithm>
#include <map>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/progress_lines.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "shared/clock.h"
#include "shared/duration.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A thread of its own redraws, so that the time goes on while nothing comes.
class LiveProgress final : public Progress {
 public:
  explicit LiveProgress(const Terminal& terminal)
      : terminal_(terminal), lines_(terminal), start_(steady_clock::now()) {
    thread_ = std::thread([this] { Redraw(); });
  }

  ~LiveProgress() override { End(); }

  void Update(const v1::Run& run) override ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    run_ = run;
    for (std::string& line : lines_.News(run, /*only_troubles=*/true)) {
      above_.push_back(std::move(line));
    }
    std::map<std::string, shared::SteadyTime> running;
    for (const v1::CheckRecord& check : run.checks()) {
      if (check.outcome() != v1::OUTCOME_UNSPECIFIED) continue;
      for (const v1::Task& task : check.tasks()) {
        if (task.state() != v1::Task::STATE_RUNNING) continue;
        const std::string key = absl::StrCat(check.name(), " on ", task.agent_id());
        const auto known = running_.find(key);
        running[key] = known == running_.end() ? steady_clock::now() : known->second;
      }
    }
    running_ = std::move(running);
    changed_.NotifyAll();
  }

  void Note(const std::string& text) override ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    above_.push_back(absl::StrCat("! ", SafeText(text)));
    changed_.NotifyAll();
  }

  void End() override ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      shared::MutexLock lock(&mutex_);
      ended_ = true;
      changed_.NotifyAll();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Redraw() ABSL_LOCKS_EXCLUDED(mutex_) {
    mutex_.Lock();
    while (true) {
      const bool last = ended_;
      Draw(last);
      if (last) break;
      // At most 20 pictures a second, however fast events come; one every 250 ms anyway.
      const shared::SteadyTime next = steady_clock::now() + milliseconds(250);
      if (!ended_ && above_.empty()) changed_.WaitUntil(&mutex_, next);
      const shared::SteadyTime soon = steady_clock::now() + milliseconds(50);
      while (!ended_ && steady_clock::now() < soon) changed_.WaitUntil(&mutex_, soon);
    }
    mutex_.Unlock();
  }

  void Draw(bool last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::string out;
    if (drawn_ > 0) absl::StrAppend(&out, "\x1b[", drawn_, "A");
    absl::StrAppend(&out, "\r\x1b[J");
    for (const std::string& line : above_) absl::StrAppend(&out, line, "\n");
    above_.clear();
    drawn_ = 0;
    if (!last) {
      for (const std::string& line : Picture()) {
        absl::StrAppend(&out, line, "\n");
        ++drawn_;
      }
    }
    Write(terminal_, out);
  }

  std::vector<std::string> Picture() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto width = static_cast<size_t>(WidthOf(terminal_));
    const RunView view = Arrange(run_);
    std::vector<std::string> picture;
    size_t widest = 0;
    for (const SuiteView& suite : view.suites) widest = std::max(widest, Columns(suite.title));
    widest = std::min<size_t>(widest, 30);
    for (const SuiteView& suite : view.suites) {
      if (picture.size() == kMaxSuites) break;
      if (suite.counts.planned() == 0) continue;
      picture.push_back(SuiteLine(suite, widest));
    }
    size_t shown = 0;
    for (const auto& [key, since] : running_) {
      if (++shown > kMaxRunning) break;
      picture.push_back(
          Cut(absl::StrCat("  ", terminal_.unicode ? "› " : "> ", SafeText(key), "  ", Age(since)),
              width, Paint::kDim));
    }
    std::string foot =
        absl::StrCat(view.suites.empty() ? "starting" : StateText(), "  ", Age(start_));
    if (running_.size() > kMaxRunning) {
      absl::StrAppend(&foot, "  and ", running_.size() - kMaxRunning, " more running");
    }
    picture.push_back(Cut(foot, width, Paint::kDim));
    return picture;
  }

  std::string StateText() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return run_.state() == v1::Run::STATE_PENDING ? "waiting for agents" : "running";
  }

  std::string SuiteLine(const SuiteView& suite, size_t widest) const {
    constexpr int kBar = 20;
    const v1::OutcomeCounts& counts = suite.counts;
    const int bad =
        counts.failed() + counts.blocked() + counts.errored() + counts.missing() + counts.aborted();
    const int done = counts.planned() - counts.open();
    const int filled = done * kBar / std::max(1, counts.planned());
    std::string full;
    std::string rest;
    for (int i = 0; i < kBar; ++i) {
      (i < filled ? full : rest) +=
          terminal_.unicode ? (i < filled ? "━" : "─") : (i < filled ? "#" : ".");
    }
    const Paint paint = bad > 0 ? Paint::kBad : Paint::kGood;
    return absl::StrCat(
        Padded(suite.title, widest), " ", Painted(full, paint, terminal_.color),
        Painted(rest, Paint::kDim, terminal_.color), " ", done, "/", counts.planned(),
        bad > 0 ? Painted(absl::StrCat("  ", bad, " not passed"), Paint::kBad, terminal_.color)
                : std::string());
  }

  // Cuts to the width: a line that wraps would break the redrawing.
  std::string Cut(const std::string& text, size_t width, Paint paint) const {
    const std::string first = Wrapped(text, static_cast<int>(width) - 1).front();
    return Painted(first, paint, terminal_.color);
  }

  static std::string Age(shared::SteadyTime since) {
    const auto tenths =
        std::chrono::duration_cast<milliseconds>(steady_clock::now() - since).count() / 100;
    return absl::StrCat(tenths / 10, ".", tenths % 10, "s");
  }

  static constexpr size_t kMaxSuites = 12;
  static constexpr size_t kMaxRunning = 6;

  const Terminal terminal_;
  ProgressLines lines_;  // of the calling thread
  const shared::SteadyTime start_;
  shared::Mutex mutex_;
  shared::CondVar changed_;
  v1::Run run_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, shared::SteadyTime> running_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> above_ ABSL_GUARDED_BY(mutex_);
  size_t drawn_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Progress> NewLiveProgress(const Terminal& terminal,
                                          const ProgressOptions& /*options*/) {
  return std::make_unique<LiveProgress>(terminal);
}

}  // namespace smokemesh::coordinator
