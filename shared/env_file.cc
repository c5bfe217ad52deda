#include "shared/env_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr size_t kMaxProblems = 20;
constexpr size_t kMaxTotal = 1 << 20;  // `${NAME}` makes more of little
constexpr char kBlanks[] = "write NAME=value without blanks around the \"=\"";

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsNamePart(char c) { return IsLetter(c) || (c >= '0' && c <= '9'); }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// What is wrong with a line; nothing when it is fine. Holds no part of a value.
using Trouble = std::optional<std::string>;

class Parser {
 public:
  Parser(std::string_view text, std::string_view file, const EnvLookup& environment)
      : text_(text), file_(file), environment_(environment) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);  // written by some editors
  }

  absl::StatusOr<std::vector<EnvVariable>> Parse() {
    if (text_.find('\0') != text_.npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(std::string(file_), ": is no text: it has a NUL byte"));
    }
    while (at_ < text_.size()) {
      start_line_ = line_;
      if (const Trouble trouble = Line()) {
        Report(start_line_, *trouble);
        SkipLine();
      }
    }
    if (problems_.empty()) return std::move(variables_);
    if (problems_.size() > kMaxProblems) {
      const size_t more = problems_.size() - kMaxProblems;
      problems_.resize(kMaxProblems);
      problems_.push_back(absl::StrCat(std::string(file_), ": and ", more, " more problems"));
    }
    return absl::InvalidArgumentError(absl::StrJoin(problems_, "\n"));
  }

 private:
  void Report(int line, const std::string& problem) {
    problems_.push_back(absl::StrCat(std::string(file_), ":", line, ": ", problem));
  }

  bool AtEnd() const { return at_ >= text_.size(); }
  // The end of the file counts as the end of a line.
  bool AtLineEnd() const {
    return AtEnd() || text_[at_] == '\n' ||
           (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
  }
  char Now() const { return text_[at_]; }

  void SkipBlanks() {
    while (!AtEnd() && IsBlank(Now())) ++at_;
  }

  // The first character from here on that is no blank; a line end at the end of the file.
  char NextAfterBlanks() const {
    const size_t next = text_.find_first_not_of(" \t", at_);
    return next == text_.npos ? '\n' : text_[next];
  }

  // Past the quote that ends a value.
  void SkipQuoted(char quote) {
    for (; !AtEnd() && Now() != quote; ++at_) {
      if (Now() == '\n') ++line_;
      if (quote == '"' && Now() == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') ++at_;
    }
    if (!AtEnd()) ++at_;
  }

  // Past the end of the line.
  void SkipLine() {
    while (!AtEnd() && Now() != '\n') ++at_;
    if (AtEnd()) return;
    ++at_;
    ++line_;
  }

  Trouble Line() {
    SkipBlanks();
    if (AtLineEnd() || Now() == '#') {
      SkipLine();
      return std::nullopt;
    }
    if (text_.substr(at_).starts_with("export") && at_ + 6 < text_.size() &&
        IsBlank(text_[at_ + 6])) {
      at_ += 6;
      SkipBlanks();
    }
    const size_t begin = at_;
    while (!AtEnd() && IsNamePart(Now())) ++at_;
    const std::string name(text_.substr(begin, at_ - begin));
    // Whatever stands here may be the rest of a secret: it is not shown.
    if (name.empty() || !IsLetter(name[0]) || AtLineEnd() || Now() != '=') {
      if (!name.empty() && !AtEnd() && IsBlank(Now()) && NextAfterBlanks() == '=') return kBlanks;
      return "expected NAME=value, with letters, digits and _ in the name; a value of several "
             "lines "
             "is written in quotes";
    }
    ++at_;
    std::string value;
    if (const Trouble trouble = Value(&value)) return absl::StrCat(name, ": ", *trouble);
    total_ += value.size();
    if (total_ > kMaxTotal) return absl::StrCat(name, ": all values together are too long");
    const auto [known, is_new] = lines_.emplace(name, start_line_);
    if (!is_new) {
      Report(start_line_, absl::StrCat(name, " is set already on line ", known->second,
                                       ": keep one of the two"));
      return std::nullopt;
    }
    variables_.push_back({name, std::move(value), start_line_});
    return std::nullopt;
  }

  // Reads a value and what is left of its line.
  Trouble Value(std::string* value) {
    if (!AtEnd() && IsBlank(Now()) &&
        std::string_view("\n\r#").find(NextAfterBlanks()) == std::string_view::npos) {
      return kBlanks;
    }
    if (!AtEnd() && (Now() == '\'' || Now() == '"')) {
      const char quote = Now();
      if (const Trouble trouble = Quoted(quote, value)) {
        SkipQuoted(quote);
        return trouble;
      }
      return AfterQuotes();
    }
    return Plain(value);
  }

  Trouble Plain(std::string* value) {
    const size_t begin = at_;
    while (!AtLineEnd()) {
      const char c = Now();
      if (IsBlank(c)) {
        SkipBlanks();
        if (AtLineEnd() || Now() == '#') break;
        return "a value with blanks must be in quotes";
      }
      if (c == '#' && at_ == begin) break;
      if (c == '\'' || c == '"') return "quotes must be around the whole value";
      if (c == '\\') return "a value with a backslash must be in single quotes";
      if (static_cast<unsigned char>(c) < ' ') return "a control character must be in quotes";
      if (const Trouble trouble = Dollar(value)) return trouble;
    }
    SkipLine();
    return std::nullopt;
  }

  Trouble Quoted(char quote, std::string* value) {
    ++at_;
    while (!AtEnd() && Now() != quote) {
      const char c = Now();
      if (c == '\r' && AtLineEnd()) {  // the end of a line is one character
        ++at_;
        continue;
      }
      if (c == '\n') ++line_;
      if (quote == '\'' || (c != '\\' && c != '$' && c != '`')) {
        value->push_back(c);
        ++at_;
      } else if (c == '\\') {
        if (const Trouble trouble = Escape(value)) return trouble;
      } else if (const Trouble trouble = Dollar(value)) {
        return trouble;
      }
    }
    if (AtEnd()) {
      return quote == '\'' ? "the single quote has no end" : "the double quote has no end";
    }
    ++at_;
    return std::nullopt;
  }

  Trouble AfterQuotes() {
    const size_t end = at_;
    SkipBlanks();
    if (AtLineEnd() || (Now() == '#' && at_ > end)) {
      SkipLine();
      return std::nullopt;
    }
    return "quotes must be around the whole value";
  }

  Trouble Escape(std::string* value) {
    constexpr std::string_view kFrom = "nrt\\\"$";
    constexpr std::string_view kTo = "\n\r\t\\\"$";
    ++at_;
    const size_t known = AtEnd() ? kFrom.npos : kFrom.find(Now());
    if (known == kFrom.npos) {
      return R"(a backslash in double quotes begins \n \r \t \\ \" or \$; in single quotes it is )"
             "plain";
    }
    value->push_back(kTo[known]);
    ++at_;
    return std::nullopt;
  }

  // Takes one character, or a reference.
  Trouble Dollar(std::string* value) {
    if (Now() == '`') return "there are no commands here: put a plain ` in single quotes";
    if (Now() != '$') {
      value->push_back(Now());
      ++at_;
      return std::nullopt;
    }
    const std::string_view rest = text_.substr(at_);
    const size_t end = rest.find('}');
    const std::string_view name =
        rest.starts_with("${") && end != rest.npos ? rest.substr(2, end - 2) : "";
    bool is_name = !name.empty() && IsLetter(name[0]);
    for (const char c : name) is_name = is_name && IsNamePart(c);
    if (!is_name) {
      return "a $ begins ${NAME}; put a value with a plain $ in single quotes";
    }
    std::optional<std::string> known = environment_(name);
    for (const EnvVariable& variable : variables_) {
      if (!known && variable.name == name) known = variable.value;
    }
    if (!known) {
      return absl::StrCat("${", std::string(name),
                          "} is set neither in the environment nor on a line above");
    }
    at_ += end + 1;
    value->append(*known);
    return value->size() > kMaxTotal ? Trouble("is too long") : std::nullopt;
  }

  std::string_view text_;
  const std::string_view file_;
  const EnvLookup& environment_;
  size_t at_ = 0;
  int line_ = 1;
  int start_line_ = 1;
  size_t total_ = 0;  // bytes of all values
  std::map<std::string, int> lines_;
  std::vector<EnvVariable> variables_;
  std::vector<std::string> problems_;
};

}  // namespace

