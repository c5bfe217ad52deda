#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/live_picture.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/progress_lines.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/text_layout.h"
#include "shared/clock.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A thread of its own redraws, so that the time goes on while nothing comes.
class LiveProgress final : public Progress {
 public:
  LiveProgress(const Terminal& terminal, const ProgressOptions& options)
      : terminal_(terminal), options_(options), lines_(terminal) {
    {
      shared::MutexLock lock(&mutex_);
      state_.start = steady_clock::now();
    }
    thread_ = std::thread([this] { Redraw(); });
  }

  ~LiveProgress() override { End(); }

  void Update(const v1::Run& run) override ABSL_LOCKS_EXCLUDED(mutex_) {
    std::vector<std::string> news =
        lines_.News(run, {.only_troubles = !options_.verbose, .width = SizeOf(terminal_).columns});
    shared::MutexLock lock(&mutex_);
    TakeRun(run, steady_clock::now(), &state_);
    Above(std::move(news));
  }

  void Round(const BakeProgress& bake) override ABSL_LOCKS_EXCLUDED(mutex_) {
    std::vector<std::string> news = lines_.RoundNews(bake, SizeOf(terminal_).columns);
    shared::MutexLock lock(&mutex_);
    state_.bake = bake;
    Above(std::move(news));
  }

  void Note(const std::string& text) override ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    Above(Wrapped(absl::StrCat("! ", SafeText(text)), SizeOf(terminal_).columns - 1));
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
  // Lines that stay, above the picture.
  void Above(std::vector<std::string> lines) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (std::string& line : lines) {
      above_.push_back(terminal_.unicode ? std::move(line) : Ascii(line));
    }
    changed_.NotifyAll();
  }

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

  // Writes over what is there, line by line, so that nothing flickers. The size is asked for each
  // time: a terminal changes it whenever it likes.
  void Draw(bool last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::string out = "\r";
    if (drawn_ > 0) absl::StrAppend(&out, "\x1b[", drawn_, "A");
    for (const std::string& line : above_) absl::StrAppend(&out, line, "\x1b[K\n");
    above_.clear();
    drawn_ = 0;
    if (!last) {
      for (const std::string& line :
           LivePicture(state_, steady_clock::now(), SizeOf(terminal_), terminal_)) {
        absl::StrAppend(&out, line, "\x1b[K\n");
        ++drawn_;
      }
    }
    absl::StrAppend(&out, "\x1b[J");
    Write(terminal_, out);
  }

  const Terminal terminal_;
  const ProgressOptions options_;
  ProgressLines lines_;  // of the calling thread
  shared::Mutex mutex_;
  shared::CondVar changed_;
  LiveState state_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> above_ ABSL_GUARDED_BY(mutex_);
  size_t drawn_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Progress> NewLiveProgress(const Terminal& terminal,
                                          const ProgressOptions& options) {
  return std::make_unique<LiveProgress>(terminal, options);
}

}  // namespace smokemesh::coordinator
