#include "shared/command_line/help.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace smokemesh::shared {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kColumn = 30;  // where the meaning of an option begins

// Characters, not bytes.
size_t Columns(std::string_view text) {
  size_t columns = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++columns;
  }
  return columns;
}

// Breaks text at blanks; all lines but the first are indented.
std::string Filled(const std::string& text, size_t first, size_t indent) {
  std::string out;
  size_t column = first;
  bool begins = true;
  const std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  for (const std::string& word : words) {
    if (!begins && column + 1 + Columns(word) > kWidth) {
      absl::StrAppend(&out, "\n", std::string(indent, ' '));
      column = indent;
      begins = true;
    }
    if (!begins) {
      out += ' ';
      ++column;
    }
    out += word;
    column += Columns(word);
    begins = false;
  }
  return out;
}

// `  HEAD      meaning`, the meaning on a line of its own where the head is long.
std::string Entry(const std::string& head, const std::string& meaning, size_t column) {
  std::string out = "  " + head;
  if (meaning.empty()) return out + "\n";
  if (Columns(out) + 2 > column) {
    out += "\n" + std::string(column, ' ');
  } else {
    out += std::string(column - Columns(out), ' ');
  }
  return out + Filled(meaning, column, column) + "\n";
}

std::string Commands(const Program& program) {
  std::string out;
  std::vector<std::string> groups;
  for (const Command& command : program.commands) {
    bool known = false;
    for (const std::string& group : groups) known = known || group == command.group;
    if (!known) groups.push_back(command.group);
  }
  for (const std::string& group : groups) {
    absl::StrAppend(&out, "\n", group, ":\n");
    for (const Command& command : program.commands) {
      if (command.group != group) continue;
      std::string head = command.name;
      for (const Argument& argument : command.arguments) absl::StrAppend(&head, " ", argument.name);
      out += Entry(head, command.help, kColumn);
    }
  }
  return out;
}

std::string Arguments(const Command& command) {
  std::string out;
  for (const Argument& argument : command.arguments) {
    if (out.empty()) out = "\n";
    out += Entry(argument.name, argument.help, kColumn);
  }
  return out;
}

std::string Options(const Command& command) {
  std::string out;
  for (const std::string& group : GroupsOf(command)) {
    absl::StrAppend(&out, "\n", group, ":\n");
    for (const Option& option : command.options) {
      if (option.group != group) continue;
      out += Entry((option.letter == 0 ? "    " : "") + OptionHead(option), option.help, kColumn);
    }
  }
  return out;
}

std::string Description(const Command& command) {
  std::string out;
  if (command.description.empty()) return out;
  const std::vector<std::string> paragraphs = absl::StrSplit(command.description, "\n\n");
  for (const std::string& paragraph : paragraphs) {
    absl::StrAppend(&out, "\n", Filled(paragraph, 0, 0), "\n");
  }
  return out;
}

std::string Notes(const char* heading, const std::vector<Note>& notes, size_t column) {
  if (notes.empty()) return "";
  std::string out = absl::StrCat("\n", heading, ":\n");
  for (const Note& note : notes) out += Entry(note.what, note.meaning, column);
  return out;
}

}  // namespace

std::string OptionHead(const Option& option) {
  std::string head;
  if (option.letter != 0) head = absl::StrCat("-", std::string(1, option.letter), ", ");
  absl::StrAppend(&head, "--", option.name);
  if (option.value.empty()) return head;
  return option.optional_value ? absl::StrCat(head, "[=", option.value, "]")
                               : absl::StrCat(head, " ", option.value);
}

std::string HelpText(const Program& program, const Command& command) {
  const bool main = &command == &program.main;
  std::string out = absl::StrCat(command.help, "\n\nUsage: ", FullName(program, command), " ",
                                 UsageOf(program, command), "\n");
  if (main) out += Commands(program);
  out += Arguments(command);
  out += Options(command);
  out += Description(command);
  if (main) out += Notes("Environment", program.environment, kColumn);
  constexpr size_t kExampleColumn = 62;
  out += Notes("Examples", command.examples, kExampleColumn);
  constexpr size_t kCodeColumn = 12;
  out += Notes("Exit codes", command.exit_codes, kCodeColumn);
  if (main && !program.commands.empty()) {
    absl::StrAppend(&out, "\n`", program.main.name,
                    " COMMAND --help` tells more about a command.\n");
  }
  return out;
}

}  // namespace smokemesh::shared
