#include "tests/simulation/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace smokemesh::testing {

using shared::Duration;
using shared::SteadyTime;

void World::At(Duration when, Action what) {
  heap_.push_back({std::max(when, now_), ++order_, std::move(what)});
  std::push_heap(heap_.begin(), heap_.end(), IsLater);
}

bool World::RunNext(Duration end) {
  if (heap_.empty() || heap_.front().when > end) return false;
  std::pop_heap(heap_.begin(), heap_.end(), IsLater);
  const Item item = std::move(heap_.back());
  heap_.pop_back();
  now_ = item.when;
  item.what();
  return true;
}

void World::Tell(const std::string& who, const std::string& what) const {
  if (!trace) return;
  std::printf("%10.3f %-10s %s\n", std::chrono::duration<double>(now_).count(), who.c_str(),
              what.c_str());
}

NodeClock::NodeClock(SimRandom* random, int skew)
    : steady_offset_(std::chrono::seconds(1000 + random->Below(100000))),
      wall_offset_(std::chrono::hours(400000) + random->Within(std::chrono::hours(24))),
      rate_(1000 + (skew == 0 ? 0 : random->Below(2 * skew + 1) - skew)) {}

SteadyTime NodeClock::Steady(Duration now) const {
  return SteadyTime(steady_offset_ + now * rate_ / 1000);
}

Duration NodeClock::TrueTime(Duration own) const {
  return (own * 1000 + Duration(rate_ - 1)) / rate_;
}

Duration NodeClock::WhenIs(SteadyTime time) const {
  return TrueTime(time.time_since_epoch() - steady_offset_);
}

shared::WallTime NodeClock::Wall(Duration now) const {
  return shared::WallTime(
      std::chrono::duration_cast<shared::WallTime::duration>(now + wall_offset_));
}

void Node::Begin() {
  up_ = true;
  paused_ = false;
  ++life_;
  waiting_.clear();
}

void Node::End() {
  up_ = false;
  paused_ = false;
  ++life_;
  waiting_.clear();
}

void Node::Do(int life, Action what) {
  if (life != life_) return;
  if (paused_) {
    waiting_.push_back(std::move(what));
  } else {
    what();
  }
}

void Node::Later(Duration delay, Action what) {
  world_.In(delay, [this, life = life_, what = std::move(what)] { Do(life, what); });
}

void Node::Pause(Duration how_long) {
  if (!up_ || paused_) return;
  paused_ = true;
  world_.In(how_long, [this, life = life_] {
    if (life == life_) Resume();
  });
}

void Node::Resume() {
  paused_ = false;
  std::vector<Action> waiting = std::exchange(waiting_, {});
  const int life = life_;
  // Whether its timers or what came from others is first is chance.
  if (world_.random.Chance(0.5)) OnResumed();
  for (Action& what : waiting) {
    if (life != life_) return;
    what();
  }
}

void Alarm::Set(std::optional<SteadyTime> deadline) {
  deadline_ = deadline;
  if (!deadline.has_value()) return;
  const Duration when = node_.clock().WhenIs(*deadline);
  // One that looks earlier finds the deadline changed, and looks again then.
  if (armed_.has_value() && *armed_ <= when) return;
  Arm(when);
}

void Alarm::Arm(Duration when) {
  armed_ = when;
  world_.At(when, [this, mine = ++arms_] {
    if (mine != arms_) return;
    armed_.reset();
    if (!deadline_.has_value() || !node_.up()) return;
    const Duration due = node_.clock().WhenIs(*deadline_);
    if (due > world_.now()) return Arm(due);
    node_.Do(node_.life(), [this] {
      if (deadline_.has_value() && *deadline_ <= node_.Now().steady) ring_();
    });
  });
}

}  // namespace smokemesh::testing
