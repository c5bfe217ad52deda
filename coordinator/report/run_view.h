#ifndef SMOKEMESH_COORDINATOR_REPORT_RUN_VIEW_H_
#define SMOKEMESH_COORDINATOR_REPORT_RUN_VIEW_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/verdict/standing.h"
#include "coordinator/verdict/suite_time.h"
#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// A run arranged for readers. All reporters share it, so that they show the same things in the same
// order. It points into the run, which must outlive it.

// A suite with its checks.
struct SuiteView {
  std::string name;                            // empty: checks that name no suite
  std::string title;                           // for people, never empty
  std::vector<const v1::CheckRecord*> checks;  // in plan order
  v1::OutcomeCounts counts;                    // over what is judged
  v1::OutcomeCounts shadow;                    // of shadow checks
  int deselected = 0;
  int tolerated = 0;  // of what is judged: did not pass, and need not
  // Longest time from the first start to the last end on any one agent. Clocks of different agents
  // are not compared.
  shared::Duration time{0};
  shared::Duration target{0};  // 0: none
  // Took longer than its target, or was ended by its max.
  bool over_target = false;
};

struct RunView {
  std::vector<SuiteView> suites;  // plan order; without those that have no check
  // Judged checks that a reader must look at, the worst first: critical ones before the others,
  // then FAILED, ERRORED, MISSING, ABORTED, BLOCKED, skipped critical ones, then plan order.
  std::vector<const v1::CheckRecord*> troubles;
  // Judged checks that did not pass and are tolerated, in the same order.
  std::vector<const v1::CheckRecord*> tolerated;
  // Shadow checks that did not pass, in the same order. They are in no other list of checks but
  // `deselected`, and in no counts but `shadow_counts`.
  std::vector<const v1::CheckRecord*> shadow;
  v1::OutcomeCounts shadow_counts;
  std::vector<const v1::CheckRecord*> flaky;
  std::vector<const v1::CheckRecord*> skipped;  // on purpose, not critical
  // Judged checks against earlier promoted runs (CheckRecord.comparison), in plan order.
  std::vector<const v1::CheckRecord*> newly_failing;
  std::vector<const v1::CheckRecord*> newly_passing;
  std::vector<const v1::CheckRecord*> newly_slow;
  std::vector<const v1::CheckRecord*> added;
  // Tasks that left something behind, with their check.
  std::vector<std::pair<const v1::CheckRecord*, const v1::Task*>> not_cleaned;
  int deselected = 0;
  int agents = 0;  // agents that had at least one task
};

RunView Arrange(const v1::Run& run);

// Whether the run was asked about the critical path only: `--quick`, or the same with `-m`.
bool IsCriticalPathOnly(const v1::Run& run);

// Whether the check has the tag `critical`.
bool IsCritical(const v1::CheckRecord& check);

// Whether the check did not pass and is tolerated.
bool IsTolerated(const v1::Run& run, const v1::CheckRecord& check);

// What the pair says to a reader that knows only good and bad.
enum class PairStanding {
  kGood,
  kBad,
  kLeftOut,    // SKIPPED, or left out by -m or -k
  kShadow,     // of a shadow check, good or bad
  kOutvoted,   // not passed, and the check does not need it: its quorum is met
  kTolerated,  // not passed, and the policy tolerates the check
};
// `task` may be null: a check without pairs stands for itself.
PairStanding StandingOf(const v1::Run& run, const v1::CheckRecord& check, const v1::Task* task);

// The longest that any agent took for it.
shared::Duration TimeOf(const v1::CheckRecord& check);

// Why a pair is as it is, in one line: the coordinator's reason, else the agent's message. Escaped.
std::string WhyOf(const v1::Task& task);

// `agent (service)`, escaped; `no agent` when no agent matches the check's selector.
std::string AgentLabel(const v1::Task& task);

// The same with the version that the agent stood beside: `agent (service), version 1.4`.
std::string AgentWithVersion(const v1::Task& task);

// What one role of a flow came to: `ready after 3ms, 12ms since go`, with its outcome when it did
// not pass.
std::string RoleText(const v1::RoleResult& role);

// The version that the run judges, in one line, escaped: `version 1.4, identity 1.5`; empty when
// any would do.
std::string DeploymentLabel(const v1::Run& run);

// `plan.yaml:12`, escaped; empty when the place is not known.
std::string PlaceOf(const v1::CheckRecord& check);

// `11 passed, 1 flaky, 2 failed`; `nothing` when all are zero.
std::string CountsText(const v1::OutcomeCounts& counts);

// `rollback`, `hold`, `tolerate`.
std::string EffectOf(const v1::RuleResult& rule);

// Whether the rule says something that stands in the way of PROMOTE: it holds, and is no tolerance.
bool IsAgainst(const v1::RuleResult& rule);

// The promoted run that checks are compared with: `run 7f0c… of 2026-11-20T08:15:00Z`, escaped;
// empty when there is none.
std::string BaselineLabel(const v1::Run& run);

// `login 1.2s, usually 210ms (5 runs)`, escaped.
std::string SlowText(const v1::CheckRecord& check);

// Rounds of a bake as few lines: neighbours that were PROMOTE and crossed no limit are one.
struct RoundSpan {
  int first = 0;
  int last = 0;
  v1::Decision decision = v1::DECISION_UNSPECIFIED;
  shared::Duration time{0};  // of the longest round
  std::string
      text;  // its summary and the rules whose limits were crossed, escaped; empty when all passed
};
std::vector<RoundSpan> SpansOf(const v1::Bake& bake);

// `1 check`, `2 checks`.
std::string Counted(int count, std::string_view noun);

// The verdict's summary without the decision's word before it. One line, escaped.
std::string SummaryOf(const v1::Verdict& verdict);

// The decision's word and the summary: `ROLLBACK: rule "x" holds`. One line, escaped.
std::string VerdictLine(const v1::Verdict& verdict);

// What a report on the run says in its head: the bake's decision when the run carries one
// (Run.bake), else the run's own. An open bake has none, whatever the run says.
v1::Decision DecisionOf(const v1::Run& run);
// The same decision's summary, and its word and summary as VerdictLine writes them.
std::string SummaryOf(const v1::Run& run);
std::string HeadlineOf(const v1::Run& run);

// Reasons that neither the summary says nor a report that shows every rule and every trouble:
// missing evidence beside a ROLLBACK, a skipped critical check. Escaped.
std::vector<std::string> FurtherReasons(const v1::Run& run);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_RUN_VIEW_H_
