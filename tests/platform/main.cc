// aura-platform: one service of the reference platform. Prints `listening on HOST:PORT` once it can
// be reached and serves until SIGINT or SIGTERM.

#include <pthread.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/logging.h"
#include "tests/platform/config.h"
#include "tests/platform/http_server.h"
#include "tests/platform/service.h"
#include "tests/platform/switches.h"

namespace {

using namespace smokemesh;

int Fail(const absl::Status& status) {
  std::cerr << "aura-platform: " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string name;
  std::string listen = "127.0.0.1:0";
  std::string log_level = "warn";
  std::vector<std::string> faults;
  bool list_faults = false;
  CLI::App app{"One service of the reference platform."};
  app.add_option("--service", name, "gateway, identity, engagement, worker, ingestion, normalize");
  app.add_option("--listen", listen, "HOST:PORT; port 0 takes a free one")->capture_default_str();
  app.add_option("--fault", faults, "break this on purpose; may be repeated");
  app.add_flag("--list-faults", list_faults, "print the faults that --fault knows");
  app.add_option("--log-level", log_level, "debug, info, warn, error, off")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (list_faults) {
    std::cout << absl::StrJoin(platform::SwitchNames(), "\n") << "\n";
    return 0;
  }
  if (auto status = shared::SetLogLevel(log_level); !status.ok()) return Fail(status);

  const size_t colon = listen.rfind(':');
  int port = -1;
  if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &port) ||
      port < 0 || port > 65535) {
    return Fail(absl::InvalidArgumentError("--listen: expected HOST:PORT"));
  }
  auto switches = platform::ParseSwitches(faults);
  if (!switches.ok()) return Fail(switches.status());
  const auto config = platform::ReadConfig(name, *std::move(switches));
  if (!config.ok()) return Fail(config.status());

  // Before any thread: all of them inherit the mask, and only the one below takes the signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto service = platform::MakeService(*config);
  if (!service.ok()) return Fail(service.status());
  platform::HttpServer server(
      [&service](const platform::HttpRequest& request) { return (*service)->Handle(request); });
  const std::string host = listen.substr(0, colon);
  const auto bound = server.Bind(host, port);
  if (!bound.ok()) return Fail(bound.status());
  std::cout << "listening on " << host << ":" << *bound << std::endl;

  std::thread waiter([&signals, &server] {
    int signal = 0;
    sigwait(&signals, &signal);
    server.Stop();
  });
  server.Serve();
  ::kill(::getpid(), SIGTERM);  // wakes the waiter if the server ended by itself
  waiter.join();
  return 0;
}
