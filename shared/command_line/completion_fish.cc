#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "shared/command_line/completion.h"
#include "shared/command_line/shell_words.h"

namespace smokemesh::shared {
namespace {

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

std::string Offer(ValueKind kind, const std::vector<std::string>& choices) {
  switch (kind) {
    case ValueKind::kFile:
      return " -F";
    case ValueKind::kFolder:
      return " -a '(__fish_complete_directories)'";
    case ValueKind::kChoice:
    case ValueKind::kHint:
      return " -a " + Quoted(absl::StrJoin(choices, " "));
    case ValueKind::kText:
      break;
  }
  return "";
}

// `begin` is the part of a line that is the same for all of a command.
std::string CommandLines(const Command& command, const std::string& begin) {
  std::string out;
  for (const Option& option : command.options) {
    absl::StrAppend(&out, begin, " -l ", option.name);
    if (option.letter != 0) absl::StrAppend(&out, " -s ", std::string(1, option.letter));
    if (!option.value.empty() && !option.optional_value) {
      // Without `-F`, fish would offer files.
      absl::StrAppend(&out, option.kind == ValueKind::kFile ? " -r" : " -x",
                      Offer(option.kind, option.choices));
    }
    absl::StrAppend(&out, " -d ", Quoted(option.help), "\n");
  }
  for (const Argument& argument : command.arguments) {
    const std::string offer = Offer(argument.kind, argument.choices);
    if (!offer.empty()) absl::StrAppend(&out, begin, offer, "\n");
  }
  return out;
}

}  // namespace

std::string FishCompletion(const Program& program) {
  const std::string& name = program.main.name;
  const std::string begin = absl::StrCat("complete -c ", name);
  const std::string how = program.commands.empty() ? " --completion fish" : " completion fish";
  std::string out = absl::StrCat("# fish completion: ", name, how, " | source\n", begin, " -f\n");
  if (program.commands.empty()) return out + CommandLines(program.main, begin);
  const std::string function = absl::StrCat("__", ShellName(name), "_command");
  // True when the command is the one that is named; without a name, when there is none yet.
  absl::StrAppend(&out, "function ", function, R"(
  set -l words (commandline -opc)
  if test (count $argv) -eq 0
    test (count $words) -eq 1
  else
    test (count $words) -gt 1; and test "$words[2]" = "$argv[1]"
  end
end
)");
  out += CommandLines(program.main, absl::StrCat(begin, " -n ", function));
  for (const Command& command : program.commands) {
    absl::StrAppend(&out, begin, " -n ", function, " -a ", command.name, " -d ",
                    Quoted(command.help), "\n");
  }
  for (const Command& command : program.commands) {
    out += CommandLines(
        command, absl::StrCat(begin, " -n ", Quoted(absl::StrCat(function, " ", command.name))));
  }
  return out;
}

}  // namespace smokemesh::shared
