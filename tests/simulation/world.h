#ifndef SMOKEMESH_TESTS_SIMULATION_WORLD_H_
#define SMOKEMESH_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shared/clock.h"
#include "tests/simulation/mutant.h"
#include "tests/simulation/sim_random.h"
#include "tests/simulation/sim_report.h"
#include "tests/simulation/swarm.h"

namespace smokemesh::testing {

using Action = std::function<void()>;

// True time, what is to happen in it, and chance: all that the parts of one simulation share.
// Nobody in the simulation can read the true time; each node has a clock of its own.
class World {
 public:
  World(uint64_t seed, Mutant mutant) : random(seed), swarm(&random), mutant_(mutant) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  SimRandom random;
  const Swarm swarm;
  SimReport report;
  // Prints what happens, when asked for.
  bool trace = false;
  void Tell(const std::string& who, const std::string& what) const;

  shared::Duration now() const { return now_; }
  bool Is(Mutant mutant) const { return mutant_ == mutant; }
  Mutant mutant() const { return mutant_; }

  // Faults happen until here; then everything must heal.
  static constexpr shared::Duration kStorm = std::chrono::seconds(35);
  bool storm() const { return now_ < kStorm; }

  void At(shared::Duration when, Action what);
  void In(shared::Duration delay, Action what) { At(now_ + delay, std::move(what)); }
  // Lets the next thing happen. False when there is none before `end`.
  bool RunNext(shared::Duration end);

 private:
  struct Item {
    shared::Duration when;
    uint64_t order;
    Action what;
  };
  static bool IsLater(const Item& a, const Item& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  const Mutant mutant_;
  shared::Duration now_{};
  uint64_t order_ = 0;
  std::vector<Item> heap_;
};

// The clocks of one machine: the steady one starts anywhere and runs too fast or too slow, the wall
// clock jumps.
class NodeClock {
 public:
  // `skew`: thousandths, at most a few hundred.
  NodeClock(SimRandom* random, int skew);

  shared::Instant Read(shared::Duration now) const { return {Steady(now), Wall(now)}; }
  shared::SteadyTime Steady(shared::Duration now) const;
  // When the steady clock will have come to `time`.
  shared::Duration WhenIs(shared::SteadyTime time) const;
  void Jump(shared::Duration by) { wall_offset_ += by; }
  // A duration on this clock, in true time, rounded up.
  shared::Duration TrueTime(shared::Duration own) const;

 private:
  shared::WallTime Wall(shared::Duration now) const;

  shared::Duration steady_offset_;
  shared::Duration wall_offset_;
  int64_t rate_;  // thousandths
};

// A process on a machine: it can crash, and be stopped (SIGSTOP) for a while, in which it does
// nothing of what comes to it and everything at once afterwards.
class Node {
 public:
  explicit Node(World* world) : world_(*world), clock_(&world->random, world->swarm.skew) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  bool up() const { return up_; }
  bool paused() const { return paused_; }
  // Counts starts.
  int life() const { return life_; }
  NodeClock& clock() { return clock_; }
  shared::Instant Now() const { return clock_.Read(world_.now()); }

  // Lets the process do something, now or when it goes on; never in another life.
  void Do(int life, Action what);
  // The same after a while of true time.
  void Later(shared::Duration delay, Action what);

  void Pause(shared::Duration how_long);
  // The network does not bring anything in, or take anything out, before then.
  shared::Duration deaf_until{};
  shared::Duration mute_until{};

 protected:
  void Begin();  // a process starts
  void End();    // it is no more
  // It goes on after a pause, and looks at its timers before anything else.
  virtual void OnResumed() {}
  World& world_;

 private:
  void Resume();

  NodeClock clock_;
  bool up_ = false;
  bool paused_ = false;
  int life_ = 0;
  std::vector<Action> waiting_;  // while paused
};

// Rings once when a node's steady clock has come to a deadline, which may be changed at any time.
class Alarm {
 public:
  Alarm(World* world, Node* node, Action ring) : world_(*world), node_(*node), ring_(ring) {}
  void Set(std::optional<shared::SteadyTime> deadline);

 private:
  void Arm(shared::Duration when);

  World& world_;
  Node& node_;
  const Action ring_;
  std::optional<shared::SteadyTime> deadline_;
  std::optional<shared::Duration> armed_;  // the next time that it looks
  uint64_t arms_ = 0;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_WORLD_H_
