#include "shared/command_line/parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

using Given = std::map<std::string, std::vector<std::string>>;

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", EscapeControl(text), "\"");
}

// `--timeuot` of `--timeuot=5s`.
std::string NameOf(const std::string& argument) { return argument.substr(0, argument.find('=')); }

bool LooksLikeOption(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-';
}

const Option* FindOption(const Command& command, const std::string& argument) {
  const std::string name = NameOf(argument);
  for (const Option& option : command.options) {
    if (name == "--" + option.name) return &option;
    // `-m EXPR`, `-mEXPR`
    if (option.letter != 0 && name.size() > 1 && name[0] == '-' && name[1] == option.letter) {
      return &option;
    }
  }
  return nullptr;
}

// What to say behind `unknown option "--nmae"`, or nothing.
std::string Advice(const Program& program, const Command& command, const std::string& name) {
  if (&command == &program.main) {
    for (const Command& other : program.commands) {
      // `smokemesh --log-level debug run`
      if (FindOption(other, name) != nullptr) return ": options come behind the command";
    }
  }
  std::vector<std::string> known;
  for (const Option& option : command.options) known.push_back("--" + option.name);
  if (std::string near = DidYouMean(name, known); !near.empty()) return near;
  for (const std::string& longer : known) {
    if (name.size() > 3 && absl::StartsWith(longer, name)) {
      return absl::StrCat(" (did you mean \"", longer, "\"?)");
    }
  }
  return "";
}

std::string UnknownOption(const Program& program, const Command& command,
                          const std::string& argument) {
  const std::string name = NameOf(argument);
  return absl::StrCat("unknown option ", Quoted(name), Advice(program, command, name));
}

// `-match` would be read as `-m atch`.
const std::string* LongNameWithOneDash(const Command& command,
                                       const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument.size() < 4 || argument[0] != '-' || argument[1] == '-') continue;
    for (const Option& option : command.options) {
      if (NameOf(argument) == "-" + option.name) return &argument;
    }
  }
  return nullptr;
}

// What CLI11 stumbled over: an option at the end without its value, or a flag with one.
std::string ParseProblem(const Command& command, const std::vector<std::string>& arguments,
                         const std::string& otherwise) {
  for (const std::string& argument : arguments) {
    const Option* option = FindOption(command, argument);
    if (option != nullptr && option->value.empty() && absl::StartsWith(argument, "--") &&
        absl::StrContains(argument, "=")) {
      return absl::StrCat("--", option->name, " takes no value");
    }
  }
  std::string last = arguments.empty() ? "" : NameOf(arguments.back());
  if (last.size() > 2 && last[1] != '-') last = {'-', last.back()};  // `-qt` is `-q -t`
  const Option* option = FindOption(command, last);
  if (option != nullptr && !option->value.empty()) {
    return absl::StrCat(last, " needs a value: ", option->value);
  }
  return EscapeControl(otherwise);
}

std::string NoChoice(const std::string& what, const std::string& value,
                     const std::vector<std::string>& choices) {
  return absl::StrCat(what, " ", Quoted(value), " is none of ", absl::StrJoin(choices, ", "),
                      DidYouMean(value, choices));
}

bool Among(const std::string& value, const std::vector<std::string>& choices) {
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}

std::string OptionProblem(const Command& command, const Given& given) {
  for (const Option& option : command.options) {
    const std::vector<std::string>& values = given.at(option.name);
    if (values.size() > 1 && !option.repeated && !option.value.empty()) {
      return absl::StrCat("--", option.name, " is given twice");
    }
    for (const std::string& value : values) {
      if (option.kind == ValueKind::kChoice && !Among(value, option.choices)) {
        return NoChoice("--" + option.name, value, option.choices);
      }
      if (value.empty() && !option.value.empty() && !option.optional_value) {
        return absl::StrCat("--", option.name, " is empty: it needs a value: ", option.value);
      }
    }
  }
  return "";
}

