#ifndef SMOKEMESH_COORDINATOR_RUN_VERIFICATION_H_
#define SMOKEMESH_COORDINATOR_RUN_VERIFICATION_H_

#include <string>
#include <vector>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What came of making a verdict again from its record.
struct Verification {
  // What does not agree, one sentence each, for people; empty: the record holds.
  std::vector<std::string> problems;
  // The verdict made again.
  v1::Verdict verdict;
  // Pairs, stored results and checks that were looked at.
  int pairs = 0;
  int results = 0;
  int checks = 0;
};

// Makes the outcome of every check and the verdict of a finished run again from its plan, manifest
// and stored results, and compares: digests of plan and policy, every pair of the manifest
// accounted for once, every outcome that an agent gave backed by a stored result, quorum, `needs`,
// comparison and verdict. What only time can say (ABORTED, MISSING) is taken from the run, where no
// stored result contradicts it. Not looked at, for no verdict is made from it: when the run was
// created and ended, who asked for it, how much ran at once.
//
// A run that cleans up, is open, or has no digest of its policy (an older smokemesh made it) is
// refused with one sentence. Pure.
Verification VerifyRecord(const v1::RunRecord& record);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_VERIFICATION_H_
