#ifndef SMOKEMESH_TESTS_INTEGRATION_CLI_CLI_FIXTURE_H_
#define SMOKEMESH_TESTS_INTEGRATION_CLI_CLI_FIXTURE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/testing/gate/gate_server.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

// How `smokemesh` ended.
struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

// The built program in a folder of its own, without the environment of the test, and a server whose
// answers the test chooses.
class CliFixture : public ::testing::Test {
 protected:
  using Variables = std::map<std::string, std::string>;

  static shared::SteadyTime Soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(30);
  }

  std::unique_ptr<Process> Start(std::vector<std::string> arguments,
                                 const Variables& environment = {},
                                 const std::string& program = SMOKEMESH_BINARY) {
    ProcessOptions options;
    options.argv = std::move(arguments);
    options.argv.insert(options.argv.begin(), program);
    options.environment = environment;
    options.clean_environment = true;
    options.working_directory = folder_.path();
    auto process = Process::Start(options);
    if (!process.ok()) {
      ADD_FAILURE() << process.status();
      return nullptr;
    }
    return *std::move(process);
  }

  static Ended End(Process* process) {
    Ended ended;
    const auto code = process->WaitUntil(Soon());
    EXPECT_TRUE(code.has_value()) << "it does not end";
    ended.code = code.value_or(-1);
    ended.out = process->Stdout();
    ended.err = process->Stderr();
    return ended;
  }

  Ended Run(std::vector<std::string> arguments, const Variables& environment = {}) {
    const std::unique_ptr<Process> process = Start(std::move(arguments), environment);
    return process == nullptr ? Ended() : End(process.get());
  }

  std::string Read(const std::string& name) const {
    std::ifstream file(folder_.path() / name, std::ios::binary);
    EXPECT_TRUE(file.is_open()) << name;
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  // Writes `plan.yaml`: `rest` below a connection to the server.
  std::string Plan(const std::string& rest) {
    return folder_.Write("plan.yaml",
                         "name: p\nconnections: {web: {http: \"" + gate_.url() + "\"}}\n" + rest);
  }

  // A line of `checks:`.
  static std::string Check(const std::string& name, const std::string& tags,
                           const std::string& path) {
    return "  - {name: " + name + ", tags: [" + tags +
           "], timeout: 20s, http: {steps: [{request: {url: \"" + path + "\"}}]}}\n";
  }

  GateServer gate_;
  TempDir folder_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_CLI_CLI_FIXTURE_H_
