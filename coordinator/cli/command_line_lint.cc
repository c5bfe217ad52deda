#include <algorithm>

#include "coordinator/cli/command_line_definitions.h"
#include "coordinator/cli/command_line_parts.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

shared::Command LintCommand() {
  shared::Command command;
  command.name = "lint";
  command.help = "Check plans without running them";
  command.group = "Checks";
  command.description = "Prints every problem as FILE:LINE:COLUMN: message, all at once.";
  command.arguments = {{.name = "PLAN",
                        .help = "Plan files (YAML); - reads standard input",
                        .kind = shared::ValueKind::kFile,
                        .required = false,
                        .repeated = true}};
  command.options = {{.name = "schema",
                      .help = "Print the JSON Schema of plans, for editors, and check none",
                      .group = kShown}};
  command.examples = {{"smokemesh lint deploy/plans/*.yaml", ""},
                      {"generate | smokemesh lint -", "a plan from standard input"},
                      {"smokemesh lint --schema >smokemesh.schema.json", "for an editor"}};
  command.exit_codes = {{"0", "no problems"}, {"2", "problems, or usage"}};
  AddCommonOptions(&command);
  return command;
}

absl::StatusOr<ParsedCommand> ReadLint(const shared::Values& values,
                                       const Environment& environment) {
  ValueReader reader(values, environment);
  LintArguments lint;
  lint.plans = reader.All("PLAN");
  lint.schema = reader.Flag("schema");
  if (lint.schema && !lint.plans.empty()) {
    reader.Wrong("--schema prints the schema and checks no plan: give one or the other");
  }
  if (!lint.schema && lint.plans.empty()) {
    reader.Wrong("PLAN is required: Plan files (YAML); - reads standard input");
  }
  if (std::count(lint.plans.begin(), lint.plans.end(), "-") > 1) {
    reader.Wrong("- is standard input, which can be read once");
  }
  RETURN_IF_ERROR(reader.status());
  return ParsedCommand(std::move(lint));
}

}  // namespace

CommandDefinition DefineLint() { return {LintCommand(), ReadLint}; }

}  // namespace smokemesh::coordinator
