#ifndef SMOKEMESH_TESTS_TESTING_PROCESS_H_
#define SMOKEMESH_TESTS_TESTING_PROCESS_H_

#include <sys/types.h>

#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::testing {

struct ProcessOptions {
  // Program (searched in PATH) and its arguments.
  std::vector<std::string> argv;
  // Set on top of this process's environment.
  std::map<std::string, std::string> environment;
  // Start from an empty environment, PATH apart.
  bool clean_environment = false;
  // User to run as; only root may ask for another. Empty: the same.
  std::string user;
  // Empty: the same.
  std::string working_directory;
  // File that gets both outputs, appended. Empty: both are kept apart in memory.
  std::string output_file;
  // Text on standard input. Default: nothing.
  std::string input;
  // Sent to the child when the thread that started it ends.
  int death_signal = SIGKILL;
};

// A child process. It is stopped and reaped at the end of the object's life, and gets
// `death_signal` if the thread that started it dies first: start it from a thread that lives as
// long as it. Used by one thread.
class Process {
 public:
  static absl::StatusOr<std::unique_ptr<Process>> Start(const ProcessOptions& options);

  // Stops it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  // Sends a signal. Does nothing when the process has ended.
  void Signal(int signal);

  // Waits for the end. Returns the exit code, or 128 + signal; nothing when `deadline` came first.
  std::optional<int> WaitUntil(shared::SteadyTime deadline);

  bool running() { return !WaitUntil(shared::SteadyTime::min()).has_value(); }

  // SIGTERM (and SIGCONT), then SIGKILL after `grace`. Returns what WaitUntil returns.
  int Stop(shared::Duration grace = std::chrono::seconds(5));

  // What it wrote so far.
  std::string Stdout() const;
  std::string Stderr() const;

  // Waits until either output holds `text`. False when the process ended or `deadline` came first.
  bool WaitForOutput(std::string_view text, shared::SteadyTime deadline);

 private:
  Process() = default;

  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int stdout_fd_ = -1;
  int stderr_fd_ = -1;
  std::optional<int> exit_;
};

// Runs a program to its end. Returns its standard output, or an error with what it wrote when it
// does not end with 0 before `timeout`.
absl::StatusOr<std::string> RunToEnd(const ProcessOptions& options,
                                     shared::Duration timeout = std::chrono::seconds(60));

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_PROCESS_H_
