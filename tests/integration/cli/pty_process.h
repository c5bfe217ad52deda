#ifndef SMOKEMESH_TESTS_INTEGRATION_CLI_PTY_PROCESS_H_
#define SMOKEMESH_TESTS_INTEGRATION_CLI_PTY_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/clock.h"
#include "tests/integration/cli/screen.h"

namespace smokemesh::testing {

// A program on a terminal of its own (forkpty), and what its screen shows. Used by one thread.
class PtyProcess {
 public:
  // Starts `argv` in `folder` with this environment, and PATH. Null when the system refuses.
  static std::unique_ptr<PtyProcess> Start(const std::vector<std::string>& argv,
                                           const std::map<std::string, std::string>& environment,
                                           const std::string& folder, int columns, int rows);
  // Kills it.
  ~PtyProcess();
  PtyProcess(const PtyProcess&) = delete;
  PtyProcess& operator=(const PtyProcess&) = delete;

  const Screen& screen() const { return screen_; }
  // Everything that it wrote.
  const std::string& bytes() const { return bytes_; }

  // Reads until the screen is as asked for. False when the program ended or `deadline` came first.
  bool WaitFor(const std::function<bool(const Screen&)>& wanted, shared::SteadyTime deadline);
  // Reads to the end. The exit code, or 128 + signal; nothing when `deadline` came first.
  std::optional<int> WaitForEnd(shared::SteadyTime deadline);

  void Resize(int columns, int rows);
  void Signal(int signal);

 private:
  PtyProcess(pid_t pid, int descriptor, int columns, int rows)
      : pid_(pid), descriptor_(descriptor), screen_(columns, rows) {}
  // Waits for something to read. False at the end and at `deadline`.
  bool Read(shared::SteadyTime deadline);

  const pid_t pid_;
  const int descriptor_;
  Screen screen_;
  std::string bytes_;
  bool ended_ = false;
  std::optional<int> exit_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_CLI_PTY_PROCESS_H_
