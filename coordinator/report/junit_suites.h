#ifndef SMOKEMESH_COORDINATOR_REPORT_JUNIT_SUITES_H_
#define SMOKEMESH_COORDINATOR_REPORT_JUNIT_SUITES_H_

#include <string>
#include <utility>
#include <vector>

#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// A run as JUnit sees it. Texts are as they came unless a field says otherwise: the writer escapes.

enum class JunitMark { kPassed, kFailure, kError, kSkipped };

struct JunitCase {
  std::string classname;
  std::string name;
  std::string file;
  int line = 0;  // 0: not known
  shared::Duration time{0};
  JunitMark mark = JunitMark::kPassed;
  std::string type;     // of a failure or an error
  std::string message;  // one line; empty when it passed
  std::string details;  // further lines, safe
  std::string output;   // system-out: lines, safe
};

struct JunitSuite {
  std::string name;
  std::string hostname;
  std::string timestamp;
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<JunitCase> cases;
};

// One suite for each suite and agent, a case for each check and agent.
std::vector<JunitSuite> JunitCheckSuites(const v1::Run& run);

// The rounds of a bake, a case for each. No case when there is no bake.
JunitSuite JunitRounds(const v1::Run& run);

// The policy: a case for each rule, and one for the decision, so that a run without evidence is red
// for readers that know nothing but JUnit.
JunitSuite JunitVerdict(const v1::Run& run);

// Appends one line to `text`, whatever `value` holds; nothing when it is empty.
void AppendJunitLine(std::string* text, const std::string& label, const std::string& value);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_JUNIT_SUITES_H_
