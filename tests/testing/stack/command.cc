#include "tests/testing/stack/command.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace smokemesh::testing {
namespace {

sigset_t Held() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  return signals;
}

// Makes `group` the terminal's foreground, where standard input is one and we are in front.
void Foreground(pid_t group) {
  if (::isatty(STDIN_FILENO) == 0) return;
  std::signal(SIGTTOU, SIG_IGN);  // a process in the background may not change it otherwise
  ::tcsetpgrp(STDIN_FILENO, group);
}

}  // namespace

void HoldSignals() {
  sigset_t signals = Held();
  sigaddset(&signals, SIGCHLD);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

bool SignalPending() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
         sigismember(&pending, SIGHUP) == 1;
}

absl::StatusOr<int> RunCommand(const std::vector<std::string>& argv,
                               const std::map<std::string, std::string>& environment) {
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  const bool in_front = ::isatty(STDIN_FILENO) != 0 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    return absl::InternalError(absl::StrCat("cannot fork: ", std::strerror(errno)));
  }
  if (child == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) _exit(127);
    if (in_front) Foreground(::getpid());
    std::signal(SIGTTOU, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvp(words[0], words.data());
    const std::string text =
        absl::StrCat("smokemesh-stack: ", argv.front(), ": ", std::strerror(errno), "\n");
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) _exit(126);
    _exit(127);
  }
  ::setpgid(child, child);  // both sides: whoever comes first

  sigset_t signals = Held();
  sigaddset(&signals, SIGCHLD);
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) {
      if (in_front) Foreground(::getpgrp());
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    // Wakes at once for a child's end; the limit is for one that ended between the two calls.
    const timespec limit{0, 200'000'000};
    const int signal = ::sigtimedwait(&signals, nullptr, &limit);
    if (signal > 0 && signal != SIGCHLD) ::kill(-child, signal);
  }
}

}  // namespace smokemesh::testing
