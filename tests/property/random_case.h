#ifndef SMOKEMESH_TESTS_PROPERTY_RANDOM_CASE_H_
#define SMOKEMESH_TESTS_PROPERTY_RANDOM_CASE_H_

#include <map>
#include <string>
#include <vector>

#include "smokemesh/v1/result.pb.h"
#include "smokemesh/v1/run_service.pb.h"
#include "tests/property/expression.h"
#include "tests/simulation/sim_random.h"

namespace smokemesh::testing {

// What is to become of a pair of a manifest once it may run.
struct CasePair {
  int check = 0;
  std::string agent;        // empty: nobody matched
  bool is_lost = false;     // its agent is given up before anything runs
  bool is_decided = false;  // the coordinator decides it; else `result` comes in
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;  // as decided, or as the agent says
  std::string reason;                             // of the coordinator
  v1::TaskResult result;
};

// A run: what was asked for, who is there, what they find.
struct Case {
  v1::CreateRunRequest request;
  std::map<std::string, Expression> selectors;  // of the policy, by their text
  std::vector<bool> selected;                   // by -m and -k, by check
  std::vector<CasePair> pairs;                  // the manifest, by check
  std::vector<v1::BakeRound> rounds;            // of a bake of the plan, apart from the run
};

Case RandomCase(SimRandom* random);

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_PROPERTY_RANDOM_CASE_H_
