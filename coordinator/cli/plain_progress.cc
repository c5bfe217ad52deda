#include "absl/strings/str_cat.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/progress_lines.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"

namespace smokemesh::coordinator {
namespace {

class PlainProgress final : public Progress {
 public:
  explicit PlainProgress(const Terminal& terminal) : terminal_(terminal), lines_(terminal) {}

  void Update(const v1::Run& run) override {
    std::string out;
    if (!begun_) {
      begun_ = true;
      absl::StrAppend(&out, "run ", SafeText(run.run_id()), " of ", SafeText(run.plan_name()), ": ",
                      Counted(run.verdict().counts().planned(), "check"),
                      IsCriticalPathOnly(run) ? ", critical path only" : "", "\n");
    }
    for (const std::string& line : lines_.News(run, /*only_troubles=*/false)) {
      absl::StrAppend(&out, line, "\n");
    }
    Write(terminal_, out);
  }

  void Note(const std::string& text) override {
    Write(terminal_, absl::StrCat("! ", SafeText(text), "\n"));
  }

  void End() override { Write(terminal_, "\n"); }

 private:
  const Terminal terminal_;
  ProgressLines lines_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Progress> NewPlainProgress(const Terminal& terminal,
                                           const ProgressOptions& /*options*/) {
  return std::make_unique<PlainProgress>(terminal);
}

}  // namespace smokemesh::coordinator
