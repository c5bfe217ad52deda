#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "shared/command_line/completion.h"
#include "shared/command_line/shell_words.h"

namespace smokemesh::shared {
namespace {

// Text inside a specification of `_arguments`.
std::string Spec(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}});
}

// `:EXPR: `, `:FORMAT:(text json)`, `:DIR:_files -/`
std::string Action(const std::string& name, ValueKind kind,
                   const std::vector<std::string>& choices) {
  const std::string head = absl::StrCat(":", Spec(name), ":");
  switch (kind) {
    case ValueKind::kFile:
      return head + "_files";
    case ValueKind::kFolder:
      return head + "_files -/";
    case ValueKind::kChoice:
    case ValueKind::kHint:
      return absl::StrCat(head, "(", absl::StrJoin(choices, " "), ")");
    case ValueKind::kText:
      break;
  }
  return head + " ";
}

std::string OptionSpecs(const Option& option, const std::string& indent) {
  const std::string help = absl::StrCat("[", Spec(option.help), "]");
  std::string action;
  std::string sign;
  std::string letter_sign;
  if (option.optional_value) {
    sign = "=-";
    action = ":" + Action(option.value, option.kind, option.choices);
  } else if (!option.value.empty()) {
    sign = "=";
    letter_sign = "+";
    action = Action(option.value, option.kind, option.choices);
  }
  std::string before = option.repeated ? "*" : "";
  std::string letter;
  if (option.letter != 0) {
    letter = absl::StrCat("-", std::string(1, option.letter));
    if (!option.repeated) before = absl::StrCat("(", letter, " --", option.name, ")");
  }
  std::string out;
  if (option.letter != 0) {
    absl::StrAppend(&out, " \\\n", indent,
                    ShellQuoted(absl::StrCat(before, letter, letter_sign, help, action)));
  }
  absl::StrAppend(&out, " \\\n", indent,
                  ShellQuoted(absl::StrCat(before, "--", option.name, sign, help, action)));
  return out;
}

std::string CommandSpecs(const Command& command, const std::string& indent) {
  std::string out;
  for (const Option& option : command.options) out += OptionSpecs(option, indent);
  int place = 0;
  for (const Argument& argument : command.arguments) {
    ++place;
    const std::string where =
        argument.repeated ? "*" : absl::StrCat(place, argument.required ? "" : ":");
    absl::StrAppend(&out, " \\\n", indent,
                    ShellQuoted(where + Action(argument.name, argument.kind, argument.choices)));
  }
  return out;
}

}  // namespace

std::string ZshCompletion(const Program& program) {
  const std::string& name = program.main.name;
  const std::string function = "_" + name;
  std::string out = absl::StrCat("#compdef ", name, "\n", function, "() {\n");
  if (program.commands.empty()) {
    absl::StrAppend(&out, "  _arguments -s -S", CommandSpecs(program.main, "    "), "\n");
  } else {
    std::string commands;
    std::string branches;
    for (const Command& command : program.commands) {
      absl::StrAppend(&commands, "        ",
                      ShellQuoted(absl::StrCat(command.name, ":",
                                               absl::StrReplaceAll(command.help, {{":", "\\:"}}))),
                      "\n");
      absl::StrAppend(&branches, "        ", command.name, ")\n          _arguments -s -S",
                      CommandSpecs(command, "            "), "\n          ;;\n");
    }
    absl::StrAppend(
        &out, "  local curcontext=$curcontext state line\n  _arguments -C",
        CommandSpecs(program.main, "    "), " \\\n    '1: :->command' \\\n    '*:: :->arguments'\n",
        "  case $state in\n", "    command)\n      local -a commands\n      commands=(\n", commands,
        "      )\n      _describe -t commands command commands\n      ;;\n",
        "    arguments)\n      case $words[1] in\n", branches, "      esac\n      ;;\n  esac\n");
  }
  return absl::StrCat(out, "}\nif [[ $funcstack[1] == ", function, " ]]; then\n  ", function,
                      " \"$@\"\nelse\n  compdef ", function, " ", name, "\nfi\n");
}

}  // namespace smokemesh::shared
