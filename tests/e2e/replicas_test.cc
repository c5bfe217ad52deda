// Several coordinators on one PostgreSQL: the built programs through kills, pauses and partitions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/mesh_fixture.h"
#include "tests/testing/gate/gate_server.h"
#include "tests/testing/local_postgres.h"

namespace smokemesh::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kPoll = std::chrono::milliseconds(20);

class ReplicasTest : public MeshTest {
 protected:
  void SetUp() override {
    auto started = LocalPostgres::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    postgres_ = *std::move(started);
  }

  // Starts `count` replicas and waits until one leads.
  void StartReplicas(int count, const std::string& lease = "1s") {
    for (int i = 0; i < count; ++i) {
      addresses_.emplace_back("127.0.0.1:0");
      replicas_.emplace_back();
      StartReplica(i, lease);
      if (HasFatalFailure()) return;
    }
    ASSERT_TRUE(WaitForLeader());
    ASSERT_TRUE(replicas_[Leader()]->WaitForOutput("this replica leads", Soon())) << Logs();
  }

  // On a free port at first, on the same one after.
  void StartReplica(int index, const std::string& lease = "1s") {
    ProcessOptions options;
    options.argv = {Binary("smokemesh"), "serve", "--listen",    addresses_[index],
                    "--lease",           lease,   "--heartbeat", "300ms",
                    "--agent-grace",     "20s",   "--log-level", "info"};
    for (const std::string& flag : TlsFlags("replica-" + std::to_string(index))) {
      options.argv.push_back(flag);
    }
    options.environment = {{"SMOKEMESH_STORE", postgres_->Url()}};
    auto started = Process::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    replicas_[index] = *std::move(started);
    ASSERT_TRUE(replicas_[index]->WaitForOutput("listening on ", Soon())) << Log(index);
    const std::vector<std::string> words =
        absl::StrSplit(replicas_[index]->Stdout(), absl::ByAnyChar(" \n"), absl::SkipEmpty());
    addresses_[index] = words.back();
  }

  // Who holds a valid lease by the database's own clock; -1: nobody.
  int Leader() const {
    const absl::StatusOr<std::string> address = postgres_->Exec(
        "SELECT address FROM smokemesh.lease WHERE valid_until > clock_timestamp()");
    for (size_t i = 0; address.ok() && i < addresses_.size(); ++i) {
      if (addresses_[i] == *address) return static_cast<int>(i);
    }
    return -1;
  }

  // Waits until one leads, another than `not_this`.
  bool WaitForLeader(int not_this = -1, std::chrono::seconds timeout = std::chrono::seconds(30)) {
    return WaitUntil([&] { return Leader() >= 0 && Leader() != not_this; }, timeout);
  }

