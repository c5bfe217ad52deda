#include "coordinator/cli/command_line_parts.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/address.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kCoordinatorVariable[] = "SMOKEMESH_COORDINATOR";

bool ParseNumber(const std::string& text, int low, int high, int* number) {
  return absl::SimpleAtoi(text, number) && *number >= low && *number <= high;
}

}  // namespace

shared::Argument PlanArgument() {
  return {.name = "PLAN", .help = "Plan file (YAML)", .kind = shared::ValueKind::kFile};
}

shared::Option CoordinatorOption(const std::string& help) {
  return {.name = "coordinator", .value = "HOST:PORT", .help = help, .group = kWhere};
}

shared::Option DurationOption(const std::string& name, const std::string& help,
                              const std::string& group) {
  return {.name = name, .value = "DURATION", .help = help, .group = group};
}

shared::Option OutputOption(const std::vector<std::string>& choices) {
  std::string help = "What to print: " + choices[0] + " (default)";
  for (size_t i = 1; i < choices.size(); ++i) {
    absl::StrAppend(&help, i + 1 == choices.size() ? " or " : ", ", choices[i]);
  }
  return {.name = "output",
          .value = "FORMAT",
          .help = help,
          .group = kShown,
          .kind = shared::ValueKind::kChoice,
          .choices = choices};
}

shared::Option NoColorOption() {
  return {.name = "no-color", .help = "No colours (also NO_COLOR)", .group = kShown};
}

shared::Option VerboseOption() {
  return {.name = "verbose",
          .letter = 'v',
          .help = "Every check with its steps, passed ones too",
          .group = kShown};
}

std::vector<shared::Option> SecurityOptions() {
  return shared::ClientSecurityOptions(kSecurity, /*tokens=*/true);
}

std::vector<shared::Option> SelectionOptions() {
  return {{.name = "select",
           .letter = 'm',
           .value = "EXPR",
           .help = "Only checks whose tags match: \"database and not (slow or flaky)\"",
           .group = kWhat},
          {.name = "match",
           .letter = 'k',
           .value = "EXPR",
           .help = "Only checks whose names contain the words: \"login or token\"",
           .group = kWhat}};
}

std::vector<shared::Option> RunTimeOptions() {
  return {
      DurationOption("timeout", "Longest time for the run, instead of the plan's", kTime),
      DurationOption("agent-wait",
                     "How long to wait for agents that the plan's selectors name (default 10s)",
                     kTime),
      DurationOption("connect-timeout",
                     "How long to try to reach the coordinator at the start (default 5s)", kTime)};
}

std::vector<shared::Option> SourceOptions() {
  std::vector<shared::Option> options = {
      CoordinatorOption("Coordinator to ask (also SMOKEMESH_COORDINATOR; default " +
                        std::string(kDefaultCoordinator) + ")"),
      {.name = "store",
       .value = "PATH",
       .help = "Read this store's file instead, without a coordinator",
       .group = kWhere,
       .kind = shared::ValueKind::kFile}};
  Append(SecurityOptions(), &options);
  return options;
}

void AddCommonOptions(shared::Command* command) {
  command->options.push_back({.name = "log-level",
                              .value = "LEVEL",
                              .help = "Least level of log lines on standard error (default warn)",
                              .group = kOther,
                              .kind = shared::ValueKind::kChoice,
                              .choices = {"debug", "info", "warn", "error", "off"}});
  command->options.push_back(shared::HelpOption());
}

std::vector<shared::Note> VerdictCodes() {
  return {{"0", "PROMOTE: go on"},
          {"1", "ROLLBACK: a rollback rule holds"},
          {"2", "usage or configuration: a bad plan or option, no check selected, no such run"},
          {"3", "no coordinator answers"},
          {"4", "INCONCLUSIVE: evidence is missing, or there is no verdict yet"},
          {"5", "HOLD: do not promote, do not roll back by machine"},
          {"130, 143", "stopped by SIGINT, SIGTERM"}};
}

