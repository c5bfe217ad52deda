#ifndef SMOKEMESH_TESTS_SIMULATION_REPLICA_H_
#define SMOKEMESH_TESTS_SIMULATION_REPLICA_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/leadership/leadership.h"
#include "coordinator/run/engine.h"
#include "tests/simulation/fake_store.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/mutant.h"
#include "tests/simulation/network.h"

namespace smokemesh::testing {

// What the replicas of one simulation share.
struct Mesh {
  World* world = nullptr;
  FakeStore* store = nullptr;
  NodeClock* store_clock = nullptr;
  Invariants* invariants = nullptr;
  // The replica at an address; null when there is none.
  std::function<StreamServer*(const std::string& address)> at;
  // The store confirmed a run, or refused it.
  std::function<void(const std::string& run_id, const absl::Status& status)> accepted;
  // A run has ended in the store.
  std::function<void(const coordinator::StoredRun& run)> ended;
  // A coordinator has taken the open runs up.
  std::function<void()> began;
  // What the store knows of the runs that a request cleans up after.
  std::function<std::vector<coordinator::EarlierRun>(const v1::CreateRunRequest&)> earlier;
  // The store fails many writes until then.
  shared::Duration store_unwell_until{};
};

// A coordinator process: the engine, and with others beside it the state machine that says whether
// it leads, over one store that answers late, not at all, or without having done what it was asked.
class Replica final : public StreamServer {
 public:
  Replica(Mesh* mesh, int index);

  void Start();
  // kill -9, or the machine is gone.
  void Crash();
  // SIGTERM.
  void Leave();
  // For so long; what it has asked for may hang longer.
  void LoseStore(shared::Duration how_long);

  // Whether it takes calls: it leads, as far as it knows.
  bool Decides();
  // Calls of clients. Only while it Decides.
  void Create(const std::string& run_id, v1::CreateRunRequest request);
  void Cancel(const std::string& run_id);
  std::optional<v1::Run> FindRun(const std::string& run_id);

  const std::string& address() const { return address_; }
  const std::vector<std::shared_ptr<Stream>> Streams() const;

  // StreamServer.
  bool OnHello(const std::shared_ptr<Stream>& stream, v1::Hello hello) override;
  void OnMessage(const std::shared_ptr<Stream>& stream, v1::ConnectRequest message) override;
  void OnHalfClose(const std::shared_ptr<Stream>& stream) override;
  void OnLost(const std::shared_ptr<Stream>& stream, const std::string& reason) override;
  StreamServer* Decider() override;

 private:
  using Write = std::function<absl::Status()>;
  using Done = std::function<void(absl::Status)>;

  struct Request {
    shared::Duration arrives{};
    int life = 0;
    // On the wire it arrives also if the process is stopped or killed; what waits in it does not.
    bool on_wire = false;
    bool is_write = false;
    bool again = false;
    Write write;
    Done done;
  };
  // A connection to the store: one thing after the other, and answered in that order.
  struct Line {
    shared::Duration free{};
    shared::Duration answered{};
    shared::Duration in_doubt_until{};  // all of `waiting` waits
    std::deque<Request> waiting;
  };

  void OnResumed() override;

  // Leadership.
  void Lead(const coordinator::LeadershipEvent& event);
  void CarryOut(std::vector<coordinator::LeadershipEffect> effects);
  void AskLease(bool renew, uint64_t epoch);
  void BeginLeading(uint64_t epoch);
  void EndLeading();

  // The engine.
  void Load(uint64_t epoch);
  void TakeUp(uint64_t epoch, std::vector<coordinator::StoredRun> runs);
  void DropEngine();
  void Give(const coordinator::Event& event);
  void CarryOut(coordinator::Effect& effect);
  void Tell(const std::string& what) const { world_.Tell(address_, what); }

  // The store.
  void Ask(std::shared_ptr<Line> line, bool is_write, Write write, Done done);
  // Carries out what has arrived, as far as nothing of it has to wait.
  void Serve(const std::shared_ptr<Line>& line);
  bool MustWait(const std::shared_ptr<Line>& line, const Request& request);
  // False: it is not known yet whether it was done.
  bool CarryOut(const std::shared_ptr<Line>& line, Request* request);
  void StoreIsDone(uint64_t engine, uint64_t ticket, const absl::Status& status,
                   std::optional<v1::Run> ended);

  Mesh& mesh_;
  const std::string address_;
  std::optional<coordinator::Leadership> leadership_;
  Alarm leadership_alarm_;
  std::string leader_;  // that it follows
  bool loading_ = false;
  bool end_when_loaded_ = false;
  std::optional<EngineUnderTest> engine_;
  uint64_t engine_number_ = 0;  // unique in the simulation
  uint64_t epoch_ = 0;
  bool leaving_ = false;
  Alarm tick_;
  std::map<std::string, std::shared_ptr<Stream>> sessions_;
  std::shared_ptr<Line> writes_;  // a new one each time that it leads
  std::shared_ptr<Line> leases_;
  shared::Duration store_lost_until_{};
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_SIMULATION_REPLICA_H_
