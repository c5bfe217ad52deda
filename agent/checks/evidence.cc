#include "agent/checks/evidence.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

// What is looked at of a long text, and how much of its end is dropped since it may be the
// beginning of a secret. A megabyte of body is not searched for every secret, time after time.
constexpr size_t kMostSearched = 64 << 10;
constexpr size_t kDoubtfulEnd = 4 << 10;
constexpr size_t kLongestEvidence = 512;
constexpr size_t kLongestObserved = 200;
constexpr size_t kLongestName = 128;
constexpr int kMostFailures = 20;
constexpr int kMostSteps = 200;
// Below 64 KiB, so that what carries the result has room too.
constexpr size_t kLargestResult = 60 << 10;

}  // namespace

std::string Presentable(std::string_view text, size_t max_bytes, const shared::Redactor& redactor) {
  if (text.size() <= kMostSearched) {
    return shared::Shorten(shared::EscapeControl(redactor.Redact(text)), max_bytes);
  }
  std::string clean = redactor.Redact(text.substr(0, kMostSearched));
  clean.resize(clean.size() - std::min(clean.size(), kDoubtfulEnd));
  // At a character border and without a note: the note must count all of `text`.
  clean = shared::Shorten(shared::EscapeControl(clean) + "+", max_bytes);
  clean.resize(clean.rfind(clean.ends_with('+') ? "+" : "…("));
  return absl::StrCat(clean, "…(", text.size() - std::min(text.size(), clean.size()),
                      " bytes more)");
}

void MakePresentable(v1::TaskResult* result, const shared::Redactor& redactor) {
  const auto clean = [&](std::string* text, size_t max_bytes) {
    if (!text->empty()) *text = Presentable(*text, max_bytes, redactor);
  };
  if (result->failures_size() > kMostFailures) {
    result->mutable_failures()->DeleteSubrange(kMostFailures,
                                               result->failures_size() - kMostFailures);
  }
  if (result->steps_size() > kMostSteps) {
    result->mutable_steps()->DeleteSubrange(kMostSteps, result->steps_size() - kMostSteps);
  }
  clean(result->mutable_message(), kLongestEvidence);
  clean(result->mutable_cleanup_error(), kLongestEvidence);
  for (v1::Failure& failure : *result->mutable_failures()) {
    clean(failure.mutable_step_name(), kLongestName);
    clean(failure.mutable_expected(), kLongestEvidence);
    clean(failure.mutable_actual(), kLongestEvidence);
    clean(failure.mutable_target(), kLongestEvidence);
    clean(failure.mutable_hint(), kLongestEvidence);
  }
  for (v1::StepResult& step : *result->mutable_steps()) {
    clean(step.mutable_name(), kLongestName);
    clean(step.mutable_observed(), kLongestObserved);
  }

  if (result->ByteSizeLong() > kLargestResult) {
    for (v1::StepResult& step : *result->mutable_steps()) {
      if (step.outcome() == v1::OUTCOME_PASSED) step.clear_observed();
    }
  }
  while (result->ByteSizeLong() > kLargestResult && result->failures_size() > 1) {
    result->mutable_failures()->RemoveLast();
  }
  while (result->ByteSizeLong() > kLargestResult && result->steps_size() > 0) {
    result->mutable_steps()->RemoveLast();
  }
}

}  // namespace smokemesh::agent
