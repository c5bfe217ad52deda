#ifndef SMOKEMESH_TESTS_TESTING_STACK_SERVICE_PROCESS_H_
#define SMOKEMESH_TESTS_TESTING_STACK_SERVICE_PROCESS_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/testing/process.h"

namespace smokemesh::testing {

// A program that prints `listening on HOST:PORT` and is restarted on the port that it had first.
// Used by one thread, the one that starts it.
class ServiceProcess {
 public:
  // `argv` without the `--listen` flag.
  ServiceProcess(std::string name, std::vector<std::string> argv,
                 std::map<std::string, std::string> environment);

  const std::string& name() const { return name_; }
  int port() const { return port_; }
  std::string url() const;

  // Starts the program and returns at once.
  absl::Status Launch();
  // Waits until it listens.
  absl::Status WaitUntilListening();
  // Both.
  absl::Status Start();

  // Ends it; connections are reset. Does nothing when it is stopped.
  void Stop();
  // Stops and starts it.
  absl::Status Restart();

  // Frozen: the kernel accepts connections, nothing answers.
  void Pause();
  void Resume();

  // For the next start.
  void AddArguments(const std::vector<std::string>& arguments);
  void Set(const std::string& variable, const std::string& value);

  bool running() const { return process_ != nullptr; }

  // What it wrote, over all its lives.
  std::string Log() const;

 private:
  const std::string name_;
  std::vector<std::string> argv_;
  std::map<std::string, std::string> environment_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
  std::string earlier_log_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_SERVICE_PROCESS_H_
