#ifndef SMOKEMESH_COORDINATOR_CLI_HISTORY_H_
#define SMOKEMESH_COORDINATOR_CLI_HISTORY_H_

#include <optional>
#include <string>
#include <vector>

#include "coordinator/report/reporter.h"
#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// How the checks of a plan went in several runs. Pure.

// A check in one run.
struct HistoryCell {
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;  // SKIPPED also when it was left out by -m or -k
  shared::Duration time{0};                       // 0: it never ran
};

struct HistoryRow {
  std::string check;
  std::string suite;
  bool shadow = false;                            // in the newest run that has it
  std::vector<std::optional<HistoryCell>> cells;  // one for each run; nothing: it has no such check
  std::optional<shared::Duration> median;         // over the runs in which it passed
  std::optional<shared::Duration> last;           // in the newest run in which it ran
  int judged = 0;                                 // runs in which it passed or did not
  int flaky = 0;
  int not_passed = 0;
  // The run in which it began not to pass, when it passed before and has not since.
  std::string failing_since;
  bool without_evidence =
      false;  // since then nobody could say: ERRORED, ABORTED, MISSING throughout
  // In the newest run, as its comparison with earlier promoted runs says.
  std::optional<shared::Duration> newly_slow;  // its time there
  shared::Duration usual{0};
};

struct History {
  std::vector<v1::Run> runs;  // the oldest first, without their checks
  std::vector<HistoryRow> rows;
};

// `runs`: finished runs of one plan, the oldest first. Rows come in the plan order of the newest
// run, then those that only older runs have.
History MakeHistory(const std::vector<v1::Run>& runs);

// A grid of at most `options.width` columns; of more runs than fit, the newest. Escaped.
std::string HistoryText(const History& history, const TextOptions& options);

// One JSON document, as docs/cli.md describes it.
std::string HistoryJson(const History& history);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_HISTORY_H_