void ValueReader::ReadDuration(const std::string& name, std::optional<shared::Duration>* target) {
  if (!values_.Has(name)) return;
  const std::string text = values_.Get(name);
  const absl::StatusOr<shared::Duration> value = shared::ParseDuration(text);
  if (!value.ok() || value->count() <= 0) {
    Wrong(absl::StrCat("--", name, " \"", text, "\" is not a duration such as 250ms, 30s or 5m"));
  } else {
    *target = *value;
  }
}

void ValueReader::ReadDuration(const std::string& name, shared::Duration* target) {
  std::optional<shared::Duration> value;
  ReadDuration(name, &value);
  if (value) *target = *value;
}

void ValueReader::ReadNumber(const std::string& name, int low, int high, int* target) {
  if (!values_.Has(name)) return;
  int number = 0;
  if (ParseNumber(values_.Get(name), low, high, &number)) {
    *target = number;
  } else {
    Wrong(absl::StrCat("--", name, " \"", values_.Get(name), "\" is not a number from ", low,
                       " to ", high));
  }
}

void ValueReader::ReadOptionalNumber(const std::string& name, int high, int* target) {
  const std::string text = values_.Get(name);
  int number = 0;
  if (!text.empty() && !ParseNumber(text, 0, high, &number)) {
    Wrong(absl::StrCat("--", name, " \"", text, "\" is not a number from 1 to ", high));
  }
  *target = number;
}

void ValueReader::CheckAddress(const std::string& option, const std::string& address) {
  const absl::Status status = ParseAddress(address).status();
  if (!status.ok()) Wrong(absl::StrCat(option, " ", status.message()));
}

std::string ValueReader::Coordinator() {
  std::string address = values_.Get("coordinator");
  if (address.empty()) address = environment_(kCoordinatorVariable);
  if (!address.empty()) {
    const absl::Status status = ParseAddresses(address).status();
    if (!status.ok()) Wrong(absl::StrCat("--coordinator ", status.message()));
  }
  return address;
}

std::string ValueReader::CoordinatorOrDefault() {
  const std::string address = Coordinator();
  return address.empty() ? kDefaultCoordinator : address;
}

shared::ClientSecurity ValueReader::Security(const std::string& address) {
  if (address.empty()) return {};
  shared::ClientSecurity security =
      shared::ReadClientSecurity(values_, environment_, /*tokens=*/true);
  const absl::StatusOr<std::vector<Address>> parsed = ParseAddresses(address);
  if (!parsed.ok()) return security;  // said already
  const bool loopback = std::all_of(parsed->begin(), parsed->end(), IsLoopback);
  const absl::Status status = shared::CheckClientSecurity(security, address, loopback);
  if (!status.ok()) Wrong(std::string(status.message()));
  return security;
}

RecordSource ValueReader::Source() {
  RecordSource source;
  source.store = values_.Get("store");
  if (source.store.empty()) {
    source.coordinator = CoordinatorOrDefault();
    source.security = Security(source.coordinator);
  } else if (values_.Has("coordinator")) {
    Wrong("--coordinator and --store are two places to read from: give one of them");
  }
  return source;
}

Output ValueReader::OutputOf() const {
  const std::string name = values_.Get("output");
  if (name == "json") return Output::kJson;
  if (name == "tap") return Output::kTap;
  if (name == "github") return Output::kGithub;
  return Output::kText;
}

bool ValueReader::NoColor() const {
  return values_.Has("no-color") || !environment_("NO_COLOR").empty();
}

void ValueReader::Wrong(const std::string& sentence) {
  if (problem_.empty()) problem_ = sentence;
}

absl::Status ValueReader::status() const {
  return problem_.empty() ? absl::OkStatus() : absl::InvalidArgumentError(problem_);
}

}  // namespace smokemesh::coordinator