  template <typename Condition>
  static bool WaitUntil(Condition condition,
                        std::chrono::seconds timeout = std::chrono::seconds(30)) {
    const shared::SteadyTime deadline = Soon(timeout);
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      std::this_thread::sleep_for(kPoll);
    }
    return true;
  }

  // One that does not lead; `which` of them.
  int Follower(int which = 0) const {
    const int leader = Leader();
    for (int i = 0; i < static_cast<int>(addresses_.size()); ++i) {
      if (i != leader && which-- == 0) return i;
    }
    return -1;
  }

  void StartAgentAt(const std::string& service, const std::string& coordinators) {
    ProcessOptions options;
    options.argv = {Binary("smokemesh-agent"),
                    "--coordinator",
                    coordinators,
                    "--service",
                    service,
                    "--id",
                    service + "-1",
                    "--log-level",
                    "info"};
    for (const std::string& flag : TlsFlags("agent-" + service + "-1")) {
      options.argv.push_back(flag);
    }
    auto started = Process::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    agents_.push_back(*std::move(started));
    ASSERT_TRUE(agents_.back()->WaitForOutput("connected to ", Soon())) << agents_.back()->Stderr();
  }

  // From here on everybody is started with a certificate of one authority.
  void MakeCertificates() {
    certs_ = (dir().path() / "certs").string();
    const Finished made = Run({"certs", "init", "--dir", certs_, "--coordinator", "127.0.0.1",
                               "--replica", "0", "--replica", "1", "--agent", "a-1", "--agent",
                               "b-1", "--runner", "ci", "--viewer", "eye"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }

  // Nothing before MakeCertificates.
  std::vector<std::string> TlsFlags(const std::string& name) const {
    if (certs_.empty()) return {};
    const std::string path = absl::StrCat(certs_, "/", name);
    return {"--tls-ca",    certs_ + "/ca.crt", "--tls-cert",
            path + ".crt", "--tls-key",        path + ".key"};
  }

  Finished RunAs(const std::string& name, std::vector<std::string> arguments) {
    for (const std::string& flag : TlsFlags(name)) arguments.push_back(flag);
    return Run(std::move(arguments));
  }

  std::string Plan() {
    return dir()
        .Write("plan.yaml", R"(name: gated
connections: {web: {http: ")" + gate_.url() +
                                R"("}}
timeout: 90s
checks:
  - {name: quick_a, tags: [smoke], on: {service: a}, http: {steps: [{request: {url: /quick_a}}]}}
  - {name: quick_b, tags: [smoke], on: {service: b}, http: {steps: [{request: {url: /quick_b}}]}}
  - {name: waits, tags: [smoke], on: {service: a}, timeout: 60s, http: {steps: [{request: {url: /gate}}]}}
  - {name: after, tags: [smoke], needs: [waits], on: {service: b}, http: {steps: [{request: {url: /after}}]}}
)")
        .string();
  }

  // Waits until the results of both quick checks are in the database, and one waits at the gate.
  void AwaitMidRun() {
    ASSERT_TRUE(gate_.WaitForArrivals(1, Soon()));
    ASSERT_TRUE(WaitUntil([this] { return Count("result") == "2"; }));
  }

  std::string Count(const std::string& table) const {
    return postgres_->Exec("SELECT count(*) FROM smokemesh." + table).value_or("?");
  }

  // Every check ran once, and the database has one run with one end and each result once.
  void ExpectNothingTwice() {
    for (const char* path : {"/quick_a", "/quick_b", "/gate", "/after"}) {
      EXPECT_EQ(gate_.Count(path), 1) << path;
    }
    EXPECT_EQ(Count("run WHERE final_run IS NOT NULL"), "1");
    EXPECT_EQ(Count("run"), "1");
    EXPECT_EQ(Count("result"), "4");
  }

  void ExpectPromoted(Process* run) {
    const Finished finished = Wait(run, std::chrono::seconds(90));
    EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err << Logs();
    EXPECT_THAT(finished.out, HasSubstr("PROMOTE"));
  }

  std::string All() const { return absl::StrJoin(addresses_, ","); }

  std::string Log(int index) const {
    return absl::StrCat(addresses_[index], ":\n", replicas_[index]->Stdout(),
                        replicas_[index]->Stderr());
  }
  std::string Logs() const {
    std::string logs;
    for (size_t i = 0; i < replicas_.size(); ++i) absl::StrAppend(&logs, Log(static_cast<int>(i)));
    for (const auto& agent : agents_) absl::StrAppend(&logs, agent->Stderr());
    return logs;
  }

  GateServer gate_;
  std::string certs_;
  std::unique_ptr<LocalPostgres> postgres_;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<Process>> replicas_;
  std::vector<std::unique_ptr<Process>> agents_;
};

TEST_F(ReplicasTest, AnyReplicaTakesAnyAgentAndClient) {
  StartReplicas(3);
  StartAgentAt("a", addresses_[Follower(0)]);
  StartAgentAt("b", addresses_[Follower(1)]);
  gate_.Open();
  const Finished run = Run({"run", Plan(), "--coordinator", addresses_[Follower(0)]});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err << Logs();
  for (const std::string& address : addresses_) {
    const Finished verdict = Run({"verdict", "latest", "--coordinator", address});
    EXPECT_EQ(verdict.exit_code, 0) << verdict.out << verdict.err;
    EXPECT_THAT(verdict.out, HasSubstr("PROMOTE"));
    EXPECT_THAT(Run({"agents", "--coordinator", address}).out,
                AllOf(HasSubstr("a-1"), HasSubstr("b-1")));
  }
  ExpectNothingTwice();
}

TEST_F(ReplicasTest, AnotherTakesOverFromALeaderThatIsKilled) {
  StartReplicas(3);
  const int leader = Leader();
  StartAgentAt("a", addresses_[Follower(0)]);
  // This one loses its replica, and finds another.
  StartAgentAt("b", addresses_[leader] + "," + addresses_[Follower(1)]);
  const auto run = Begin({"run", Plan(), "--coordinator", All()});
  AwaitMidRun();
  replicas_[leader]->Signal(SIGKILL);
  ASSERT_TRUE(WaitForLeader(leader)) << Logs();
  gate_.Open();
  ExpectPromoted(run.get());
  ExpectNothingTwice();
}

TEST_F(ReplicasTest, ALeaderThatSleptLongerThanItsLeaseFollows) {
  StartReplicas(2);
  const int leader = Leader();
  const int other = Follower();
  StartAgentAt("a", addresses_[other]);
  StartAgentAt("b", addresses_[leader] + "," + addresses_[other]);
  const auto run = Begin({"run", Plan(), "--coordinator", addresses_[other]});
  AwaitMidRun();
  replicas_[leader]->Signal(SIGSTOP);
  ASSERT_TRUE(WaitForLeader(leader)) << Logs();
  gate_.Open();
  ExpectPromoted(run.get());
  const std::string end = postgres_->Exec("SELECT md5(final_run) FROM smokemesh.run").value();
  replicas_[leader]->Signal(SIGCONT);
  ASSERT_TRUE(replicas_[leader]->WaitForOutput("this replica does not lead any more", Soon()))
      << Logs();
  ASSERT_TRUE(
      replicas_[leader]->WaitForOutput("follows the leader at " + addresses_[other], Soon()))
      << Logs();
  // It answers as the other does, and has changed nothing.
  const Finished verdict = Run({"verdict", "latest", "--coordinator", addresses_[leader]});
  EXPECT_EQ(verdict.exit_code, 0) << verdict.out << verdict.err << Logs();
  EXPECT_EQ(postgres_->Exec("SELECT md5(final_run) FROM smokemesh.run").value(), end);
  EXPECT_EQ(Leader(), other);
  ExpectNothingTwice();
}

TEST_F(ReplicasTest, ADatabaseThatIsPausedCostsNoEvidenceAndNoRestart) {
  StartReplicas(2);
  StartAgentAt("a", All());
  StartAgentAt("b", All());
  const auto run = Begin({"run", Plan(), "--coordinator", All()});
  AwaitMidRun();
  const int leader = Leader();
  postgres_->Pause();
  ASSERT_TRUE(replicas_[leader]->WaitForOutput("this replica does not lead any more", Soon()))
      << Logs();
  gate_.Open();  // its result has nowhere to go
  EXPECT_TRUE(run->running());
  postgres_->Resume();
  const shared::SteadyTime resumed = std::chrono::steady_clock::now();
  ExpectPromoted(run.get());
  EXPECT_LT(std::chrono::steady_clock::now() - resumed, std::chrono::seconds(30)) << Logs();
  ExpectNothingTwice();
}

TEST_F(ReplicasTest, ALeaderThatIsStoppedHandsOverAtOnce) {
  StartReplicas(2, "30s");
  const int leader = Leader();
  StartAgentAt("a", All());
  StartAgentAt("b", All());
  const auto run = Begin({"run", Plan(), "--coordinator", All()});
  AwaitMidRun();
  const shared::SteadyTime begin = std::chrono::steady_clock::now();
  replicas_[leader]->Signal(SIGTERM);
  ASSERT_TRUE(WaitForLeader(leader)) << Logs();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8)) << Logs();
  EXPECT_EQ(replicas_[leader]->WaitUntil(Soon()), 0) << Log(leader);
  gate_.Open();
  ExpectPromoted(run.get());
  ExpectNothingTwice();
}

