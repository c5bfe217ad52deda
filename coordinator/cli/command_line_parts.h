#ifndef SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_PARTS_H_
#define SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_PARTS_H_

#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/cli/command_line.h"
#include "shared/clock.h"
#include "shared/command_line/parser.h"
#include "shared/command_line/program.h"

namespace smokemesh::coordinator {

// What several commands have in common: options, and how their values are read.

inline constexpr char kDefaultCoordinator[] = "127.0.0.1:7070";

// Headings of options.
inline constexpr char kWhat[] = "What to run";
inline constexpr char kWhere[] = "Where";
inline constexpr char kSecurity[] = "Security";
inline constexpr char kTime[] = "Time";
inline constexpr char kShown[] = "What is shown";
inline constexpr char kOther[] = "Other";

shared::Argument PlanArgument();
shared::Option CoordinatorOption(const std::string& help);
shared::Option DurationOption(const std::string& name, const std::string& help,
                              const std::string& group);
shared::Option OutputOption(const std::vector<std::string>& choices);
shared::Option NoColorOption();
shared::Option VerboseOption();
// `--tls-…`, `--token-file`, `--insecure` of a command that calls a coordinator
std::vector<shared::Option> SecurityOptions();
// `-m` and `-k`
std::vector<shared::Option> SelectionOptions();
// `--timeout`, `--agent-wait`, `--connect-timeout`
std::vector<shared::Option> RunTimeOptions();
// `--coordinator` and `--store` of a command that reads records
std::vector<shared::Option> SourceOptions();
// `--log-level` and `--help`: every command ends with them.
void AddCommonOptions(shared::Command* command);
// Exit codes of a verdict.
std::vector<shared::Note> VerdictCodes();

template <typename T>
void Append(std::vector<T> more, std::vector<T>* all) {
  all->insert(all->end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

// Reads values that were given, and remembers the first thing that is wrong.
class ValueReader {
 public:
  // Both must outlive this.
  ValueReader(const shared::Values& values, const Environment& environment)
      : values_(values), environment_(environment) {}

  std::string Text(const std::string& name) const { return values_.Get(name); }
  std::vector<std::string> All(const std::string& name) const { return values_.All(name); }
  bool Flag(const std::string& name) const { return values_.Has(name); }

  // A positive duration. What was not given stays as it is.
  void ReadDuration(const std::string& name, std::optional<shared::Duration>* target);
  void ReadDuration(const std::string& name, shared::Duration* target);
  void ReadNumber(const std::string& name, int low, int high, int* target);
  // `--parallel[=N]`: without N, and with 0, `target` becomes 0.
  void ReadOptionalNumber(const std::string& name, int high, int* target);
  // HOST:PORT of an option that has a value already.
  void CheckAddress(const std::string& option, const std::string& address);
  // `--coordinator`, else SMOKEMESH_COORDINATOR, else empty.
  std::string Coordinator();
  // The same, else the default one.
  std::string CoordinatorOrDefault();
  // How the coordinator at `address` is spoken to; nothing of it when `address` is empty.
  shared::ClientSecurity Security(const std::string& address);
  RecordSource Source();
  Output OutputOf() const;
  // `--no-color` or NO_COLOR.
  bool NoColor() const;

  void Wrong(const std::string& sentence);
  // OK, or INVALID_ARGUMENT with the first sentence.
  absl::Status status() const;

 private:
  const shared::Values& values_;
  const Environment& environment_;
  std::string problem_;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_COMMAND_LINE_PARTS_H_
