#include "tests/testing/stack/service_process.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::testing {
namespace {
constexpr std::string_view kListening = "listening on ";
constexpr shared::Duration kStartTime = std::chrono::seconds(20);
constexpr shared::Duration kStopTime = std::chrono::milliseconds(500);
}  // namespace

ServiceProcess::ServiceProcess(std::string name, std::vector<std::string> argv,
                               std::map<std::string, std::string> environment)
    : name_(std::move(name)), argv_(std::move(argv)), environment_(std::move(environment)) {}

std::string ServiceProcess::url() const { return absl::StrCat("http://127.0.0.1:", port_); }

absl::Status ServiceProcess::Launch() {
  ProcessOptions options;
  options.argv = argv_;
  options.argv.insert(options.argv.end(), {"--listen", absl::StrCat("127.0.0.1:", port_)});
  options.environment = environment_;
  ASSIGN_OR_RETURN(process_, Process::Start(options));
  return absl::OkStatus();
}

absl::Status ServiceProcess::WaitUntilListening() {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (process_->WaitForOutput(kListening, deadline)) {
    const std::string text = process_->Stdout();
    const size_t line = text.find(kListening);
    if (line == std::string::npos) break;
    const size_t end = text.find('\n', line);
    if (end == std::string::npos) continue;  // half a line so far
    const std::string address = text.substr(line, end - line);
    if (absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port_)) return absl::OkStatus();
    break;
  }
  return absl::UnavailableError(
      absl::StrCat(name_, " did not start; it wrote:\n", process_->Stdout(), process_->Stderr()));
}

absl::Status ServiceProcess::Start() {
  RETURN_IF_ERROR(Launch());
  return WaitUntilListening();
}

void ServiceProcess::Stop() {
  if (process_ == nullptr) return;
  process_->Stop(kStopTime);
  earlier_log_ += process_->Stdout() + process_->Stderr();
  process_.reset();
}

absl::Status ServiceProcess::Restart() {
  Stop();
  return Start();
}

void ServiceProcess::Pause() {
  if (process_ != nullptr) process_->Signal(SIGSTOP);
}

void ServiceProcess::Resume() {
  if (process_ != nullptr) process_->Signal(SIGCONT);
}

void ServiceProcess::AddArguments(const std::vector<std::string>& arguments) {
  argv_.insert(argv_.end(), arguments.begin(), arguments.end());
}

void ServiceProcess::Set(const std::string& variable, const std::string& value) {
  environment_[variable] = value;
}

std::string ServiceProcess::Log() const {
  return process_ == nullptr ? earlier_log_
                             : earlier_log_ + process_->Stdout() + process_->Stderr();
}

}  // namespace smokemesh::testing
