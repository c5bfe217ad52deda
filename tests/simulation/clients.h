#ifndef SMOKEMESH_TESTS_SIMULATION_CLIENTS_H_
#define SMOKEMESH_TESTS_SIMULATION_CLIENTS_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "coordinator/run/clean_up.h"
#include "tests/simulation/replica.h"

namespace smokemesh::testing {

// The people and pipelines: they ask for runs until they are confirmed, for the next round of a
// bake and for clean-ups, cancel, and look at what they asked for.
class Clients {
 public:
  // `any`: a replica by chance; null: none could be reached.
  Clients(World* world, FakeStore* store, Invariants* invariants, std::function<Replica*()> any)
      : world_(*world), store_(*store), invariants_(*invariants), any_(std::move(any)) {}

  // Asks for some runs in the next seconds.
  void Begin();

  // What the mesh tells.
  void OnAccepted(const std::string& run_id, const absl::Status& status);
  void OnEnded(const coordinator::StoredRun& run);
  void OnCoordinatorBegan();
  std::vector<coordinator::EarlierRun> Earlier(const v1::CreateRunRequest& request) const;

  // Looks at a run through a replica, and cancels it by chance.
  void Look(Replica* replica);
  // Whether all have what they want.
  bool all_over() const { return ended_ == clients_.size(); }
  // Expects that no run takes longer than it may.
  void CheckOverdue();
  void ExpectAllOver();

 private:
  struct Client {
    v1::CreateRunRequest request;
    bool accepted = false;
    bool ended = false;
    shared::Duration due{};  // when the run must have ended
  };

  void Ask(const std::string& run_id, v1::CreateRunRequest request, shared::Duration within);
  void Create(const std::string& run_id);
  void CleanUpAfter(const std::string& run_id);
  void NextRound(const coordinator::StoredRun& run);
  shared::Duration DueOf(const Client& client) const;

  World& world_;
  FakeStore& store_;
  Invariants& invariants_;
  const std::function<Replica*()> any_;
  std::map<std::string, Client> clients_;  // by run
  size_t ended_ = 0;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_CLIENTS_H_
