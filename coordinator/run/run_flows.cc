// Flows: checks whose agents wait for each other at a barrier.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/run/run_state.h"
#include "coordinator/verdict/verdict.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

// Most characters of another pair's reason that a reason repeats.
constexpr size_t kMaxWhy = 300;

// `agent "a" (role "listener") ended FAILED: the server refused the connection`.
std::string EndOf(const v1::Task& task) {
  std::string text = task.agent_id().empty() ? std::string("a role that no agent takes")
                                             : absl::StrCat("agent \"", task.agent_id(), "\"");
  if (!task.roles().empty()) {
    absl::StrAppend(&text, " (", task.roles_size() == 1 ? "role " : "roles ",
                    absl::StrJoin(task.roles(), ", "), ")");
  }
  const std::string& why = task.reason().empty() ? task.result().message() : task.reason();
  absl::StrAppend(&text, " ended ", std::string(Name(task.outcome())));
  return why.empty() ? text : absl::StrCat(text, ": ", shared::Shorten(why, kMaxWhy));
}

}  // namespace

void RunState::MarkReady(PairRef ref, bool ready) {
  checks_[ref.check].pairs[ref.pair].ready = ready;
}

bool RunState::CanBegin(size_t check) const {
  const CheckState& flow = checks_[check];
  return IsFlow(check) && !flow.begun && !flow.pairs.empty() &&
         std::all_of(flow.pairs.begin(), flow.pairs.end(), [](const PairState& pair) {
           return pair.in_flight && pair.ready && pair.storing == 0;
         });
}

void RunState::MarkBegun(size_t check) { checks_[check].begun = true; }

std::vector<PairRef> RunState::LostInFlows(
    const std::function<bool(std::string_view)>& is_there) const {
  std::vector<PairRef> lost;
  for (const size_t flow : flows_) {
    if (!HasBegun(flow)) continue;
    for (size_t i = 0; i < checks_[flow].pairs.size(); ++i) {
      const PairState& pair = checks_[flow].pairs[i];
      if (!IsOpen({flow, i}) || pair.storing > 0) continue;
      // A predecessor gave Go, and its agent no longer had the task when this process sent it.
      const bool begun_anew =
          pair.in_flight && checks_[flow].begun_before && pair.current == pair.sent;
      const bool with_nobody = !pair.in_flight && is_there(records_[flow].tasks(i).agent_id());
      if (begun_anew || with_nobody) lost.push_back({flow, i});
    }
  }
  return lost;
}

void RunState::EndFlowsThatCannotBegin() {
  for (const size_t flow : flows_) {
    if (!has_manifest_ || HasBegun(flow)) continue;
    const v1::CheckRecord& record = records_[flow];
    const v1::Task* end = nullptr;
    std::vector<PairRef> open;
    for (int i = 0; i < record.tasks_size(); ++i) {
      const v1::Task& task = record.tasks(i);
      const PairRef ref{flow, static_cast<size_t>(i)};
      if (IsOpen(ref)) {
        open.push_back(ref);
      } else if (end == nullptr || end->outcome() == v1::OUTCOME_SKIPPED) {
        end = &task;
      }
    }
    if (end == nullptr || open.empty()) continue;
    DecideAll(open,
              end->outcome() == v1::OUTCOME_SKIPPED ? v1::OUTCOME_SKIPPED : v1::OUTCOME_ABORTED,
              absl::StrCat("the flow cannot begin: ", EndOf(*end)));
  }
}

}  // namespace smokemesh::coordinator
