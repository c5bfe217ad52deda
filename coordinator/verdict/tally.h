#ifndef SMOKEMESH_COORDINATOR_VERDICT_TALLY_H_
#define SMOKEMESH_COORDINATOR_VERDICT_TALLY_H_

#include <map>
#include <string>
#include <vector>

#include "google/protobuf/repeated_field.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Checks that the policy tolerates, and the first tolerance that does.
using Tolerated = std::map<const v1::CheckRecord*, std::string>;

// The checks that are judged, sorted into the classes that a verdict is made of, in plan order.
// Points into the checks.
struct Tally {
  using Checks = std::vector<const v1::CheckRecord*>;
  v1::OutcomeCounts counts;
  v1::OutcomeCounts shadow;  // of shadow checks, which are in nothing else
  Checks missing;            // less those that are tolerated, like the next
  Checks failures;
  Checks tolerated;
  Checks held;
  Checks critical_skipped;
  Checks flaky;
};

Tally TallyOf(const google::protobuf::RepeatedPtrField<v1::CheckRecord>& checks,
              const Tolerated& tolerated);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_VERDICT_TALLY_H_
