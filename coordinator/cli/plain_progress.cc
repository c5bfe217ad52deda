#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/progress_lines.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {
namespace {

class PlainProgress final : public Progress {
 public:
  PlainProgress(const Terminal& terminal, const ProgressOptions& options)
      : terminal_(terminal), options_(options), lines_(terminal) {}

  void Update(const v1::Run& run) override {
    std::vector<std::string> news;
    if (run.run_id() != run_id_) {
      run_id_ = run.run_id();
      news.push_back(absl::StrCat("run ", SafeText(run.run_id()), " of ", SafeText(run.plan_name()),
                                  ": ", Counted(run.verdict().counts().planned(), "check"),
                                  IsCriticalPathOnly(run) ? ", critical path only" : ""));
    }
    // Of later rounds only what is not as it should be.
    const bool only_troubles = round_ > 1 && !options_.verbose;
    for (std::string& line :
         lines_.News(run, {.only_troubles = only_troubles, .steps = options_.verbose})) {
      news.push_back(std::move(line));
    }
    Print(news);
  }

  void Round(const BakeProgress& bake) override {
    round_ = bake.round;
    Print(lines_.RoundNews(bake, /*width=*/0));
  }

  void Note(const std::string& text) override { Print({absl::StrCat("! ", SafeText(text))}); }

  void End() override { Print({""}); }

 private:
  // Whole lines, whichever thread they come from.
  void Print(const std::vector<std::string>& lines) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::string out;
    for (const std::string& line : lines) absl::StrAppend(&out, NoCommand(line), "\n");
    if (!terminal_.unicode) out = Ascii(out);
    shared::MutexLock lock(&mutex_);
    Write(terminal_, out);
  }

  const Terminal terminal_;
  const ProgressOptions options_;
  ProgressLines lines_;
  std::string run_id_;
  int round_ = 0;
  shared::Mutex mutex_;
};

}  // namespace

std::unique_ptr<Progress> NewPlainProgress(const Terminal& terminal,
                                           const ProgressOptions& options) {
  return std::make_unique<PlainProgress>(terminal, options);
}

}  // namespace smokemesh::coordinator
