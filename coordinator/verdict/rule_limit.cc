#include "coordinator/verdict/rule_limit.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace smokemesh::coordinator {
namespace {

using Shape = Limit::Shape;
using Subject = Limit::Subject;

absl::StatusOr<Limit> Number(Subject subject, Shape shape, int number) {
  const int least = shape == Shape::kAtMost ? 0 : 1;
  if (number < least) {
    return absl::InvalidArgumentError(
        absl::StrCat("has the limit ", number, ", which is below ", least));
  }
  return Limit{subject, shape, number, 0, v1::COUNTS_FAILURES};
}

// Written so that a NaN is in no range.
absl::StatusOr<Limit> Ratio(Subject subject, Shape shape, double ratio) {
  bool fits = ratio >= 0 && ratio <= 1;
  if (shape == Shape::kRatioAbove) fits = ratio >= 0 && ratio < 1;
  if (shape == Shape::kRatioAtLeast) fits = ratio > 0 && ratio <= 1;
  if (!fits) {
    return absl::InvalidArgumentError(
        absl::StrCat("has the limit ", ratio, ", which is no ratio that it could cross"));
  }
  return Limit{subject, shape, 0, ratio, v1::COUNTS_FAILURES};
}

absl::StatusOr<Limit> ShapeOf(const v1::Rule& rule) {
  switch (rule.limit_case()) {
    case v1::Rule::kNotPassedAtLeast:
      return Number(Subject::kNotPassed, Shape::kAtLeast, rule.not_passed_at_least());
    case v1::Rule::kNotPassedRatioAbove:
      return Ratio(Subject::kNotPassed, Shape::kRatioAbove, rule.not_passed_ratio_above());
    case v1::Rule::kNotPassedRatioAtLeast:
      return Ratio(Subject::kNotPassed, Shape::kRatioAtLeast, rule.not_passed_ratio_at_least());
    case v1::Rule::kFlakyAtLeast:
      return Number(Subject::kFlaky, Shape::kAtLeast, rule.flaky_at_least());
    case v1::Rule::kFlakyRatioAbove:
      return Ratio(Subject::kFlaky, Shape::kRatioAbove, rule.flaky_ratio_above());
    case v1::Rule::kNewlyFailingAtLeast:
      return Number(Subject::kNewlyFailing, Shape::kAtLeast, rule.newly_failing_at_least());
    case v1::Rule::kNewlySlowAtLeast:
      return Number(Subject::kNewlySlow, Shape::kAtLeast, rule.newly_slow_at_least());
    case v1::Rule::kSuitesOverTargetAtLeast:
      return Number(Subject::kSuitesOverTarget, Shape::kAtLeast,
                    rule.suites_over_target_at_least());
    case v1::Rule::kServicesCutOffAtLeast:
      return Number(Subject::kServicesCutOff, Shape::kAtLeast, rule.services_cut_off_at_least());
    case v1::Rule::LIMIT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("has no limit that this program knows");
}

absl::StatusOr<Limit> ShapeOf(const v1::Tolerance& tolerance) {
  switch (tolerance.limit_case()) {
    case v1::Tolerance::kNotPassedAtMost:
      return Number(Subject::kNotPassed, Shape::kAtMost, tolerance.not_passed_at_most());
    case v1::Tolerance::kNotPassedRatioAtMost:
      return Ratio(Subject::kNotPassed, Shape::kRatioAtMost, tolerance.not_passed_ratio_at_most());
    case v1::Tolerance::LIMIT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("has no limit that this program knows");
}

template <typename Entry>
absl::StatusOr<Limit> ReadLimit(const Entry& entry) {
  absl::StatusOr<Limit> limit = ShapeOf(entry);
  if (!limit.ok()) return limit;
  if (!v1::Counts_IsValid(entry.counts())) {
    return absl::InvalidArgumentError(
        "says of what it counts something that this program does "
        "not know");
  }
  if (HasUnknownParts(entry)) {
    return absl::InvalidArgumentError("has parts that this program does not know");
  }
  limit->counts = entry.counts() == v1::COUNTS_UNSPECIFIED ? v1::COUNTS_FAILURES : entry.counts();
  return limit;
}

}  // namespace

bool HasUnknownParts(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

// Both sides of each comparison of ratios are correctly rounded: `1 of 5` is not above 0.2.
bool Limit::Holds(int counted, int of) const {
  if (of == 0) return false;
  const double share = static_cast<double>(counted) / of;
  switch (shape) {
    case Shape::kAtLeast:
      return counted >= number;
    case Shape::kRatioAbove:
      return share > ratio;
    case Shape::kRatioAtLeast:
      return share >= ratio;
    case Shape::kAtMost:
      return counted <= number;
    case Shape::kRatioAtMost:
      return share <= ratio;
  }
  return false;
}

absl::StatusOr<Limit> LimitOf(const v1::Rule& rule) { return ReadLimit(rule); }
absl::StatusOr<Limit> LimitOf(const v1::Tolerance& tolerance) { return ReadLimit(tolerance); }

}  // namespace smokemesh::coordinator
