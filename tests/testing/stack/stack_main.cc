// smokemesh-stack: runs a command beside the reference platform on throw-away servers.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/testing/stack/command.h"
#include "tests/testing/stack/faults.h"
#include "tests/testing/stack/mesh.h"
#include "tests/testing/stack/platform_stack.h"

namespace {

using namespace smokemesh::testing;

constexpr int kUsage = 2;
constexpr int kInterrupted = 130;
constexpr int kBroken = 125;  // the stack itself failed, not the command

int Fail(const absl::Status& status) {
  std::cerr << "smokemesh-stack: " << status.message() << "\n";
  return kBroken;
}

void Note(const std::string& text) { std::cerr << "stack: " << text << std::endl; }

struct Arguments {
  std::vector<std::string> faults;
  std::vector<std::string> command;
  std::string log_directory;
  bool with_mesh = false;
  bool leftovers = false;
  double retry_base = 0.05;
  int rate_limit = 120;
  int anonymous_rate_limit = 0;
  double rate_window = 0;
};

int Run(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  std::error_code error;
  const std::string bin_dir =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
  StackOptions options;
  options.bin_dir = bin_dir;
  options.retry_base_seconds = arguments.retry_base;
  options.rate_limit = arguments.rate_limit;
  options.anonymous_rate_limit = arguments.anonymous_rate_limit;
  options.rate_window_seconds = arguments.rate_window;
  for (const std::string& fault : arguments.faults) {
    options.rate_window_seconds =
        std::max(options.rate_window_seconds, FindFault(fault)->rate_window_seconds);
  }
  auto stack = PlatformStack::Start(options);
  if (!stack.ok()) return Fail(stack.status());
  if (SignalPending()) return kInterrupted;
  for (const std::string& fault : arguments.faults) {
    const absl::Status status = (*stack)->Apply(fault);
    if (!status.ok()) return Fail(status);
    Note("broken on purpose: " + fault + " (" + FindFault(fault)->description + ")");
  }
  std::map<std::string, std::string> environment = (*stack)->Environment();
  std::unique_ptr<Mesh> mesh;
  if (arguments.with_mesh) {
    auto started = Mesh::Start(bin_dir, environment);
    if (!started.ok()) return Fail(started.status());
    mesh = *std::move(started);
    environment["SMOKEMESH_COORDINATOR"] = mesh->coordinator();
  }
  if (SignalPending()) return kInterrupted;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  Note(absl::StrCat("up after ", took.count(), " ms; gateway ", environment["GATEWAY_URL"],
                    mesh == nullptr ? "" : ", coordinator " + mesh->coordinator()));

  const auto code = RunCommand(arguments.command, environment);
  if (!arguments.log_directory.empty()) {
    absl::Status kept = (*stack)->KeepLogs(arguments.log_directory);
    if (kept.ok() && mesh != nullptr) kept = mesh->KeepLogs(arguments.log_directory);
    if (!kept.ok()) std::cerr << "smokemesh-stack: " << kept.message() << "\n";
  }
  if (arguments.leftovers) {
    const absl::Status awake = (*stack)->WakeServers();
    const auto left = awake.ok() ? (*stack)->Leftovers() : awake;
    if (!left.ok()) {
      Note("cannot look for leftovers: " + std::string(left.status().message()));
    } else {
      for (const std::string& line : *left) Note("left behind: " + line);
      if (left->empty()) Note("nothing left behind");
    }
  }
  return code.ok() ? *code : Fail(code.status());
}

}  // namespace

int main(int argc, char** argv) {
  HoldSignals();
  Arguments arguments;
  bool list = false;
  CLI::App app{
      "Starts PostgreSQL, Redis and the reference platform on free loopback ports, runs COMMAND\n"
      "with their addresses in its environment, stops everything, and exits with COMMAND's code."};
  app.add_flag("--mesh", arguments.with_mesh,
               "also a coordinator and three agents; SMOKEMESH_COORDINATOR is set");
  app.add_option("--break", arguments.faults, "inject a fault, see --list-faults; repeatable")
      ->expected(1)
      ->take_all();
  app.add_option("--keep-logs", arguments.log_directory, "write every process's output there");
  app.add_option("--retry-base", arguments.retry_base,
                 "seconds; retry n of an event waits 2^n times this")
      ->capture_default_str();
  app.add_option("--rate-limit", arguments.rate_limit,
                 "requests per window and client at the gateway")
      ->capture_default_str();
  app.add_option("--anonymous-rate-limit", arguments.anonymous_rate_limit,
                 "the same for clients without a token; more lets many runs follow each other")
      ->capture_default_str();
  app.add_option("--rate-window", arguments.rate_window,
                 "seconds; the gateway's window instead of a minute; SMOKE_RATE_LIMIT_WAIT is set");
  app.add_flag("--leftovers", arguments.leftovers, "tell afterwards what COMMAND left behind");
  app.add_flag("--list-faults", list, "print the faults");
  app.add_option("command", arguments.command, "-- COMMAND...");
  app.positionals_at_end();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& parse_error) {
    return app.exit(parse_error) == 0 ? 0 : kUsage;
  }
  if (list) {
    std::cout << ListFaults();
    return 0;
  }
  for (const std::string& fault : arguments.faults) {
    if (FindFault(fault) != nullptr) continue;
    std::cerr << "smokemesh-stack: " << UnknownFault(fault) << "; --list-faults shows all\n";
    return kUsage;
  }
  if (arguments.command.empty()) {
    std::cerr << "smokemesh-stack: expected `-- COMMAND...`\n";
    return kUsage;
  }
  return Run(arguments);
}
