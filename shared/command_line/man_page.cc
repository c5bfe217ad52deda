#include "shared/command_line/man_page.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace smokemesh::shared {
namespace {

// The code point that begins at `text[*i]`, which goes to its last byte. The texts are ours: valid.
uint32_t CodePoint(std::string_view text, size_t* i) {
  const auto lead = static_cast<uint8_t>(text[*i]);
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  uint32_t point = lead & (0x3f >> more);
  for (int k = 0; k < more && *i + 1 < text.size(); ++k) {
    point = (point << 6) | (static_cast<uint8_t>(text[++*i]) & 0x3f);
  }
  return point;
}

// Text that roff shows as it is, on one line.
std::string Roff(std::string_view text) {
  std::string out;
  if (!text.empty() && (text[0] == '.' || text[0] == '\'')) out = "\\&";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      out += "\\(rs";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (c == '"') {
      out += "\\(dq";  // safe in the argument of a macro too
    } else if (c == '\n') {
      out += ' ';
    } else if (static_cast<uint8_t>(c) >= 0x80) {
      char escape[16];
      std::snprintf(escape, sizeof(escape), "\\[u%04X]", CodePoint(text, &i));
      out += escape;
    } else {
      out += c;
    }
  }
  return out;
}

// A line of text that is no request, whatever it begins with.
std::string Line(std::string_view text) { return Roff(text) + "\n"; }

std::string Sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return Line(text);
}

std::string Synopsis(const Program& program, const Command& command) {
  return absl::StrCat(".SH SYNOPSIS\n\\fB", Roff(FullName(program, command)), "\\fR ",
                      Roff(UsageOf(program, command)), "\n");
}

std::string Description(const Command& command) {
  std::string out = ".SH DESCRIPTION\n" + Sentence(command.help);
  if (command.description.empty()) return out;
  const std::vector<std::string> paragraphs = absl::StrSplit(command.description, "\n\n");
  for (const std::string& paragraph : paragraphs) {
    absl::StrAppend(&out, ".PP\n", Line(paragraph));
  }
  return out;
}

std::string Arguments(const Command& command) {
  if (command.arguments.empty()) return "";
  std::string out = ".SH ARGUMENTS\n";
  for (const Argument& argument : command.arguments) {
    absl::StrAppend(&out, ".TP\n\\fI", Roff(argument.name), "\\fR\n", Sentence(argument.help));
  }
  return out;
}

// Whether a text says all these words.
bool Names(const std::string& text, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

std::string OptionEntry(const Option& option) {
  std::string head;
  if (option.letter != 0) {
    head = absl::StrCat("\\fB\\-", std::string(1, option.letter), "\\fR, ");
  }
  absl::StrAppend(&head, "\\fB\\-\\-", Roff(option.name), "\\fR");
  if (!option.value.empty()) {
    absl::StrAppend(&head, option.optional_value ? "[=" : " ", "\\fI", Roff(option.value), "\\fR",
                    option.optional_value ? "]" : "");
  }
  std::string out = absl::StrCat(".TP\n", head, "\n", Sentence(option.help));
  if (option.kind == ValueKind::kChoice && !Names(option.help, option.choices)) {
    std::string choices;
    for (const std::string& choice : option.choices) {
      absl::StrAppend(&choices, choices.empty() ? "One of " : ", ", choice);
    }
    out += Sentence(choices);
  }
  return out;
}

std::string Options(const Command& command) {
  std::string out = ".SH OPTIONS\n";
  for (const std::string& group : GroupsOf(command)) {
    absl::StrAppend(&out, ".SS ", Roff(group), "\n");
    for (const Option& option : command.options) {
      if (option.group == group) out += OptionEntry(option);
    }
  }
  return out;
}

std::string Commands(const Program& program) {
  std::string out = ".SH COMMANDS\n";
  for (const Command& command : program.commands) {
    absl::StrAppend(&out, ".TP\n\\fB", Roff(ManPageName(program, command)), "\\fR(1)\n",
                    Sentence(command.help));
  }
  return out;
}

std::string Notes(const char* heading, const std::vector<Note>& notes) {
  if (notes.empty()) return "";
  std::string out = absl::StrCat(".SH ", heading, "\n");
  for (const Note& note : notes) {
    absl::StrAppend(&out, ".TP\n\\fB", Roff(note.what), "\\fR\n", Sentence(note.meaning));
  }
  return out;
}

std::string Examples(const Command& command) {
  if (command.examples.empty()) return "";
  std::string out = ".SH EXAMPLES\n";
  for (const Note& example : command.examples) {
    if (!example.meaning.empty()) absl::StrAppend(&out, ".PP\n", Line(example.meaning + ":"));
    absl::StrAppend(&out, ".PP\n.RS 4\n.nf\n", Line(example.what), ".fi\n.RE\n");
  }
  return out;
}

std::string SeeAlso(const Program& program, const Command& command) {
  std::vector<std::string> pages;
  if (&command != &program.main) pages.push_back(ManPageName(program, program.main));
  for (const Command& other : program.commands) {
    if (&other != &command) pages.push_back(ManPageName(program, other));
  }
  std::string out;
  for (const std::string& page : pages) {
    absl::StrAppend(&out, out.empty() ? ".SH SEE ALSO\n" : ",\n", "\\fB", Roff(page), "\\fR(1)");
  }
  return out.empty() ? out : out + "\n";
}

}  // namespace

std::string ManPageName(const Program& program, const Command& command) {
  std::string name = FullName(program, command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string ManPage(const Program& program, const Command& command) {
  const bool main = &command == &program.main;
  const std::string name = ManPageName(program, command);
  std::string summary = command.help;
  if (!summary.empty() && summary.back() == '.') summary.pop_back();
  // Without a date: the same sources give the same page.
  std::string out =
      absl::StrCat(".TH \"", Roff(absl::AsciiStrToUpper(name)), "\" \"1\" \"\" \"",
                   Roff(program.main.name + " " + program.version), "\" \"", "User Commands",
                   "\"\n", ".SH NAME\n", Roff(name), " \\- ", Roff(summary), "\n");
  out += Synopsis(program, command);
  out += Description(command);
  if (main && !program.commands.empty()) out += Commands(program);
  out += Arguments(command);
  out += Options(command);
  out += Notes("EXIT STATUS", command.exit_codes);
  out += Notes("ENVIRONMENT", program.environment);
  out += Examples(command);
  return out + SeeAlso(program, command);
}

}  // namespace smokemesh::shared
