#include "shared/template/template.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr size_t kLongestQuote = 64;  // of the text in messages

constexpr int kDeepest = 8;  // `${A:-${B:-…}}`

struct Piece;

// `${NAME}` or `${NAME:-default}`.
struct EnvironmentPiece {
  std::string name;
  std::optional<std::vector<Piece>> default_value;
};
// `{{name}}`.
struct VariablePiece {
  std::string name;
};
struct Piece {
  std::variant<std::string, EnvironmentPiece, VariablePiece> is;
};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsEnvironmentName(std::string_view name) {
  if (name.empty() || IsDigit(name[0])) return false;
  for (const char c : name) {
    if (!IsLetter(c) && !IsDigit(c)) return false;
  }
  return true;
}

bool IsVariableName(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (!IsLetter(c) && !IsDigit(c) && c != '.' && c != '-') return false;
  }
  return true;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string Quote(std::string_view text) { return Shorten(EscapeControl(text), kLongestQuote); }

absl::Status Unclosed(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"${", Quote(text), "\" has no closing \"}\"; write \"$${\" for a literal \"${\""));
}

absl::StatusOr<EnvironmentPiece> TakeEnvironment(std::string_view* text, int depth);

// Reads a default, up to and with the `}` that ends it, off the front of `text`.
absl::StatusOr<std::vector<Piece>> TakeDefault(std::string_view* text, int depth) {
  const std::string_view all = *text;
  std::vector<Piece> pieces;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) pieces.push_back({std::exchange(literal, {})});
  };
  while (!text->empty()) {
    if (text->starts_with('}')) {
      text->remove_prefix(1);
      end_literal();
      return pieces;
    }
    if (text->starts_with("$${")) {
      literal += "${";
      text->remove_prefix(3);
    } else if (text->starts_with("${")) {
      end_literal();
      text->remove_prefix(2);
      ASSIGN_OR_RETURN(EnvironmentPiece piece, TakeEnvironment(text, depth + 1));
      pieces.push_back({std::move(piece)});
    } else if (text->starts_with("{{")) {
      return absl::InvalidArgumentError(
          absl::StrCat("the default \"", Quote(all.substr(0, all.find('}'))),
                       "\" cannot hold a variable: it is plain text or another ${NAME}"));
    } else {
      literal += text->front();
      text->remove_prefix(1);
    }
  }
  return Unclosed(all);
}

// Reads what follows `${`, up to and with its `}`, off the front of `text`.
absl::StatusOr<EnvironmentPiece> TakeEnvironment(std::string_view* text, int depth) {
  if (depth > kDeepest) {
    return absl::InvalidArgumentError(
        absl::StrCat("defaults are nested deeper than ", kDeepest, " levels"));
  }
  const std::string_view all = *text;
  const size_t end = all.find('}');
  if (end == std::string_view::npos) return Unclosed(all);
  const size_t separator = all.substr(0, end).find(":-");
  const bool has_default = separator != std::string_view::npos;
  EnvironmentPiece piece;
  piece.name = all.substr(0, has_default ? separator : end);
  if (!IsEnvironmentName(piece.name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"${", Quote(all.substr(0, end)), "}\" does not name an environment variable (letters, ",
        "digits, \"_\"); write \"$${\" for a literal \"${\""));
  }
  if (has_default) {
    text->remove_prefix(separator + 2);
    ASSIGN_OR_RETURN(piece.default_value, TakeDefault(text, depth));
  } else {
    text->remove_prefix(end + 1);
  }
  return piece;
}

// Reads what follows `{{`, up to and with its `}}`, off the front of `text`.
absl::StatusOr<VariablePiece> TakeVariable(std::string_view* text) {
  const size_t end = text->find("}}");
  if (end == std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"{{", Quote(*text), "\" has no closing \"}}\""));
  }
  const std::string_view inside = text->substr(0, end);
  text->remove_prefix(end + 2);
  const std::string_view name = Trim(inside);
  if (!IsVariableName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"{{", Quote(inside), "}}\" does not name a variable (letters, digits, ",
                     "\"_\", \".\", \"-\"); put a space between the braces if none is meant"));
  }
  return VariablePiece{std::string(name)};
}

