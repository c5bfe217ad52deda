#include "tests/testing/process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/testing/user.h"

extern char** environ;

namespace smokemesh::testing {
namespace {

constexpr shared::Duration kOutputPoll = std::chrono::milliseconds(5);

std::string ReadAll(int fd) {
  std::string text;
  char buffer[16384];
  for (off_t offset = 0;;) {
    const ssize_t n = pread(fd, buffer, sizeof(buffer), offset);
    if (n <= 0) return text;
    text.append(buffer, static_cast<size_t>(n));
    offset += n;
  }
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const ProcessOptions& options) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name(text.substr(0, equals));
    if (!options.clean_environment || name == "PATH") merged[name] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : options.environment) merged[name] = value;
  std::vector<std::string> entries;
  for (const auto& [name, value] : merged) entries.push_back(name + "=" + value);
  return entries;
}

struct Target {
  uid_t uid = 0;
  gid_t gid = 0;
  bool change = false;
};

// Everything that the child needs, prepared before the fork: only async-signal-safe calls follow.
struct Child {
  std::vector<char*> argv;
  std::vector<char*> envp;
  int in = -1;
  int out = -1;
  int err = -1;
  int error_pipe = -1;
  pid_t parent = 0;
  Target target;
  const char* directory = nullptr;
  int death_signal = SIGKILL;
};

[[noreturn]] void Exec(const Child& child) {
  dup2(child.in, 0);
  dup2(child.out, 1);
  dup2(child.err, 2);
  bool ok = true;
  if (child.target.change) {
    ok = setgroups(0, nullptr) == 0 && setgid(child.target.gid) == 0 &&
         setuid(child.target.uid) == 0;
  }
  ok = ok && (child.directory == nullptr || chdir(child.directory) == 0);
  // After the change of user, which forgets it; then look whether the parent died meanwhile.
  prctl(PR_SET_PDEATHSIG, child.death_signal);
  if (getppid() != child.parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (ok) execvpe(child.argv[0], child.argv.data(), child.envp.data());
  const int error = errno;
  if (write(child.error_pipe, &error, sizeof(error)) < 0) _exit(126);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const ProcessOptions& options) {
  if (options.argv.empty()) return absl::InvalidArgumentError("no program");
  Child child;
  child.parent = getpid();
  child.death_signal = options.death_signal;
  if (!options.working_directory.empty()) child.directory = options.working_directory.c_str();
  if (!options.user.empty()) {
    const std::optional<User> user = FindUser(options.user);
    if (!user.has_value()) return absl::NotFoundError("no such user: " + options.user);
    child.target = {user->uid, user->gid, user->uid != geteuid()};
  }
  std::vector<std::string> argv = options.argv;
  std::vector<std::string> environment = Environment(options);
  child.argv = Pointers(argv);
  child.envp = Pointers(environment);

  std::unique_ptr<Process> process(new Process());
  if (options.output_file.empty()) {
    process->stdout_fd_ = memfd_create("stdout", MFD_CLOEXEC);
    process->stderr_fd_ = memfd_create("stderr", MFD_CLOEXEC);
  } else {
    process->stdout_fd_ =
        open(options.output_file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    process->stderr_fd_ = fcntl(process->stdout_fd_, F_DUPFD_CLOEXEC, 3);
  }
  child.out = process->stdout_fd_;
  child.err = process->stderr_fd_;
  child.in = memfd_create("stdin", MFD_CLOEXEC);
  int error_pipe[2];
  if (child.out < 0 || child.err < 0 || child.in < 0 || pipe2(error_pipe, O_CLOEXEC) != 0) {
    return absl::InternalError(
        absl::StrCat("cannot prepare ", options.argv[0], ": ", std::strerror(errno)));
  }
  // Shared file offsets: append, so that neither side's position matters. Other users may reopen.
  if (options.output_file.empty()) {
    for (const int fd : {child.out, child.err}) {
      fcntl(fd, F_SETFL, O_APPEND);
      fchmod(fd, 0666);
    }
  }
  if (pwrite(child.in, options.input.data(), options.input.size(), 0) < 0) {
    return absl::InternalError("cannot prepare standard input");
  }
  child.error_pipe = error_pipe[1];

  process->pid_ = fork();
  if (process->pid_ == 0) Exec(child);
  close(error_pipe[1]);
  close(child.in);
  int error = 0;
  const bool failed = process->pid_ < 0 || read(error_pipe[0], &error, sizeof(error)) > 0;
  close(error_pipe[0]);
  if (process->pid_ > 0) {
    process->pid_fd_ = static_cast<int>(syscall(SYS_pidfd_open, process->pid_, 0));
  }
  if (failed) {
    return absl::NotFoundError(
        absl::StrCat("cannot start ", options.argv[0], ": ", std::strerror(error)));
  }
  return process;
}

Process::~Process() {
  if (pid_ > 0) Stop();
  for (const int fd : {pid_fd_, stdout_fd_, stderr_fd_}) {
    if (fd >= 0) close(fd);
  }
}

void Process::Signal(int signal) {
  if (!exit_.has_value()) kill(pid_, signal);
}

std::optional<int> Process::WaitUntil(shared::SteadyTime deadline) {
  while (!exit_.has_value()) {
    int status = 0;
    const pid_t reaped = waitpid(pid_, &status, WNOHANG);
    if (reaped == pid_) {
      exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    if (reaped < 0 && errno != EINTR) {
      exit_ = -1;  // somebody else reaped it
      break;
    }
    const shared::SteadyTime now = std::chrono::steady_clock::now();
    if (deadline <= now) return std::nullopt;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
    pollfd entry = {pid_fd_, POLLIN, 0};
    poll(&entry, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
  }
  return exit_;
}

int Process::Stop(shared::Duration grace) {
  Signal(SIGTERM);
  Signal(SIGCONT);
  if (const auto ended = WaitUntil(std::chrono::steady_clock::now() + grace)) return *ended;
  Signal(SIGKILL);
  return WaitUntil(shared::SteadyTime::max()).value_or(-1);
}

std::string Process::Stdout() const { return ReadAll(stdout_fd_); }
std::string Process::Stderr() const { return ReadAll(stderr_fd_); }

bool Process::WaitForOutput(std::string_view text, shared::SteadyTime deadline) {
  while (true) {
    // Before the look at the output, so that the last words of a process that ended count.
    const bool alive = running();
    if (Stdout().find(text) != std::string::npos) return true;
    if (Stderr().find(text) != std::string::npos) return true;
    const shared::SteadyTime now = std::chrono::steady_clock::now();
    if (!alive || now >= deadline) return false;
    WaitUntil(std::min(deadline, now + kOutputPoll));
  }
}

absl::StatusOr<std::string> RunToEnd(const ProcessOptions& options, shared::Duration timeout) {
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  const auto code = (*process)->WaitUntil(std::chrono::steady_clock::now() + timeout);
  if (code == 0) return (*process)->Stdout();
  return absl::InternalError(absl::StrCat(
      options.argv[0], code.has_value() ? absl::StrCat(" ended with ", *code) : " did not end",
      ":\n", (*process)->Stderr(), (*process)->Stdout()));
}

}  // namespace smokemesh::testing
