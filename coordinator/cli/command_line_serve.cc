#include <chrono>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/command_line_definitions.h"
#include "coordinator/cli/command_line_parts.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr auto kShortestLease = std::chrono::milliseconds(500);
constexpr auto kLongestLease = std::chrono::minutes(5);

shared::Command ServeCommand() {
  shared::Command command;
  command.name = "serve";
  command.help = "Start a coordinator";
  command.group = "Mesh";
  command.description =
      "It prints `listening on HOST:PORT` when it is ready. SIGTERM stops it; open runs go on when "
      "it starts again with the same store. Several coordinators on one PostgreSQL are replicas: "
      "one "
      "of them leads, the others pass on to it what comes, and one takes over when it is gone.";
  command.options = {
      {.name = "listen",
       .value = "HOST:PORT",
       .help = "Where to listen (default 127.0.0.1:7070); port 0 takes a free one",
       .group = kWhere},
      {.name = "store",
       .value = "STORE",
       .help =
           "SQLite file for runs (default smokemesh.db), or the postgresql:// URL of a database "
           "that replicas share; '${NAME}' takes it from that variable (also SMOKEMESH_STORE)",
       .group = kWhere,
       .kind = shared::ValueKind::kFile},
      {.name = "advertise",
       .value = "HOST:PORT",
       .help = "Where other replicas reach this one (default: as --listen)",
       .group = kWhere},
      {.name = "tls-cert",
       .value = "FILE",
       .help = "Certificate of the coordinator, with those that lead to its authority",
       .group = kSecurity,
       .kind = shared::ValueKind::kFile},
      {.name = "tls-key",
       .value = "FILE",
       .help = "Its private key",
       .group = kSecurity,
       .kind = shared::ValueKind::kFile},
      {.name = "tls-ca",
       .value = "FILE",
       .help = "Authorities that vouch for agents and clients",
       .group = kSecurity,
       .kind = shared::ValueKind::kFile},
      {.name = "tokens",
       .value = "FILE",
       .help = "Also take the bearer tokens of this file, which `smokemesh token create` writes",
       .group = kSecurity,
       .kind = shared::ValueKind::kFile},
      {.name = "insecure",
       .help = "Listen without encryption on an address that others can reach",
       .group = kSecurity},
      DurationOption("heartbeat",
                     "Longest silence of an agent; three of them end its session (default 5s)",
                     kTime),
      DurationOption("agent-grace", "How long a run waits for an agent that was lost (default 15s)",
                     kTime),
      DurationOption("lease",
                     "How long after the last word of a replica that leads another one takes over, "
                     "500ms to 5m (default 6s)",
                     kTime)};
  command.examples = {
      {"smokemesh serve", "on 127.0.0.1:7070, with smokemesh.db here"},
      {"smokemesh serve --listen 127.0.0.1:0 --store /var/lib/runs.db", "any free port"},
      {"smokemesh serve --store '${STORE_URL}' --advertise 10.0.0.1:7070",
       "one replica of several"},
      {"smokemesh serve --listen 0.0.0.0:7070 --tls-cert my.crt --tls-key my.key --tls-ca ca.crt",
       "for other machines"}};
  command.exit_codes = {{"0", "stopped by SIGTERM"},
                        {"2", "usage or configuration: it cannot listen, or not open its store"},
                        {"130", "stopped by SIGINT"}};
  AddCommonOptions(&command);
  return command;
}

// A URL with a password need not be on the command line, which others can read.
std::string StoreOf(ValueReader* reader, const Environment& environment) {
  std::string store = reader->Text("store");
  if (store.empty()) store = environment("SMOKEMESH_STORE");
  if (store.empty()) return ServeArguments().store;
  if (!absl::StartsWith(store, "${") || !absl::EndsWith(store, "}")) return store;
  const std::string name = store.substr(2, store.size() - 3);
  std::string value = environment(name.c_str());
  if (value.empty()) {
    reader->Wrong(
        absl::StrCat("--store takes the store from the variable ", name, ", which is not set"));
  }
  return value;
}

absl::StatusOr<ParsedCommand> ReadServe(const shared::Values& values,
                                        const Environment& environment) {
  ValueReader reader(values, environment);
  ServeArguments serve;
  if (reader.Flag("listen")) serve.listen = reader.Text("listen");
  serve.store = StoreOf(&reader, environment);
  serve.advertise = reader.Text("advertise");
  if (!serve.advertise.empty()) reader.CheckAddress("--advertise", serve.advertise);
  reader.ReadDuration("lease", &serve.lease);
  if (serve.lease && (*serve.lease < kShortestLease || *serve.lease > kLongestLease)) {
    reader.Wrong("--lease is not from 500ms to 5m");
  }
  serve.tls = {
      .cert = reader.Text("tls-cert"), .key = reader.Text("tls-key"), .ca = reader.Text("tls-ca")};
  serve.tokens = reader.Text("tokens");
  serve.insecure = reader.Flag("insecure");
  const bool all = !serve.tls.cert.empty() && !serve.tls.key.empty() && !serve.tls.ca.empty();
  if (!serve.tls.empty() && !all) {
    reader.Wrong("--tls-cert, --tls-key and --tls-ca go together: give all three");
  }
  if (all && serve.insecure) reader.Wrong("--insecure means plaintext: leave it or --tls-… away");
  if (!all && !serve.tokens.empty()) {
    reader.Wrong("tokens are taken over TLS only: give --tls-cert, --tls-key and --tls-ca");
  }
  reader.ReadDuration("heartbeat", &serve.heartbeat);
  reader.ReadDuration("agent-grace", &serve.agent_grace);
  reader.CheckAddress("--listen", serve.listen);
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(serve));
}

shared::Command AgentsCommand() {
  shared::Command command;
  command.name = "agents";
  command.help = "List the agents of a coordinator";
  command.group = "Mesh";
  command.options = {CoordinatorOption("Coordinator to ask (also SMOKEMESH_COORDINATOR; default " +
                                       std::string(kDefaultCoordinator) + ")")};
  Append(SecurityOptions(), &command.options);
  command.examples = {{"smokemesh agents --coordinator 127.0.0.1:7070", ""}};
  command.exit_codes = {{"0", "they are listed"}, {"2", "usage"}, {"3", "no coordinator answers"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadAgents(const shared::Values& values,
                                         const Environment& environment) {
  ValueReader reader(values, environment);
  AgentsArguments agents;
  agents.coordinator = reader.CoordinatorOrDefault();
  agents.security = reader.Security(agents.coordinator);
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(agents));
}

}  // namespace

CommandDefinition DefineServe() { return {ServeCommand(), ReadServe}; }
CommandDefinition DefineAgents() { return {AgentsCommand(), ReadAgents}; }

}  // namespace smokemesh::coordinator