absl::StatusOr<std::vector<EnvVariable>> ParseEnvFile(std::string_view text, std::string_view file,
                                                      const EnvLookup& environment) {
  const std::string shown = EscapeControl(file);
  if (text.size() > kMaxEnvFile) {
    return absl::InvalidArgumentError(absl::StrCat(shown, ": has more than ", kMaxEnvFile >> 10,
                                                   " KiB: this is no file of "
                                                   "variables"));
  }
  return Parser(text, shown, environment).Parse();
}

absl::StatusOr<std::vector<EnvVariable>> ReadEnvFile(const std::string& path) {
  const std::string shown = EscapeControl(path);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown, " is a folder: it must be a file of variables"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    const int why = errno;
    const std::string message = absl::StrCat("cannot read ", shown, ": ", std::strerror(why));
    return why == ENOENT ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
  }
  std::string text(kMaxEnvFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad()) return absl::InvalidArgumentError(absl::StrCat("cannot read ", shown));
  return ParseEnvFile(text, path, [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  });
}

std::vector<std::string> SetMissing(const std::vector<EnvVariable>& variables) {
  std::vector<std::string> set;
  for (const EnvVariable& variable : variables) {
    if (std::getenv(variable.name.c_str()) != nullptr) continue;
    setenv(variable.name.c_str(), variable.value.c_str(), 0);
    set.push_back(variable.name);
  }
  return set;
}

}  // namespace smokemesh::shared
