#ifndef SMOKEMESH_COORDINATOR_CLI_LIVE_PICTURE_H_
#define SMOKEMESH_COORDINATOR_CLI_LIVE_PICTURE_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/cli/progress.h"
#include "coordinator/cli/terminal.h"
#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What the live view knows: the run, and when things were first seen by the clock of this process.
struct LiveState {
  v1::Run run;
  shared::SteadyTime start;  // when it was first seen
  std::map<std::pair<std::string, std::string>, shared::SteadyTime> running;  // by check, agent
  std::map<std::string, shared::SteadyTime> suite_starts;  // when its first check ran
  std::optional<BakeProgress> bake;
};

// Takes a run into the state. Another run id begins anew, but for the bake.
void TakeRun(const v1::Run& run, shared::SteadyTime now, LiveState* state);

// The picture at `now`: the bake, the suites with a bar each, the agents with what they run, the
// running checks, oldest first, and the time. At most `size.rows - 1` lines (the cursor needs one),
// each of fewer than `size.columns` columns; what has no room is counted. Pure.
std::vector<std::string> LivePicture(const LiveState& state, shared::SteadyTime now,
                                     const ScreenSize& size, const Terminal& terminal);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_LIVE_PICTURE_H_
