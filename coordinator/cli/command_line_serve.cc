#include <string>

#include "coordinator/cli/command_line_definitions.h"
#include "coordinator/cli/command_line_parts.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

shared::Command ServeCommand() {
  shared::Command command;
  command.name = "serve";
  command.help = "Start a coordinator";
  command.group = "Mesh";
  command.description =
      "It prints `listening on HOST:PORT` when it is ready. SIGTERM stops it; open runs go on when "
      "it starts again with the same store.";
  command.options = {
      {.name = "listen",
       .value = "HOST:PORT",
       .help = "Where to listen (default 127.0.0.1:7070); port 0 takes a free one",
       .group = kWhere},
      {.name = "store",
       .value = "PATH",
       .help = "SQLite file for runs (default smokemesh.db)",
       .group = kWhere,
       .kind = shared::ValueKind::kFile},
      {.name = "insecure",
       .help = "Listen without encryption on an address that others can reach",
       .group = kWhere},
      DurationOption("heartbeat",
                     "Longest silence of an agent; three of them end its session (default 5s)",
                     kTime),
      DurationOption("agent-grace", "How long a run waits for an agent that was lost (default 15s)",
                     kTime)};
  command.examples = {
      {"smokemesh serve", "on 127.0.0.1:7070, with smokemesh.db here"},
      {"smokemesh serve --listen 127.0.0.1:0 --store /var/lib/runs.db", "any free port"}};
  command.exit_codes = {{"0", "stopped by SIGTERM"},
                        {"2", "usage or configuration: it cannot listen, or not open its store"},
                        {"130", "stopped by SIGINT"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadServe(const shared::Values& values,
                                        const Environment& environment) {
  ValueReader reader(values, environment);
  ServeArguments serve;
  if (reader.Flag("listen")) serve.listen = reader.Text("listen");
  if (reader.Flag("store")) serve.store = reader.Text("store");
  serve.insecure = reader.Flag("insecure");
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
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(agents));
}

}  // namespace

CommandDefinition DefineServe() { return {ServeCommand(), ReadServe}; }
CommandDefinition DefineAgents() { return {AgentsCommand(), ReadAgents}; }

}  // namespace smokemesh::coordinator
