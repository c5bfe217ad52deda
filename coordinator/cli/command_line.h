#ifndef SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_H_
#define SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_H_

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/cli/deployment.h"
#include "shared/clock.h"
#include "shared/command_line/program.h"
#include "shared/credentials/certificate_files.h"
#include "shared/credentials/client_security.h"

namespace smokemesh::coordinator {

// The command line of `smokemesh`, taken apart and checked. Nothing here touches a file, the
// network or the terminal.

enum class Output { kText, kJson, kTap, kGithub };

// `smokemesh run PLAN`
struct RunArguments {
  std::string plan;
  std::string coordinator;  // empty: one-shot
  shared::ClientSecurity security;
  std::string select;  // -m
  std::string match;   // -k
  std::optional<shared::Duration> timeout;
  std::optional<shared::Duration> agent_wait;
  shared::Duration connect_timeout = std::chrono::seconds(5);
  std::string report;  // folder; empty: none
  Output output = Output::kText;
  std::string request_id;  // empty: a random one
  std::string store;       // of a one-shot run; empty: memory
  bool quick = false;
  bool no_color = false;
  bool verbose = false;    // -v: every check with its steps
  bool fail_fast = false;  // end the run when a ROLLBACK is certain
  int parallel = 0;        // --parallel=N: most checks at once; 0: as many as the agents take
  // Reads `.env.NAME` and `.env` from the working directory; empty: `.env` alone.
  std::string env;
  std::string agent_policy;  // file; of a one-shot run
  Deployment deployment;     // --deployment; empty: any version
  // Rounds over this window; nothing: one run.
  std::optional<shared::Duration> bake;
  shared::Duration every = std::chrono::seconds(30);  // from the start of a round to the next
  // Step summary, annotations and outputs of GitHub Actions, beside what `output` says.
  bool github = false;
};

// `smokemesh clean PLAN`
struct CleanArguments {
  std::string plan;
  std::vector<std::string> runs;  // empty: those that may have left something behind
  std::string coordinator;        // empty: one-shot
  shared::ClientSecurity security;
  std::string env;           // as for RunArguments
  std::string agent_policy;  // as for RunArguments
  std::string select;        // -m
  std::string match;         // -k
  std::optional<shared::Duration> timeout;
  std::optional<shared::Duration> agent_wait;
  shared::Duration connect_timeout = std::chrono::seconds(5);
  bool no_color = false;
};

// `smokemesh serve`
struct ServeArguments {
  std::string listen = "127.0.0.1:7070";
  std::string store = "smokemesh.db";     // or the URL of one that replicas share
  std::string advertise;                  // HOST:PORT for other replicas; empty: `listen`
  std::optional<shared::Duration> lease;  // of a store that replicas share
  std::optional<shared::Duration> heartbeat;
  std::optional<shared::Duration> agent_grace;
  shared::TlsFiles tls;  // none: plaintext
  std::string tokens;    // file of bearer tokens; empty: none are taken
  bool insecure = false;
};

// `smokemesh lint PLAN...`
struct LintArguments {
  std::vector<std::string> plans;  // `-`: standard input
  bool schema = false;             // print the JSON Schema of plans instead
};

// `smokemesh agents`
struct AgentsArguments {
  std::string coordinator;
  shared::ClientSecurity security;
};

// Where recorded runs are read: exactly one of the two is set.
struct RecordSource {
  std::string coordinator;  // HOST:PORT
  std::string store;        // a store's file
  shared::ClientSecurity security;
};

// `smokemesh runs`
struct RunsArguments {
  RecordSource source;
  std::string plan_name;  // empty: of all plans
  std::string bake_id;    // empty: rounds of no bake in particular
  int limit = 20;
  Output output = Output::kText;
};

// `smokemesh verdict RUN`
struct VerdictArguments {
  RecordSource source;
  std::string run_id;  // of a run or a bake, or `latest`
  Output output = Output::kText;
  bool no_color = false;
  bool verbose = false;
};

// `smokemesh replay RUN...`
struct ReplayArguments {
  RecordSource source;
  std::vector<std::string> runs;  // of runs, or `latest`
  int last = 0;                   // that many of the newest runs on top; 0: none
  std::string plan_name;          // of `last`; empty: of all plans
  std::string policy;             // a file
  Output output = Output::kText;
  bool no_color = false;
  bool verbose = false;
};

// `smokemesh verify RUN`
struct VerifyArguments {
  RecordSource source;
  std::string run_id;  // or `latest`
  Output output = Output::kText;
};

// `smokemesh history`
struct HistoryArguments {
  RecordSource source;
  std::vector<std::string> checks;  // parts of names; empty: all
  std::string plan_name;            // empty: the plan of the newest run
  int limit = 20;
  Output output = Output::kText;
  bool no_color = false;
};

// `smokemesh certs init`, `certs issue`, `certs show`
struct CertsArguments {
  enum class Action { kInit, kIssue, kShow };
  Action action = Action::kInit;
  std::string file;  // of kShow
  std::string dir;
  std::string trust_domain = "smokemesh";  // of kInit
  std::vector<std::string> hosts;          // of the coordinator, and of replicas
  std::vector<std::string> agents;
  std::vector<std::string> runners;
  std::vector<std::string> viewers;
  std::vector<std::string> admins;
  std::vector<std::string> replicas;
  int days = 90;  // until the certificates end
};

// `smokemesh token create`
struct TokenArguments {
  std::string name;
  std::string role;
  std::string file;
  int days = 0;  // until it ends; 0: it does not
};

// `smokemesh version`
struct VersionArguments {};

// Nothing is left to do but to print: help on standard output, or an error on standard error.
struct PrintAndExit {
  std::string out;
  std::string err;
  int exit_code = 0;
};

using ParsedCommand =
    std::variant<PrintAndExit, RunArguments, CleanArguments, ServeArguments, LintArguments,
                 AgentsArguments, RunsArguments, VerdictArguments, ReplayArguments, VerifyArguments,
                 HistoryArguments, CertsArguments, TokenArguments, VersionArguments>;

struct CommandLine {
  ParsedCommand command;
  std::string log_level;  // empty: the default
};

// Returns a variable's value, or an empty string when it is not set.
using Environment = std::function<std::string(const char* name)>;

// Reads the arguments (without the program's name), SMOKEMESH_COORDINATOR and NO_COLOR. A wrong
// command, option or value comes back as PrintAndExit with exit code 2 and one sentence; help, man
// pages and completion, which are made from the same definitions, as PrintAndExit with 0.
CommandLine ParseCommandLine(const std::vector<std::string>& arguments,
                             const Environment& environment);

// All commands and options of `smokemesh`.
shared::Program SmokemeshProgram();

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_H_
