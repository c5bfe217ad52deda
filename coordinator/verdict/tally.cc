#include "coordinator/verdict/tally.h"

#include "coordinator/verdict/standing.h"
#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {

void Count(v1::Outcome outcome, v1::OutcomeCounts* counts) {
  counts->set_planned(counts->planned() + 1);
  switch (outcome) {
    case v1::OUTCOME_UNSPECIFIED:
      return counts->set_open(counts->open() + 1);
    case v1::OUTCOME_PASSED:
      return counts->set_passed(counts->passed() + 1);
    case v1::OUTCOME_FLAKY:
      return counts->set_flaky(counts->flaky() + 1);
    case v1::OUTCOME_FAILED:
      return counts->set_failed(counts->failed() + 1);
    case v1::OUTCOME_BLOCKED:
      return counts->set_blocked(counts->blocked() + 1);
    case v1::OUTCOME_ABORTED:
      return counts->set_aborted(counts->aborted() + 1);
    case v1::OUTCOME_MISSING:
      return counts->set_missing(counts->missing() + 1);
    case v1::OUTCOME_SKIPPED:
      return counts->set_skipped(counts->skipped() + 1);
    default:  // ERRORED, and outcomes that this program does not know
      return counts->set_errored(counts->errored() + 1);
  }
}

Tally TallyOf(const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks,
              const Tolerated& tolerated) {
  Tally tally;
  for (const v1::CheckRecord& check : checks) {
    if (check.shadow() && !check.deselected()) Count(check.outcome(), &tally.shadow);
    if (!IsJudged(check)) continue;
    Count(check.outcome(), &tally.counts);
    if (tolerated.count(&check) > 0) {
      tally.tolerated.push_back(&check);
      continue;
    }
    switch (StandingOf(check)) {
      case Standing::kOpen:
        break;
      case Standing::kPassed:
        if (check.outcome() == v1::OUTCOME_FLAKY) tally.flaky.push_back(&check);
        break;
      case Standing::kFailure:
        tally.failures.push_back(&check);
        break;
      case Standing::kMissing:
        tally.missing.push_back(&check);
        break;
      case Standing::kHeld:
        tally.held.push_back(&check);
        break;
      case Standing::kSkipped:
        if (IsCritical(check)) tally.critical_skipped.push_back(&check);
        break;
    }
  }
  return tally;
}

}  // namespace smokemesh::coordinator
