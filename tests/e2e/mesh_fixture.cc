#include "tests/e2e/mesh_fixture.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_split.h"

namespace smokemesh::testing {

std::string Binary(std::string_view name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

shared::SteadyTime Soon(std::chrono::seconds timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void MeshTest::StartCoordinator(std::vector<std::string> flags) {
  ProcessOptions options;
  options.argv = {Binary("smokemesh"), "serve",
                  "--listen",          address_.empty() ? "127.0.0.1:0" : address_,
                  "--store",           store()};
  options.argv.insert(options.argv.end(), flags.begin(), flags.end());
  auto started = Process::Start(options);
  ASSERT_TRUE(started.ok()) << started.status();
  coordinator_ = *std::move(started);
  ASSERT_TRUE(coordinator_->WaitForOutput("listening on ", Soon()))
      << coordinator_->Stdout() << coordinator_->Stderr();
  const std::vector<std::string> words =
      absl::StrSplit(coordinator_->Stdout(), absl::ByAnyChar(" \n"), absl::SkipEmpty());
  address_ = words.back();
}

void MeshTest::StartAgent(const std::string& service,
                          std::map<std::string, std::string> environment, const std::string& id,
                          const std::vector<std::string>& flags) {
  ProcessOptions options;
  options.argv = {
      Binary("smokemesh-agent"),        "--coordinator", address_, "--service", service, "--id",
      id.empty() ? service + "-1" : id, "--log-level",   "info"};
  options.argv.insert(options.argv.end(), flags.begin(), flags.end());
  options.environment = std::move(environment);
  auto started = Process::Start(options);
  ASSERT_TRUE(started.ok()) << started.status();
  ASSERT_TRUE((*started)->WaitForOutput("connected to ", Soon()))
      << (*started)->Stdout() << (*started)->Stderr();
  agents_[service] = *std::move(started);
}

void MeshTest::KillCoordinator() {
  coordinator_->Signal(SIGKILL);
  ASSERT_TRUE(coordinator_->WaitUntil(Soon()).has_value());
}

void MeshTest::KillAgent(const std::string& service) {
  agents_[service]->Signal(SIGKILL);
  ASSERT_TRUE(agents_[service]->WaitUntil(Soon()).has_value());
}

void MeshTest::SignalAgent(const std::string& service, int signal) {
  agents_.at(service)->Signal(signal);
}

bool MeshTest::WaitForAgentEnd(const std::string& service) {
  return agents_.at(service)->WaitUntil(Soon()).has_value();
}

std::string MeshTest::AgentLog(const std::string& service) const {
  const Process& agent = *agents_.at(service);
  return agent.Stdout() + agent.Stderr();
}

std::string MeshTest::CoordinatorLog() const {
  return coordinator_->Stdout() + coordinator_->Stderr();
}

std::unique_ptr<Process> MeshTest::Begin(std::vector<std::string> arguments,
                                         std::map<std::string, std::string> environment) {
  ProcessOptions options;
  options.argv = {Binary("smokemesh")};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.environment = std::move(environment);
  options.environment.emplace("XDG_STATE_HOME", (dir_.path() / "state").string());
  auto started = Process::Start(options);
  EXPECT_TRUE(started.ok()) << started.status();
  return started.ok() ? *std::move(started) : nullptr;
}

Finished MeshTest::Run(std::vector<std::string> arguments,
                       std::map<std::string, std::string> environment) {
  return Wait(Begin(std::move(arguments), std::move(environment)).get());
}

Finished MeshTest::Wait(Process* process, std::chrono::seconds timeout) {
  Finished finished;
  const std::optional<int> code = process->WaitUntil(Soon(timeout));
  EXPECT_TRUE(code.has_value()) << "did not end within " << timeout.count() << " s";
  finished.exit_code = code.value_or(-1);
  finished.out = process->Stdout();
  finished.err = process->Stderr();
  return finished;
}

}  // namespace smokemesh::testing
