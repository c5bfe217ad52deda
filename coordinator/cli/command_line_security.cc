#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/command_line_definitions.h"
#include "coordinator/cli/command_line_parts.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kGroup[] = "Security";
constexpr char kWho[] = "For whom";
constexpr char kPlace[] = "Where";
constexpr int kMostDays = 3650;

shared::Option For(const std::string& name, const std::string& value, const std::string& help) {
  return {.name = name, .value = value, .help = help, .group = kWho, .repeated = true};
}

shared::Command CertsCommand() {
  shared::Command command;
  command.name = "certs";
  command.help = "Make and show certificates of a mesh";
  command.group = kGroup;
  command.description =
      "`init` makes a private authority (ca.crt, ca.key) and certificates for whoever is named, "
      "`issue` further ones of the authority that is there, `show` tells what is in a file. Each "
      "certificate has a key of its own beside it, readable by its owner only. Nothing is ever "
      "overwritten. Keep ca.key where no service can read it: who has it can be anybody.";
  command.arguments = {{.name = "ACTION",
                        .help = "What to do: init, issue or show",
                        .kind = shared::ValueKind::kChoice,
                        .choices = {"init", "issue", "show"}},
                       {.name = "FILE",
                        .help = "Of show: a file of certificates",
                        .kind = shared::ValueKind::kFile,
                        .required = false}};
  command.options = {
      {.name = "dir",
       .value = "DIR",
       .help = "Folder of the authority and of what it issues (required for init and issue)",
       .group = kPlace,
       .kind = shared::ValueKind::kFolder},
      {.name = "trust-domain",
       .value = "NAME",
       .help = "Of init: what all names begin with, spiffe://NAME/ (default smokemesh)",
       .group = kPlace},
      For("coordinator", "HOST",
          "Host name or address by which agents and clients reach the coordinator; makes "
          "coordinator.crt, or counts for the replicas of --replica"),
      For("replica", "NAME", "One of several coordinators that share a store; needs --coordinator"),
      For("agent", "ID", "Agent of this identifier"),
      For("runner", "NAME", "Who may make, cancel and read runs: pipelines"),
      For("viewer", "NAME", "Who may read"),
      For("admin", "NAME", "Who may do all that people do"),
      {.name = "days",
       .value = "N",
       .help = "How long the certificates are good, 1 to 3650 (default 90; the authority 3650)",
       .group = kTime}};
  command.examples = {
      {"smokemesh certs init --dir certs --coordinator mesh.example --agent billing-1 --runner ci",
       "a first installation"},
      {"smokemesh certs issue --dir certs --agent billing-2", "one more agent"},
      {"smokemesh certs show certs/agent-billing-1.crt", "whose it is, and until when"}};
  command.exit_codes = {{"0", "done"},
                        {"1", "show: a certificate has ended"},
                        {"2", "usage, a file that is there already, or one that cannot be read"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadCerts(const shared::Values& values,
                                        const Environment& environment) {
  ValueReader reader(values, environment);
  CertsArguments certs;
  const std::string action = reader.Text("ACTION");
  certs.file = reader.Text("FILE");
  certs.dir = reader.Text("dir");
  certs.hosts = reader.All("coordinator");
  certs.agents = reader.All("agent");
  certs.runners = reader.All("runner");
  certs.viewers = reader.All("viewer");
  certs.admins = reader.All("admin");
  certs.replicas = reader.All("replica");
  reader.ReadNumber("days", 1, kMostDays, &certs.days);
  if (reader.Flag("trust-domain")) certs.trust_domain = reader.Text("trust-domain");
  const bool anybody = !certs.hosts.empty() || !certs.agents.empty() || !certs.runners.empty() ||
                       !certs.viewers.empty() || !certs.admins.empty() || !certs.replicas.empty();
  if (action == "show") {
    certs.action = CertsArguments::Action::kShow;
    if (certs.file.empty()) reader.Wrong("FILE is required: `smokemesh certs show FILE`");
    if (anybody || !certs.dir.empty()) reader.Wrong("`certs show` takes a FILE and nothing else");
  } else {
    certs.action =
        action == "init" ? CertsArguments::Action::kInit : CertsArguments::Action::kIssue;
    if (!certs.file.empty()) {
      reader.Wrong(absl::StrCat("`certs ", action, "` takes no FILE: give --dir DIR"));
    }
    if (certs.dir.empty()) reader.Wrong("--dir DIR is required: the folder of the authority");
    if (!certs.replicas.empty() && certs.hosts.empty()) {
      reader.Wrong("--replica needs --coordinator HOST: by which hosts the replicas are reached");
    }
    if (action == "issue" && !anybody) reader.Wrong("nobody is named: give --agent ID or another");
    if (action == "issue" && reader.Flag("trust-domain")) {
      reader.Wrong("the trust domain is the authority's: --trust-domain is for `certs init`");
    }
  }
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(certs));
}

shared::Command TokenCommand() {
  shared::Command command;
  command.name = "token";
  command.help = "Make bearer tokens for people and pipelines";
  command.group = kGroup;
  command.description =
      "`create` prints a new secret, once, and adds a line with its SHA-256 to the file that "
      "`smokemesh serve --tokens` reads. To withdraw a token remove its line: a coordinator that "
      "runs sees it within a second.";
  command.arguments = {{.name = "ACTION",
                        .help = "What to do: create",
                        .kind = shared::ValueKind::kChoice,
                        .choices = {"create"}}};
  command.options = {
      {.name = "name", .value = "NAME", .help = "Who has it (required)", .group = kWho},
      {.name = "role",
       .value = "ROLE",
       .help = "What it may do: runner, viewer or admin (required)",
       .group = kWho,
       .kind = shared::ValueKind::kChoice,
       .choices = {"runner", "viewer", "admin"}},
      {.name = "file",
       .value = "FILE",
       .help = "File of the coordinator's tokens (required); made if it is not there",
       .group = kPlace,
       .kind = shared::ValueKind::kFile},
      {.name = "expires",
       .value = "DAYS",
       .help = "How long it is good: 90d (default: until its line is removed)",
       .group = kTime}};
  command.examples = {
      {"smokemesh token create --name ci --role runner --file tokens --expires 90d", ""}};
  command.exit_codes = {{"0", "it is made"},
                        {"2", "usage, a name that the file has, or a file that cannot be written"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadToken(const shared::Values& values,
                                        const Environment& environment) {
  ValueReader reader(values, environment);
  TokenArguments token;
  token.name = reader.Text("name");
  token.role = reader.Text("role");
  token.file = reader.Text("file");
  if (token.name.empty()) reader.Wrong("--name NAME is required: who has the token");
  if (token.role.empty()) reader.Wrong("--role ROLE is required: runner, viewer or admin");
  if (token.file.empty()) reader.Wrong("--file FILE is required: the coordinator's tokens");
  if (reader.Flag("expires")) {
    std::string days = reader.Text("expires");
    const bool in_days = absl::EndsWith(days, "d");
    if (in_days) days.pop_back();
    const bool digits = days.find_first_not_of("0123456789") == std::string::npos;
    if (!in_days || !digits || !absl::SimpleAtoi(days, &token.days) || token.days < 1 ||
        token.days > kMostDays) {
      reader.Wrong(absl::StrCat("--expires \"", reader.Text("expires"),
                                "\" is not a number of days such as 90d, 1d to ", kMostDays, "d"));
    }
  }
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(token));
}

}  // namespace

CommandDefinition DefineCerts() { return {CertsCommand(), ReadCerts}; }
CommandDefinition DefineToken() { return {TokenCommand(), ReadToken}; }

}  // namespace smokemesh::coordinator