TEST_F(ReplicasTest, AFollowerPassesOnWhoCallsUnderItsOwnCertificate) {
  MakeCertificates();
  StartReplicas(2);
  const std::string follower = addresses_[Follower()];
  StartAgentAt("a", follower);
  StartAgentAt("b", addresses_[Leader()]);
  gate_.Open();
  const Finished run = RunAs("runner-ci", {"run", Plan(), "--coordinator", follower});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err << Logs();
  // Who may only read may do so here, and no more.
  const Finished verdict = RunAs("viewer-eye", {"verdict", "latest", "--coordinator", follower});
  EXPECT_EQ(verdict.exit_code, 0) << verdict.out << verdict.err;
  const Finished refused = RunAs("viewer-eye", {"run", Plan(), "--coordinator", follower});
  EXPECT_EQ(refused.exit_code, 2) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("viewer eye"));
  const Finished agent = RunAs("agent-a-1", {"runs", "--coordinator", follower});
  EXPECT_NE(agent.exit_code, 0);
  EXPECT_THAT(agent.err, HasSubstr("agent a-1"));
  ExpectNothingTwice();
}

TEST_F(ReplicasTest, WithoutALeaderCallsAreRefusedUntilThereIsOne) {
  StartReplicas(1);
  postgres_->Stop();
  ASSERT_TRUE(replicas_[0]->WaitForOutput("this replica does not lead any more", Soon())) << Logs();
  ASSERT_TRUE(replicas_[0]->WaitForOutput("it knows no leader", Soon())) << Logs();
  const auto agents = [this] { return Run({"agents", "--coordinator", addresses_[0]}); };
  ASSERT_TRUE(WaitUntil([&] {
    return agents().err.find("no replica leads at the moment") != std::string::npos;
  })) << agents().err
      << Logs();
  EXPECT_EQ(agents().exit_code, 3);
  ASSERT_TRUE(postgres_->StartAgain().ok());
  EXPECT_TRUE(WaitUntil([&] { return agents().exit_code == 0; })) << Logs();
}