absl::StatusOr<std::vector<Piece>> Split(std::string_view text) {
  std::vector<Piece> pieces;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) pieces.push_back({std::exchange(literal, {})});
  };
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      literal += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      end_literal();
      text.remove_prefix(2);
      ASSIGN_OR_RETURN(EnvironmentPiece piece, TakeEnvironment(&text, 1));
      pieces.push_back({std::move(piece)});
    } else if (text.starts_with("{{")) {
      end_literal();
      text.remove_prefix(2);
      ASSIGN_OR_RETURN(VariablePiece piece, TakeVariable(&text));
      pieces.push_back({std::move(piece)});
    } else {
      const size_t plain = std::min(text.find_first_of("${", 1), text.size());
      literal += text.substr(0, plain);
      text.remove_prefix(plain);
    }
  }
  end_literal();
  return pieces;
}

absl::StatusOr<std::string> Join(const std::vector<Piece>& pieces, const Lookup& environment,
                                 const Lookup& variables);

absl::StatusOr<std::string> Resolve(const EnvironmentPiece& piece, const Lookup& environment,
                                    const Lookup& variables) {
  std::optional<std::string> value = environment(piece.name);
  // As in a shell, an empty value takes the default too.
  if (piece.default_value.has_value()) {
    if (value.has_value() && !value->empty()) return *std::move(value);
    return Join(*piece.default_value, environment, variables);
  }
  if (value.has_value()) return *std::move(value);
  return absl::NotFoundError(absl::StrCat("the environment variable ", piece.name,
                                          " is not set on the agent: set it there, or write ${",
                                          piece.name, ":-default}"));
}

absl::StatusOr<std::string> Resolve(const VariablePiece& piece, const Lookup& variables) {
  if (std::optional<std::string> value = variables(piece.name)) return *std::move(value);
  return absl::NotFoundError(absl::StrCat(
      "{{", piece.name, "}} is not set: define it under `variables`, or capture it in ",
      "an earlier step"));
}

absl::StatusOr<std::string> Join(const std::vector<Piece>& pieces, const Lookup& environment,
                                 const Lookup& variables) {
  std::string out;
  for (const Piece& piece : pieces) {
    if (const auto* literal = std::get_if<std::string>(&piece.is)) {
      out += *literal;
    } else if (const auto* reference = std::get_if<EnvironmentPiece>(&piece.is)) {
      ASSIGN_OR_RETURN(const std::string value, Resolve(*reference, environment, variables));
      out += value;
    } else {
      ASSIGN_OR_RETURN(const std::string value,
                       Resolve(std::get<VariablePiece>(piece.is), variables));
      out += value;
    }
  }
  return out;
}

void AddReferences(const std::vector<Piece>& pieces, std::vector<Reference>* references) {
  for (const Piece& piece : pieces) {
    if (const auto* environment = std::get_if<EnvironmentPiece>(&piece.is)) {
      references->push_back({Reference::Kind::kEnvironment, environment->name,
                             environment->default_value.has_value()});
      if (environment->default_value.has_value()) {
        AddReferences(*environment->default_value, references);
      }
    } else if (const auto* variable = std::get_if<VariablePiece>(&piece.is)) {
      references->push_back({Reference::Kind::kVariable, variable->name, false});
    }
  }
}

}  // namespace

absl::StatusOr<std::string> Expand(std::string_view text, const Lookup& environment,
                                   const Lookup& variables) {
  ASSIGN_OR_RETURN(const std::vector<Piece> pieces, Split(text));
  return Join(pieces, environment, variables);
}

absl::StatusOr<std::vector<Reference>> References(std::string_view text) {
  ASSIGN_OR_RETURN(const std::vector<Piece> pieces, Split(text));
  std::vector<Reference> references;
  AddReferences(pieces, &references);
  return references;
}

}  // namespace smokemesh::shared
