#include "agent/executor/result_limits.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

constexpr size_t kLongestText = 4096;
constexpr size_t kShortestText = 64;
constexpr int kMostFailures = 64;
constexpr int kMostSteps = 512;

// Shortens first: evidence may be megabytes, and escaping is slow.
void Limit(size_t max_bytes, std::string* text) {
  *text = shared::EscapeControl(shared::Shorten(*text, max_bytes));
}

void LimitTexts(size_t max_bytes, v1::TaskResult* result) {
  Limit(max_bytes, result->mutable_message());
  Limit(max_bytes, result->mutable_cleanup_error());
  for (v1::Failure& failure : *result->mutable_failures()) {
    Limit(max_bytes, failure.mutable_step_name());
    Limit(max_bytes, failure.mutable_expected());
    Limit(max_bytes, failure.mutable_actual());
    Limit(max_bytes, failure.mutable_target());
    Limit(max_bytes, failure.mutable_hint());
  }
  for (v1::StepResult& step : *result->mutable_steps()) {
    Limit(max_bytes, step.mutable_name());
    Limit(max_bytes, step.mutable_observed());
    Limit(max_bytes, step.mutable_role());
  }
  for (v1::RoleResult& role : *result->mutable_roles()) Limit(max_bytes, role.mutable_role());
}

// Keeps the first `most` entries. Returns how many it took away.
template <typename Entries>
int Cut(int most, Entries* entries) {
  const int surplus = entries->size() - most;
  if (surplus <= 0) return 0;
  entries->DeleteSubrange(most, surplus);
  return surplus;
}

void Note(int left_out, const char* what, std::string* text) {
  absl::StrAppend(text, text->empty() ? "" : "; ", left_out, " more ", what, " not shown");
}

}  // namespace

void LimitResult(size_t max_bytes, v1::TaskResult* result) {
  const v1::TaskResult original = *result;
  // Texts go first: the list of steps tells more than long words about one of them. Room for the
  // two notes below is kept.
  const size_t room = max_bytes - std::min<size_t>(max_bytes, 256);
  size_t longest_text = kLongestText;
  int most_failures = kMostFailures;
  int most_steps = kMostSteps;
  while (true) {
    *result = original;
    const int failures_left_out = Cut(most_failures, result->mutable_failures());
    const int steps_left_out = Cut(most_steps, result->mutable_steps());
    LimitTexts(longest_text, result);
    const bool nothing_left = most_failures == 1 && most_steps == 1;
    if (result->ByteSizeLong() <= room || nothing_left) {
      if (failures_left_out > 0) {
        Note(failures_left_out, "failures", result->mutable_failures()->rbegin()->mutable_hint());
      }
      if (steps_left_out > 0) {
        Note(steps_left_out, "steps", result->mutable_steps()->rbegin()->mutable_observed());
      }
      return;
    }
    if (longest_text > kShortestText) {
      longest_text /= 2;
    } else {
      most_failures = std::max(1, most_failures / 2);
      most_steps = std::max(1, most_steps / 2);
    }
  }
}

void StripEvidence(v1::TaskResult* result) {
  constexpr size_t kLongest = 256;
  constexpr char kNote[] = "(evidence left out: the coordinator refused it as too large)";
  result->clear_steps();
  Cut(1, result->mutable_failures());
  LimitTexts(kLongest, result);
  // An earlier start of the agent may have said so.
  if (absl::EndsWith(result->message(), kNote)) return;
  absl::StrAppend(result->mutable_message(), result->message().empty() ? "" : " ", kNote);
}

void GiveUpResult(v1::TaskResult* result) {
  v1::TaskResult small;
  small.set_task_id(result->task_id());
  small.set_run_id(result->run_id());
  small.set_check(result->check());
  small.set_agent_id(result->agent_id());
  small.set_attempt(result->attempt());
  if (result->has_start_time()) *small.mutable_start_time() = result->start_time();
  if (result->has_duration()) *small.mutable_duration() = result->duration();
  const std::string outcome = v1::Outcome_Name(result->outcome());
  small.set_outcome(v1::OUTCOME_ERRORED);
  small.set_message(absl::StrCat(
      "the coordinator refused the result as too large, even without its evidence; it was ",
      std::string(absl::StripPrefix(outcome, "OUTCOME_"))));
  *result = std::move(small);
}

}  // namespace smokemesh::agent
