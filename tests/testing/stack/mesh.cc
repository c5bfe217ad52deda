#include "tests/testing/stack/mesh.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::testing {
namespace {

namespace fs = std::filesystem;

constexpr auto kConnectTime = std::chrono::seconds(20);
constexpr auto kStopTime = std::chrono::seconds(2);
constexpr const char* kServices[] = {"gateway", "identity", "engagement"};

}  // namespace

absl::StatusOr<std::unique_ptr<Mesh>> Mesh::Start(
    const std::string& bin_dir, const std::map<std::string, std::string>& environment) {
  std::unique_ptr<Mesh> mesh(new Mesh());
  const std::string program = bin_dir + "/smokemesh";
  for (const std::string& path : {program, bin_dir + "/smokemesh-agent"}) {
    if (!fs::exists(path)) {
      return absl::NotFoundError(path + " is not there; build smokemesh and smokemesh-agent");
    }
  }
  const std::string store = mesh->dir_.path() / "runs.db";
  mesh->coordinator_ = std::make_unique<ServiceProcess>(
      "coordinator", std::vector<std::string>{program, "serve", "--store", store},
      std::map<std::string, std::string>());
  RETURN_IF_ERROR(mesh->coordinator_->Start());
  for (const char* service : kServices) {
    ProcessOptions agent;
    agent.argv = {bin_dir + "/smokemesh-agent", "--coordinator", mesh->coordinator(), "--service",
                  service};
    agent.environment = environment;
    ASSIGN_OR_RETURN(mesh->agents_[service], Process::Start(agent));
  }
  RETURN_IF_ERROR(mesh->WaitForAgents(program));
  return mesh;
}

Mesh::~Mesh() {
  for (auto& [name, agent] : agents_) {
    if (agent != nullptr) agent->Signal(SIGTERM);  // all at once: each may take a moment to drain
  }
  for (auto& [name, agent] : agents_) {
    if (agent != nullptr) agent->Stop(kStopTime);
  }
}

std::string Mesh::coordinator() const { return absl::StrCat("127.0.0.1:", coordinator_->port()); }

absl::Status Mesh::WaitForAgents(const std::string& program) const {
  const auto deadline = std::chrono::steady_clock::now() + kConnectTime;
  std::string seen;
  while (std::chrono::steady_clock::now() < deadline) {
    ProcessOptions list;
    list.argv = {program, "agents", "--coordinator", coordinator()};
    const auto output = RunToEnd(list, std::chrono::seconds(5));
    seen = output.ok() ? *output : std::string(output.status().message());
    bool all = output.ok();
    for (const char* service : kServices) all = all && seen.find(service) != std::string::npos;
    if (all) return absl::OkStatus();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::string text = "the agents did not connect; `smokemesh agents` said:\n" + seen;
  for (const auto& [name, agent] : agents_) {
    absl::StrAppend(&text, "\nagent ", name, ":\n", agent->Stderr());
  }
  return absl::UnavailableError(text);
}

absl::Status Mesh::KeepLogs(const std::string& directory) const {
  std::error_code error;
  fs::create_directories(directory, error);
  std::ofstream(fs::path(directory) / "coordinator.log") << coordinator_->Log();
  for (const auto& [name, agent] : agents_) {
    std::ofstream file(fs::path(directory) / ("agent-" + name + ".log"));
    file << agent->Stdout() << agent->Stderr();
    if (!file.good()) return absl::UnavailableError("cannot write the logs into " + directory);
  }
  return absl::OkStatus();
}

}  // namespace smokemesh::testing