// Gives the words that are no options to the arguments of the command.
std::string TakeArguments(const Command& command, const std::vector<std::string>& words,
                          Given* given) {
  size_t next = 0;
  for (const Argument& argument : command.arguments) {
    std::vector<std::string>& values = (*given)[argument.name];
    while (next < words.size() && (values.empty() || argument.repeated)) {
      values.push_back(words[next++]);
    }
    if (values.empty() && argument.required) {
      return absl::StrCat(argument.name, " is required: ", argument.help);
    }
    for (const std::string& value : values) {
      if (argument.kind == ValueKind::kChoice && !Among(value, argument.choices)) {
        return NoChoice(argument.name, value, argument.choices);
      }
    }
  }
  if (next == words.size()) return "";
  return absl::StrCat("unexpected argument ", Quoted(words[next]),
                      command.arguments.empty() ? ": everything is given by options" : "");
}

// Lets CLI11 read the options. `words` gets what is left over. Returns a problem, or nothing.
std::string ReadOptions(const Command& command, const std::vector<std::string>& arguments,
                        Given* given, std::vector<std::string>* words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<std::string, CLI::Option*> flags;
  for (const Option& option : command.options) {
    std::string names = "--" + option.name;
    if (option.letter != 0) names = absl::StrCat("-", std::string(1, option.letter), ",", names);
    if (option.value.empty()) {
      flags[option.name] = app.add_flag(names)->disable_flag_override();
    } else if (option.optional_value) {
      // As a flag it does not swallow the argument behind it.
      flags[option.name] = app.add_flag(names)->take_all();
    } else {
      app.add_option(names, (*given)[option.name])
          ->expected(1)
          ->allow_extra_args(false)
          ->take_all();
    }
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return ParseProblem(command, arguments, error.what());
  }
  for (const Option& option : command.options) {
    const auto flag = flags.find(option.name);
    if (flag == flags.end() || flag->second->count() == 0) continue;
    std::vector<std::string>& values = (*given)[option.name];
    values = flag->second->results();
    // CLI11 says `true` where no value was given.
    for (std::string& value : values) {
      if (value == "true") value = "";
    }
  }
  *words = app.remaining();
  return "";
}

ParsedLine ParseCommand(const Program& program, const Command& command,
                        const std::vector<std::string>& arguments) {
  ParsedLine line;
  line.command = &command;
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const std::vector<std::string> head(arguments.begin(), dashes);
  if (const std::string* argument = LongNameWithOneDash(command, head)) {
    line.problem = UnknownOption(program, command, *argument);
    return line;
  }
  Given given;
  for (const Option& option : command.options) given[option.name];
  for (const Argument& argument : command.arguments) given[argument.name];
  std::vector<std::string> words;
  line.problem = ReadOptions(command, head, &given, &words);
  line.help = given.count("help") > 0 && !given["help"].empty();
  if (line.help || !line.problem.empty()) return line;
  const auto unknown = std::find_if(words.begin(), words.end(), LooksLikeOption);
  if (unknown != words.end()) {
    line.problem = UnknownOption(program, command, *unknown);
    return line;
  }
  if (dashes != arguments.end()) words.insert(words.end(), dashes + 1, arguments.end());
  line.problem = OptionProblem(command, given);
  if (line.problem.empty()) line.problem = TakeArguments(command, words, &given);
  line.values = Values(std::move(given));
  return line;
}

}  // namespace

const std::vector<std::string>& Values::All(const std::string& name) const {
  const auto it = values_.find(name);
  if (it == values_.end()) {
    std::fprintf(stderr, "the command has no option or argument %s\n", name.c_str());
    std::abort();
  }
  return it->second;
}

ParsedLine ParseLine(const Program& program, const std::vector<std::string>& arguments) {
  if (program.commands.empty() || arguments.empty() || LooksLikeOption(arguments[0])) {
    return ParseCommand(program, program.main, arguments);
  }
  const Command* command = FindCommand(program, arguments[0]);
  if (command != nullptr) {
    return ParseCommand(program, *command, {arguments.begin() + 1, arguments.end()});
  }
  std::vector<std::string> names;
  for (const Command& known : program.commands) names.push_back(known.name);
  const std::string near = DidYouMean(arguments[0], names);
  ParsedLine line;
  line.command = &program.main;
  line.problem = absl::StrCat("unknown command ", Quoted(arguments[0]),
                              near.empty() ? ": commands are " + absl::StrJoin(names, ", ") : near);
  return line;
}

}  // namespace smokemesh::shared
