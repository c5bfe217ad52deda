#ifndef SMOKEMESH_SHARED_COMMAND_LINE_PROGRAM_H_
#define SMOKEMESH_SHARED_COMMAND_LINE_PROGRAM_H_

#include <string>
#include <vector>

namespace smokemesh::shared {

// What a program's command line is, as data. The parser, `--help`, the man pages and the shells'
// completion are all made from it, so that they cannot disagree. Texts are plain, without markup.

// What a value is: decides what a shell completes.
enum class ValueKind {
  kText,    // nothing to complete
  kFile,    // a file that is there
  kFolder,  // a folder
  kChoice,  // one of `choices`; others are refused
  kHint,    // anything; `choices` are words that are often meant
};

struct Option {
  std::string name;                   // without dashes: `select`
  char letter = 0;                    // `m` for `-m`; 0: none
  std::string value;                  // how the value is called: `EXPR`; empty: a flag
  std::string help;                   // what it does, in a sentence without a full stop
  std::string group;                  // its heading; options of a group stand together
  ValueKind kind = ValueKind::kText;  // of the value
  std::vector<std::string> choices = {};
  bool optional_value = false;  // `--parallel[=N]`: only `=` gives it a value
  bool repeated = false;        // may be given again
};

// An argument that is no option.
struct Argument {
  std::string name;  // `PLAN`
  std::string help;
  ValueKind kind = ValueKind::kText;
  std::vector<std::string> choices = {};
  bool required = true;
  bool repeated = false;  // takes all that follow; the last one only
};

// A line to try, and what it is for; or a code, or a variable, and what it means.
struct Note {
  std::string what;
  std::string meaning;
};

struct Command {
  std::string name;         // `run`; the program's name where there are no commands
  std::string help;         // what it does, in a sentence without a full stop
  std::string group;        // its heading in the list of commands
  std::string description;  // paragraphs with an empty line between them
  std::vector<Argument> arguments;
  std::vector<Option> options;
  std::vector<Note> examples;
  std::vector<Note> exit_codes;
};

struct Program {
  Command main;                   // options without a command
  std::vector<Command> commands;  // empty: a program without commands
  std::vector<Note> environment;  // variables that it reads
  std::string version;
};

// `-h, --help`, which the parser knows.
Option HelpOption();

// Returns nothing when there is no command of this name.
const Command* FindCommand(const Program& program, const std::string& name);

// `smokemesh run`; the program's name alone for its main command.
std::string FullName(const Program& program, const Command& command);

// `[OPTIONS] PLAN...`
std::string UsageOf(const Program& program, const Command& command);

// Headings of the options, in the order in which they first come.
std::vector<std::string> GroupsOf(const Command& command);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_COMMAND_LINE_PROGRAM_H_
