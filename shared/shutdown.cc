#include "shared/shutdown.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

namespace smokemesh::shared {
namespace {

sigset_t WatchedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

Shutdown& Shutdown::Install(int second_signal_exit_code) {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = WatchedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Never destroyed: the watching thread may outlive main.
  auto* shutdown = new Shutdown(second_signal_exit_code);
  std::thread([shutdown] { shutdown->Watch(); }).detach();
  return *shutdown;
}

void Shutdown::Watch() {
  const sigset_t signals = WatchedSignals();
  int number = 0;
  while (sigwait(&signals, &number) != 0) {
  }
  // Before anybody hears of it: what is cancelled may end, and ask for the signal, at once.
  signal_ = number;
  // Before Wait lets anybody go, who is to find the reason.
  cancellation_.Cancel(number == SIGINT ? "interrupted" : "terminated");
  {
    MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  changed_.NotifyAll();
  while (sigwait(&signals, &number) != 0) {
  }
  _exit(second_signal_exit_code_);
}

bool Shutdown::requested() const { return signal() != 0; }

int Shutdown::signal() const { return signal_; }

void Shutdown::Wait() {
  MutexLock lock(&mutex_);
  while (!cancelled_) changed_.Wait(&mutex_);
}

bool Shutdown::WaitUntil(SteadyTime deadline) {
  MutexLock lock(&mutex_);
  while (!cancelled_) {
    if (!changed_.WaitUntil(&mutex_, deadline) && !cancelled_) return false;
  }
  return true;
}

}  // namespace smokemesh::shared
