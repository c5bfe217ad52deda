#include <algorithm>
#include <string>
#include <vector>

#include "shared/duration.h"
#include "tests/unit/coordinator/report/sample_parts.h"
#include "tests/unit/coordinator/report/sample_runs.h"

namespace smokemesh::coordinator {
namespace {

constexpr const char* kServices[] = {"engagement", "gateway", "identity"};
constexpr const char* kSuites[] = {"database", "event_bus", "services"};

}  // namespace

v1::Run LargeRun(int checks) {
  v1::Run run = NewRun();
  std::vector<int> free_at(6, 0);  // two at a time on each agent
  for (int i = 0; i < checks; ++i) {
    const int suite = i * 3 / checks;
    const int agent = i % 3;
    int& lane = free_at[agent * 2 + (free_at[agent * 2] > free_at[agent * 2 + 1])];
    const int start_ms = lane + 3;
    const int ms = 20 + (i * 7919) % 380;
    lane = start_ms + ms;
    v1::CheckRecord* check =
        AddCheck(&run, "check_number_" + std::to_string(i), kSuites[suite],
                 {"smoke", i % 10 == 0 ? "critical" : "routine"}, "Something does not work.");
    if (i % 12 == 5) {
      Fail(check, AddTask(check, kServices[agent], v1::OUTCOME_FAILED, start_ms, ms), "ask",
           "status == 200", "503", "http://127.0.0.1:8080", "");
    } else {
      Pass(check, kServices[agent], start_ms, ms,
           i % 17 == 3 ? v1::OUTCOME_FLAKY : v1::OUTCOME_PASSED);
    }
  }
  const int end = *std::max_element(free_at.begin(), free_at.end());
  *run.mutable_duration() = shared::ToProto(std::chrono::milliseconds(end + 40));
  *run.mutable_end_time() = shared::ToProto(At(end + 40));
  JudgeSample(&run, SamplePolicy());
  return run;
}

}  // namespace smokemesh::coordinator