TEST_F(ReplicasTest, ThePasswordIsInNoLogAndNoError) {
  StartReplicas(2);
  postgres_->Stop();
  ASSERT_TRUE(replicas_[0]->WaitForOutput("the store does not answer", Soon())) << Logs();
  EXPECT_THAT(Logs(), Not(HasSubstr(LocalPostgres::kSuperuserPassword)));
  const Finished wrong =
      Run({"serve", "--listen", "127.0.0.1:0", "--store", postgres_->Url() + "?no_such=parameter"});
  EXPECT_EQ(wrong.exit_code, 2) << wrong.out << wrong.err;
  EXPECT_THAT(wrong.err, Not(HasSubstr(LocalPostgres::kSuperuserPassword)));
}

TEST_F(ReplicasTest, SaysWhichOptionIsMissing) {
  const Finished anywhere =
      Run({"serve", "--listen", "0.0.0.0:0", "--insecure", "--store", postgres_->Url()});
  EXPECT_EQ(anywhere.exit_code, 2);
  EXPECT_THAT(anywhere.err, HasSubstr("--advertise"));
  const Finished alone =
      Run({"serve", "--listen", "127.0.0.1:0", "--store", store(), "--lease", "3s"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--lease"));
}

}  // namespace
}  // namespace smokemesh::testing
