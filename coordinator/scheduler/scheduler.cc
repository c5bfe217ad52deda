#include "coordinator/scheduler/scheduler.h"

#include <map>

namespace smokemesh::coordinator {
namespace {

// Hands out the free places of a run and of its agents.
class Places {
 public:
  Places(const RunLoad& load, const std::function<int(std::string_view)>& free_slots)
      : run_(load.max_in_flight - load.in_flight), free_slots_(free_slots) {}

  bool Take(const std::string& agent_id) {
    if (run_ <= 0) return false;
    const auto [it, is_new] = agents_.try_emplace(agent_id, 0);
    if (is_new) it->second = free_slots_(agent_id);
    if (it->second <= 0) return false;
    --it->second;
    --run_;
    return true;
  }

 private:
  int run_;
  const std::function<int(std::string_view)>& free_slots_;
  std::map<std::string, int> agents_;
};

}  // namespace

std::vector<ReadyPair> PairsToStart(const std::vector<ReadyPair>& ready, const RunLoad& load,
                                    const std::function<int(std::string_view)>& free_slots) {
  std::vector<ReadyPair> start;
  Places places(load, free_slots);
  std::optional<size_t> alone = load.exclusive_check;
  if (!alone.has_value()) {
    for (const ReadyPair& pair : ready) {
      if (!pair.exclusive && places.Take(pair.agent_id)) start.push_back(pair);
    }
    if (load.in_flight > 0 || !start.empty()) return start;
  }
  for (const ReadyPair& pair : ready) {
    if (!pair.exclusive || (alone.has_value() && pair.ref.check != *alone)) continue;
    if (!places.Take(pair.agent_id)) continue;
    alone = pair.ref.check;
    start.push_back(pair);
  }
  return start;
}

}  // namespace smokemesh::coordinator
