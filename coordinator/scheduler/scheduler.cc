#include "coordinator/scheduler/scheduler.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace smokemesh::coordinator {
namespace {

using Group = std::span<const ReadyPair>;

// Hands out the free places of a run and of its agents.
class Places {
 public:
  Places(const RunLoad& load, const std::function<int(std::string_view)>& free_slots)
      : run_(load.max_in_flight - load.in_flight), free_slots_(free_slots) {}

  // Takes what the group needs: a pair, or a flow that starts as one. False: nothing was taken.
  bool Take(Group group) {
    if (group.front().flow == ReadyPair::Flow::kJoins) return Of(group.front().agent_id) >= 0;
    if (run_ <= 0) return false;
    const bool fits = std::all_of(group.begin(), group.end(),
                                  [this](const ReadyPair& pair) { return Of(pair.agent_id) > 0; });
    if (!fits) {
      KeepFree(group);
      return false;
    }
    for (const ReadyPair& pair : group) --Of(pair.agent_id);
    --run_;
    return true;
  }

  std::vector<std::string> TakeKeptFree() { return std::move(kept_free_); }

 private:
  int& Of(const std::string& agent_id) {
    const auto [it, is_new] = agents_.try_emplace(agent_id, 0);
    if (is_new) it->second = free_slots_(agent_id);
    return it->second;
  }

  void KeepFree(Group group) {
    if (group.front().flow != ReadyPair::Flow::kTogether) return;
    // For an agent that may never come back nobody is kept waiting.
    const bool all_there = std::all_of(group.begin(), group.end(), [this](const ReadyPair& pair) {
      return Of(pair.agent_id) >= 0;
    });
    if (!all_there) return;
    for (const ReadyPair& pair : group) {
      int& slots = Of(pair.agent_id);
      if (slots == 0) continue;
      --slots;
      kept_free_.push_back(pair.agent_id);
    }
  }

  int run_;
  const std::function<int(std::string_view)>& free_slots_;
  std::map<std::string, int> agents_;
  std::vector<std::string> kept_free_;
};

// The pairs of a flow that starts stand together; every other pair is for itself.
std::vector<Group> GroupsOf(const std::vector<ReadyPair>& ready) {
  std::vector<Group> groups;
  for (auto begin = ready.begin(); begin != ready.end();) {
    auto end = begin + 1;
    if (begin->flow == ReadyPair::Flow::kTogether) {
      end = std::find_if(end, ready.end(), [&begin](const ReadyPair& pair) {
        return pair.ref.check != begin->ref.check;
      });
    }
    groups.emplace_back(begin, end);
    begin = end;
  }
  return groups;
}

}  // namespace

Start PairsToStart(const std::vector<ReadyPair>& ready, const RunLoad& load,
                   const std::function<int(std::string_view)>& free_slots) {
  Start start;
  Places places(load, free_slots);
  const auto take = [&](Group group) {
    if (!places.Take(group)) return false;
    start.pairs.insert(start.pairs.end(), group.begin(), group.end());
    return true;
  };
  const std::vector<Group> groups = GroupsOf(ready);
  std::optional<size_t> alone = load.exclusive_check;
  if (!alone.has_value()) {
    for (const Group group : groups) {
      if (!group.front().exclusive) take(group);
    }
    if (load.in_flight > 0 || !start.pairs.empty()) {
      start.kept_free = places.TakeKeptFree();
      return start;
    }
  }
  for (const Group group : groups) {
    const ReadyPair& first = group.front();
    if (!first.exclusive || (alone.has_value() && first.ref.check != *alone)) continue;
    if (take(group)) alone = first.ref.check;
  }
  start.kept_free = places.TakeKeptFree();
  return start;
}

}  // namespace smokemesh::coordinator
