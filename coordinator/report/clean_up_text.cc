#include "coordinator/report/clean_up_text.h"

#include "absl/strings/str_cat.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMaxListed = 40;

Paint PaintOf(const v1::Run& run) {
  switch (CleanUpExitCode(run)) {
    case 0:
      return Paint::kGood;
    case 1:
      return Paint::kBad;
    default:
      return Paint::kWarn;
  }
}

}  // namespace

std::string CleanUpText(const v1::Run& run, const TextOptions& options) {
  const std::string dot = options.unicode ? " · " : ", ";
  std::string out =
      absl::StrCat(Painted(SafeText(run.plan_name()), Paint::kBold, options.color), "  ",
                   Painted(absl::StrCat("clean-up", dot, "run ", SafeText(run.run_id()), dot,
                                        shared::FormatDuration(shared::FromProto(run.duration()))),
                           Paint::kDim, options.color),
                   "\n");
  int shown = 0;
  for (const std::string& reason : run.verdict().reasons()) {
    if (++shown > kMaxListed) continue;
    std::string lead =
        absl::StrCat("  ", Painted(options.unicode ? "✗" : "x", Paint::kBad, options.color), " ");
    for (const std::string& line : Wrapped(SafeText(reason), options.width - 4)) {
      absl::StrAppend(&out, lead, line, "\n");
      lead.assign(4, ' ');
    }
  }
  if (shown > kMaxListed) absl::StrAppend(&out, "    and ", shown - kMaxListed, " more\n");
  if (!run.cancel_reason().empty()) {
    absl::StrAppend(&out, "  ", SafeText(run.cancel_reason()), "\n");
  }
  absl::StrAppend(&out, Painted(SafeText(run.verdict().summary()), PaintOf(run), options.color),
                  "\n");
  return out;
}

}  // namespace smokemesh::coordinator
