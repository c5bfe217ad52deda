#include "coordinator/verdict/standing.h"

#include <algorithm>

#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

Standing StandingOfBlocked(v1::Outcome root) {
  switch (root) {
    case v1::OUTCOME_FAILED:
      return Standing::kFailure;
    case v1::OUTCOME_SKIPPED:
      return Standing::kHeld;
    default:
      return Standing::kMissing;
  }
}

}  // namespace

Standing StandingOf(const v1::CheckRecord& check) {
  switch (check.outcome()) {
    case v1::OUTCOME_UNSPECIFIED:
      return Standing::kOpen;
    case v1::OUTCOME_PASSED:
    case v1::OUTCOME_FLAKY:
      return Standing::kPassed;
    case v1::OUTCOME_FAILED:
      return Standing::kFailure;
    case v1::OUTCOME_BLOCKED:
      return StandingOfBlocked(check.blocked_by());
    case v1::OUTCOME_SKIPPED:
      return Standing::kSkipped;
    default:
      return Standing::kMissing;
  }
}

bool IsCounted(Standing standing, v1::Counts counts) {
  return standing == Standing::kFailure ||
         (standing == Standing::kMissing && counts == v1::COUNTS_FAILURES_AND_MISSING);
}

bool IsCritical(const v1::CheckRecord& check) {
  return std::find(check.tags().begin(), check.tags().end(), "critical") != check.tags().end();
}

bool CountsAsPassed(v1::Outcome outcome) {
  return outcome == v1::OUTCOME_PASSED || outcome == v1::OUTCOME_FLAKY;
}

bool IsMissingEvidence(v1::Outcome outcome) {
  return outcome == v1::OUTCOME_ERRORED || outcome == v1::OUTCOME_ABORTED ||
         outcome == v1::OUTCOME_MISSING;
}

int ExitCode(v1::Decision decision) {
  switch (decision) {
    case v1::DECISION_PROMOTE:
      return 0;
    case v1::DECISION_ROLLBACK:
      return 1;
    case v1::DECISION_HOLD:
      return 5;
    default:
      return 4;
  }
}

std::string_view Name(v1::Decision decision) {
  switch (decision) {
    case v1::DECISION_PROMOTE:
      return "PROMOTE";
    case v1::DECISION_ROLLBACK:
      return "ROLLBACK";
    case v1::DECISION_HOLD:
      return "HOLD";
    case v1::DECISION_INCONCLUSIVE:
      return "INCONCLUSIVE";
    default:
      return "UNDECIDED";
  }
}

std::string_view Name(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_UNSPECIFIED:
      return "OPEN";
    case v1::OUTCOME_PASSED:
      return "PASSED";
    case v1::OUTCOME_FLAKY:
      return "FLAKY";
    case v1::OUTCOME_FAILED:
      return "FAILED";
    case v1::OUTCOME_ERRORED:
      return "ERRORED";
    case v1::OUTCOME_BLOCKED:
      return "BLOCKED";
    case v1::OUTCOME_ABORTED:
      return "ABORTED";
    case v1::OUTCOME_MISSING:
      return "MISSING";
    case v1::OUTCOME_SKIPPED:
      return "SKIPPED";
    default:
      return "UNKNOWN";
  }
}

}  // namespace smokemesh::coordinator
