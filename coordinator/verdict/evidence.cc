#include "coordinator/verdict/evidence.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "coordinator/verdict/verdict.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

// Longest piece of foreign text in a line.
constexpr size_t kPieceBytes = 160;

std::string Piece(std::string_view text) {
  return shared::Shorten(shared::EscapeControl(text), kPieceBytes);
}

// The task that shows best why the check came out as it did: the first one (they are sorted by
// agent) with the check's own outcome, or else the first that is decided and did not pass.
const v1::Task* TellingTask(const v1::CheckRecord& check) {
  for (const v1::Task& task : check.tasks()) {
    if (task.outcome() == check.outcome()) return &task;
  }
  for (const v1::Task& task : check.tasks()) {
    if (task.outcome() != v1::OUTCOME_UNSPECIFIED && !CountsAsPassed(task.outcome())) return &task;
  }
  return nullptr;
}

std::string FailureText(const v1::Failure& failure) {
  std::string text;
  if (failure.step() > 0) {
    absl::StrAppend(&text, ", step ", failure.step());
    if (!failure.step_name().empty()) {
      absl::StrAppend(&text, " \"", Piece(failure.step_name()), "\"");
    }
  }
  absl::StrAppend(&text, ": expected ", Piece(failure.expected()));
  if (!failure.actual().empty()) absl::StrAppend(&text, ", saw ", Piece(failure.actual()));
  return text;
}

}  // namespace

std::string EvidenceLine(const v1::CheckRecord& check) {
  std::string line = check.name();
  const v1::Task* task = TellingTask(check);
  if (task != nullptr && !task->agent_id().empty()) {
    absl::StrAppend(&line, " on ", Piece(task->agent_id()));
  }
  if (task != nullptr && !task->result().failures().empty()) {
    return line + FailureText(task->result().failures(0));
  }
  std::string_view why = check.reason();
  if (task != nullptr && !task->reason().empty()) why = task->reason();
  if (task != nullptr && !task->result().message().empty()) why = task->result().message();
  absl::StrAppend(&line, ": ", std::string(Name(check.outcome())));
  if (!why.empty()) absl::StrAppend(&line, ", ", Piece(why));
  return line;
}

}  // namespace smokemesh::coordinator
