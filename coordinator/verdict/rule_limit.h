#ifndef SMOKEMESH_COORDINATOR_VERDICT_RULE_LIMIT_H_
#define SMOKEMESH_COORDINATOR_VERDICT_RULE_LIMIT_H_

#include "absl/status/statusor.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// The limit of a rule or of a tolerance, all kinds in one shape: so many that count, of so many.
struct Limit {
  enum class Subject {
    kNotPassed,
    kFlaky,
    kNewlyFailing,
    kNewlySlow,
    kSuitesOverTarget,
    kServicesCutOff,
  };
  enum class Shape { kAtLeast, kRatioAbove, kRatioAtLeast, kAtMost, kRatioAtMost };

  Subject subject = Subject::kNotPassed;
  Shape shape = Shape::kAtLeast;
  int number = 0;    // of kAtLeast and kAtMost
  double ratio = 0;  // of the others
  v1::Counts counts = v1::COUNTS_FAILURES;

  // Whether `counted` of `of` cross the limit of a rule, or lie within that of a tolerance. Over
  // nothing neither is the case.
  bool Holds(int counted, int of) const;
};

// INVALID_ARGUMENT, with a sentence that follows on "it", for what this program cannot judge by: no
// limit, one out of its range, `counts` that it does not know, or parts that are newer than it.
absl::StatusOr<Limit> LimitOf(const v1::Rule& rule);
absl::StatusOr<Limit> LimitOf(const v1::Tolerance& tolerance);

// Whether the message has fields that are newer than this program.
bool HasUnknownParts(const google::protobuf::Message& message);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_RULE_LIMIT_H_
