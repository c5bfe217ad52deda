#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/command_line/completion.h"
#include "shared/command_line/shell_words.h"

namespace smokemesh::shared {
namespace {

// What is offered for a value: assignments of the script.
std::string Offer(ValueKind kind, const std::vector<std::string>& choices) {
  switch (kind) {
    case ValueKind::kFile:
      return "what=file";
    case ValueKind::kFolder:
      return "what=folder";
    case ValueKind::kChoice:
    case ValueKind::kHint:
      return absl::StrCat("what=words words=", ShellQuoted(absl::StrJoin(choices, " ")));
    case ValueKind::kText:
      break;
  }
  return "what=nothing";
}

std::vector<std::string> OptionWords(const Command& command) {
  std::vector<std::string> words;
  for (const Option& option : command.options) words.push_back("--" + option.name);
  for (const Option& option : command.options) {
    if (option.letter != 0) words.push_back(absl::StrCat("-", std::string(1, option.letter)));
  }
  return words;
}

// What a command offers: values behind its options, else `argument`.
std::string Branch(const std::string& name, const Command& command, const std::string& argument) {
  std::string values;
  for (const Option& option : command.options) {
    if (option.value.empty() || option.optional_value) continue;
    std::string names = "--" + option.name;
    if (option.letter != 0) absl::StrAppend(&names, " | -", std::string(1, option.letter));
    absl::StrAppend(&values, "        ", names, ") ", Offer(option.kind, option.choices), " ;;\n");
  }
  return absl::StrCat("    ", name,
                      ")\n      options=", ShellQuoted(absl::StrJoin(OptionWords(command), " ")),
                      "\n", "      case $prev in\n", values, "        *) free=yes ", argument,
                      " ;;\n", "      esac\n      ;;\n");
}

std::string ArgumentOffer(const Command& command) {
  if (command.arguments.empty()) return "what=options";
  return Offer(command.arguments.front().kind, command.arguments.front().choices);
}

}  // namespace

std::string BashCompletion(const Program& program) {
  const std::string& name = program.main.name;
  const std::string function = "_" + ShellName(name);
  std::vector<std::string> names;
  std::string branches;
  for (const Command& command : program.commands) {
    names.push_back(command.name);
    branches += Branch(command.name, command, ArgumentOffer(command));
  }
  branches += Branch("*", program.main,
                     names.empty() ? ArgumentOffer(program.main) : Offer(ValueKind::kHint, names));
  const std::string how = names.empty() ? " --completion bash" : " completion bash";
  return absl::StrCat("# bash completion: source <(", name, how, ")\n", function, R"(() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev= command= what=nothing words= options= free= equals=
  COMPREPLY=()
  if ((COMP_CWORD > 0)); then prev=${COMP_WORDS[COMP_CWORD - 1]}; fi
  # bash splits --option=value at its equals sign.
  if [[ $cur == "=" ]]; then
    cur= equals=yes
  elif [[ $prev == "=" ]] && ((COMP_CWORD > 1)); then
    prev=${COMP_WORDS[COMP_CWORD - 2]} equals=yes
  fi
  if ((COMP_CWORD > 1)); then command=${COMP_WORDS[1]}; fi
  case $command in
)",
                      branches, R"(  esac
  if [[ -n $free ]]; then
    if [[ -n $equals ]]; then
      what=nothing
    elif [[ $cur == -* || $what == nothing ]]; then
      what=options
    fi
  fi
  case $what in
    options) COMPREPLY=($(compgen -W "$options" -- "$cur")) ;;
    words) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
    file | folder)
      local IFS=$'\n' kind=-f
      if [[ $what == folder ]]; then kind=-d; fi
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen $kind -- "$cur"))
      ;;
  esac
}
complete -F )",
                      function, " ", name, "\n");
}

}  // namespace smokemesh::shared
