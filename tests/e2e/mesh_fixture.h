#ifndef SMOKEMESH_TESTS_E2E_MESH_FIXTURE_H_
#define SMOKEMESH_TESTS_E2E_MESH_FIXTURE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

// Path of a built program: `smokemesh`, `smokemesh-agent`.
std::string Binary(std::string_view name);

// `timeout` from now.
shared::SteadyTime Soon(std::chrono::seconds timeout = std::chrono::seconds(30));

// A whole file; fails the test when it cannot be read.
std::string ReadFile(const std::filesystem::path& path);

// How a program ended.
struct Finished {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// The built programs on loopback, all stopped at the end of the test.
class MeshTest : public ::testing::Test {
 protected:
  // Starts `smokemesh serve` on the test's store, on a free port at first and on the same one
  // after; waits until it listens.
  void StartCoordinator(std::vector<std::string> flags = {});
  // Starts an agent that stands beside `service`, by the name `SERVICE-1` unless `id` says another;
  // waits until the coordinator lists it. One beside the same service that was started before is
  // stopped.
  void StartAgent(const std::string& service, std::map<std::string, std::string> environment = {},
                  const std::string& id = "", const std::vector<std::string>& flags = {});
  void KillCoordinator();
  void KillAgent(const std::string& service);
  void SignalAgent(const std::string& service, int signal);
  // False when it goes on for half a minute.
  bool WaitForAgentEnd(const std::string& service);

  // `smokemesh ARGUMENTS`, started or run to its end. Its state is kept under `dir()`.
  std::unique_ptr<Process> Begin(std::vector<std::string> arguments,
                                 std::map<std::string, std::string> environment = {});
  Finished Run(std::vector<std::string> arguments,
               std::map<std::string, std::string> environment = {});
  static Finished Wait(Process* process, std::chrono::seconds timeout = std::chrono::seconds(60));

  // What they wrote so far.
  std::string AgentLog(const std::string& service) const;
  std::string CoordinatorLog() const;

  pid_t coordinator_pid() const { return coordinator_->pid(); }
  pid_t agent_pid(const std::string& service) const { return agents_.at(service)->pid(); }

  const std::string& address() const { return address_; }
  std::string store() const { return (dir_.path() / "store.db").string(); }
  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
  std::string address_;
  std::unique_ptr<Process> coordinator_;
  std::map<std::string, std::unique_ptr<Process>> agents_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_E2E_MESH_FIXTURE_H_
