#ifndef SMOKEMESH_COORDINATOR_RUN_TIMERS_H_
#define SMOKEMESH_COORDINATOR_RUN_TIMERS_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "shared/clock.h"

namespace smokemesh::coordinator {

// What a timer of the engine is for. Kinds are in the order in which those of one moment fire.
struct TimerKey {
  enum class Kind {
    kSessionHeartbeat,  // id: session
    kSessionSilence,    // id: session
    kAgentGrace,        // id: agent
    kAgentWait,         // id: run
    kRunTimeout,        // id: run
    kSuiteMax,          // id: run, a: suite
    kBackstop,          // id: run, a: check, b: pair
    kPutRun,            // id: run; store it again
    kAppend,            // id: agent, a: batch; store it again
    kDispatch,          // id: run; a pair may be sent again
  };
  Kind kind;
  std::string id;
  uint64_t a = 0;
  uint64_t b = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's 0 for a pointer.
  friend auto operator<=>(const TimerKey&, const TimerKey&) = default;
};

// Timers by name: setting one again moves it. Deterministic; not thread-safe.
class Timers {
 public:
  void Set(const TimerKey& key, shared::SteadyTime when);
  void Cancel(const TimerKey& key);
  // Cancels the timers of this kind and id, whatever their numbers.
  void CancelAll(TimerKey::Kind kind, const std::string& id);

  // The earliest moment of all.
  std::optional<shared::SteadyTime> Next() const;

  // Takes the earliest timer that is due; nothing when none is.
  std::optional<std::pair<shared::SteadyTime, TimerKey>> PopDue(shared::SteadyTime now);

 private:
  std::map<TimerKey, shared::SteadyTime> by_key_;
  std::set<std::pair<shared::SteadyTime, TimerKey>> by_time_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_RUN_TIMERS_H_
