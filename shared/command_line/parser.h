#ifndef SMOKEMESH_SHARED_COMMAND_LINE_PARSER_H_
#define SMOKEMESH_SHARED_COMMAND_LINE_PARSER_H_

#include <map>
#include <string>
#include <vector>

#include "shared/command_line/program.h"

namespace smokemesh::shared {

// What was given for a command's options and arguments. Asking for a name that the command does not
// define ends the process: that is a slip of the program, not of its user.
class Values {
 public:
  Values() = default;
  explicit Values(std::map<std::string, std::vector<std::string>> values)
      : values_(std::move(values)) {}

  // Whether it was given, with or without a value. `name` is that of an option or an argument.
  bool Has(const std::string& name) const { return !All(name).empty(); }
  // Its value; empty when it was not given or has none.
  std::string Get(const std::string& name) const { return Has(name) ? All(name).front() : ""; }
  // All its values, in order.
  const std::vector<std::string>& All(const std::string& name) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

struct ParsedLine {
  // What was chosen: a command, or the main one. Points into the program.
  const Command* command = nullptr;
  // What is wrong, in one sentence, escaped; empty: nothing.
  std::string problem;
  // `--help` was given; then nothing else was looked at.
  bool help = false;
  Values values;
};

// Takes the arguments apart (without the program's name). The command, where the program has some,
// is the first of them. Checks that options are known, complete and given once, that choices are
// choices and that required arguments are there; unknown words come with the near one. `--` ends
// the options.
ParsedLine ParseLine(const Program& program, const std::vector<std::string>& arguments);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_COMMAND_LINE_PARSER_H_
