#include "tests/integration/cli/pty_process.h"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

namespace smokemesh::testing {
namespace {

winsize SizeOf(int columns, int rows) {
  winsize size{};
  size.ws_col = static_cast<uint16_t>(columns);
  size.ws_row = static_cast<uint16_t>(rows);
  return size;
}

}  // namespace

std::unique_ptr<PtyProcess> PtyProcess::Start(const std::vector<std::string>& argv,
                                              const std::map<std::string, std::string>& environment,
                                              const std::string& folder, int columns, int rows) {
  // All of it before the fork: nothing may allocate between fork and exec.
  std::vector<std::string> settings;
  const char* path = std::getenv("PATH");
  if (path != nullptr) settings.push_back(std::string("PATH=") + path);
  for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
  std::vector<char*> env;
  for (std::string& setting : settings) env.push_back(setting.data());
  env.push_back(nullptr);
  std::vector<std::string> words = argv;
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  args.push_back(nullptr);
  const winsize size = SizeOf(columns, rows);
  int descriptor = -1;
  const pid_t pid = forkpty(&descriptor, nullptr, nullptr, &size);
  if (pid < 0) return nullptr;
  if (pid == 0) {
    if (chdir(folder.c_str()) == 0) execve(args[0], args.data(), env.data());
    _exit(127);
  }
  return std::unique_ptr<PtyProcess>(new PtyProcess(pid, descriptor, columns, rows));
}

PtyProcess::~PtyProcess() {
  if (!exit_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(descriptor_);
}

bool PtyProcess::Read(shared::SteadyTime deadline) {
  if (ended_) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  pollfd waiting{descriptor_, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(std::max<int64_t>(0, left.count()))) <= 0) return false;
  char buffer[4096];
  const ssize_t count = read(descriptor_, buffer, sizeof(buffer));
  if (count <= 0) {  // EIO: the other side is closed
    ended_ = errno != EINTR || count == 0;
    return !ended_;
  }
  bytes_.append(buffer, static_cast<size_t>(count));
  screen_.Feed({buffer, static_cast<size_t>(count)});
  return true;
}

bool PtyProcess::WaitFor(const std::function<bool(const Screen&)>& wanted,
                         shared::SteadyTime deadline) {
  while (!wanted(screen_)) {
    if (!Read(deadline)) return false;
  }
  return true;
}

std::optional<int> PtyProcess::WaitForEnd(shared::SteadyTime deadline) {
  while (Read(deadline)) {
  }
  if (!ended_) return std::nullopt;
  int status = 0;
  if (!exit_ && waitpid(pid_, &status, 0) == pid_) {
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return exit_;
}

void PtyProcess::Resize(int columns, int rows) {
  const winsize size = SizeOf(columns, rows);
  ioctl(descriptor_, TIOCSWINSZ, &size);
  screen_.Resize(columns, rows);
}

void PtyProcess::Signal(int signal) { kill(pid_, signal); }

}  // namespace smokemesh::testing
