#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>

#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

// How many passes a quorum asks for. `all`, and whatever is neither `any` nor a positive number,
// asks for every agent: the strictest reading is the safe one.
size_t AskedFor(std::string_view quorum) {
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  if (quorum == "any") return 1;
  size_t number = 0;
  const auto [end, error] = std::from_chars(quorum.data(), quorum.data() + quorum.size(), number);
  if (error != std::errc() || end != quorum.data() + quorum.size() || number == 0) return kAll;
  return number;
}

}  // namespace

v1::Outcome Quorum(const std::vector<v1::Outcome>& outcomes, std::string_view quorum) {
  if (outcomes.empty()) return v1::OUTCOME_MISSING;
  const auto count = [&outcomes](v1::Outcome wanted) {
    return static_cast<size_t>(std::count(outcomes.begin(), outcomes.end(), wanted));
  };
  const size_t open = count(v1::OUTCOME_UNSPECIFIED);
  const size_t clean = count(v1::OUTCOME_PASSED);
  const size_t passed = clean + count(v1::OUTCOME_FLAKY);
  const size_t failed = count(v1::OUTCOME_FAILED);
  const size_t skipped = count(v1::OUTCOME_SKIPPED);
  if (skipped == outcomes.size()) return v1::OUTCOME_SKIPPED;

  // Agents that a number asks for and that are not there are agents that do not report.
  const size_t asked = AskedFor(quorum);
  const size_t expected = asked == std::numeric_limits<size_t>::max()
                              ? outcomes.size()
                              : std::max(asked, outcomes.size());
  const size_t heard_at_best = expected - skipped;  // SKIPPED leaves the denominator
  const size_t needed = std::min(asked, heard_at_best);

  // What is still open may pass, fail or be skipped: none of these can undo one of the next two.
  if (clean >= needed) return v1::OUTCOME_PASSED;
  if (heard_at_best - failed < needed) return v1::OUTCOME_FAILED;
  if (passed >= needed) {
    // Enough passed on a retry at the latest. Could it still be a clean pass?
    bool could_be_clean = false;
    for (size_t skips = 0; skips <= open; ++skips) {
      could_be_clean |= clean + open - skips >= std::min(asked, heard_at_best - skips);
    }
    return could_be_clean ? v1::OUTCOME_UNSPECIFIED : v1::OUTCOME_FLAKY;
  }
  if (open > 0) return v1::OUTCOME_UNSPECIFIED;

  // Neither enough passes nor enough failures: silence decides, and says which.
  if (count(v1::OUTCOME_BLOCKED) > 0) return v1::OUTCOME_BLOCKED;
  if (count(v1::OUTCOME_MISSING) > 0 || expected > outcomes.size()) return v1::OUTCOME_MISSING;
  return count(v1::OUTCOME_ERRORED) > 0 ? v1::OUTCOME_ERRORED : v1::OUTCOME_ABORTED;
}

}  // namespace smokemesh::coordinator
