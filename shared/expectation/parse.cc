#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/duration.h"
#include "shared/expectation/expectation.h"
#include "shared/expectation/json_value.h"
#include "shared/expectation/literal.h"
#include "shared/expectation/quantile.h"
#include "shared/expectation/regex.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr size_t kLongestExpectation = 16 << 10;
constexpr size_t kLongestQuote = 80;  // of the text in messages

struct Predicate {
  const char* name;
  size_t min_operands;
  size_t max_operands;
};
constexpr size_t kMany = 1000;
constexpr Predicate kPredicates[] = {
    {"==", 1, 1},       {"!=", 1, 1},        {"<", 1, 1},        {"<=", 1, 1},
    {">", 1, 1},        {">=", 1, 1},        {"contains", 1, 1}, {"startsWith", 1, 1},
    {"endsWith", 1, 1}, {"matches", 1, 1},   {"in", 2, kMany},   {"between", 2, 2},
    {"exists", 0, 0},   {"isEmpty", 0, 0},   {"isNull", 0, 0},   {"isInteger", 0, 0},
    {"isNumber", 0, 0}, {"isBoolean", 0, 0}, {"isString", 0, 0}, {"isArray", 0, 0},
    {"isObject", 0, 0},
};

// Queries whose answer is always a number.
constexpr std::string_view kCounts[] = {"status",   "rows",   "affected",  "bytes",
                                        "messages", "events", "receivers", "ttl"};
// Queries whose answer is always a duration.
constexpr std::string_view kDurations[] = {"duration", "connect_duration", "gap"};
// Queries whose argument begins with the number of an element.
constexpr std::string_view kNumbered[] = {"reply", "message", "channel",     "gap",
                                          "text",  "event",   "message_json"};
constexpr std::string_view kCertificateParts[] = {"issuer", "subject", "names", "days_left"};

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string Quote(std::string_view text) {
  return absl::StrCat("\"", Shorten(EscapeControl(text), kLongestQuote), "\"");
}

bool HasTemplate(std::string_view text) {
  return text.find("${") != std::string_view::npos || text.find("{{") != std::string_view::npos;
}

// Length of the template that `text` begins with, or 1. `${A:-${B}}` is one template.
size_t TemplateLength(std::string_view text) {
  if (text.starts_with("{{")) {
    const size_t end = text.find("}}");
    return end == std::string_view::npos ? 1 : end + 2;
  }
  if (!text.starts_with("${")) return 1;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) {
      ++depth;
      ++i;
    } else if (text[i] == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return 1;
}

// Length of the quoted string that `text` begins with, quotes included; 0 without a closing quote.
size_t QuotedLength(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

// The word that `text` begins with: up to white space that is not within a template.
std::string_view Word(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && !IsSpace(text[end])) end += TemplateLength(text.substr(end));
  return text.substr(0, end);
}

void Drop(std::string_view* text, size_t length) {
  text->remove_prefix(length);
  *text = Trim(*text);
}

const Predicate* FindPredicate(std::string_view name) {
  const auto* found = std::find_if(std::begin(kPredicates), std::end(kPredicates),
                                   [&](const Predicate& p) { return name == p.name; });
  return found == std::end(kPredicates) ? nullptr : found;
}

absl::Status UnknownQuery(std::string_view word, const std::vector<Query>& queries) {
  std::vector<std::string> names;
  std::string list;
  for (const Query& query : queries) {
    names.push_back(query.name);
    absl::StrAppend(&list, list.empty() ? "" : ", ", query.name);
    // `status==200` is one word.
    if (word.size() > query.name.size() && word.starts_with(query.name) &&
        std::string_view("=!<>").find(word[query.name.size()]) != std::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quote(word), " needs spaces around its predicate"));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown query ", Quote(word), DidYouMean(word, names), "; known are ", list));
}

absl::Status UnknownPredicate(const Query& query, std::string_view word) {
  if (word.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a predicate is missing after \"", query.name, "\": write `", query.name,
                     query.argument == Query::Argument::kRequired ? " NAME" : "", " == value`"));
  }
  if (word == "=") {
    return absl::InvalidArgumentError("unknown predicate \"=\" (did you mean \"==\"?)");
  }
  std::vector<std::string> names;
  std::string list;
  for (const Predicate& predicate : kPredicates) {
    names.emplace_back(predicate.name);
    absl::StrAppend(&list, list.empty() ? "" : ", ", predicate.name);
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown predicate ", Quote(word),
                                                 DidYouMean(word, names), "; known are ", list));
}

// Reads one operand, the whole of `text`.
absl::StatusOr<Expectation::Operand> ReadOperand(std::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("a value is empty: write \"\" for no text");
  if (text[0] != '"') return Expectation::Operand{std::string(text), false};
  const size_t length = QuotedLength(text);
  if (length == 0) {
    return absl::InvalidArgumentError(absl::StrCat(Quote(text), " has no closing quote"));
  }
  if (length < text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected ", Quote(Trim(text.substr(length))), " after the quoted value"));
  }
  std::optional<std::string> value = ReadJsonString(text);
  if (!value.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(text), " is not a JSON string: write \\\\ for a backslash"));
  }
  return Expectation::Operand{*std::move(value), true};
}

// Splits at commas that are neither in quotes nor in a template.
std::vector<std::string_view> SplitList(std::string_view text) {
  std::vector<std::string_view> items;
  size_t start = 0;
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ',') {
      items.push_back(Trim(text.substr(start, at - start)));
      start = ++at;
    } else if (text[at] == '"' && Trim(text.substr(start, at - start)).empty()) {
      const size_t length = QuotedLength(text.substr(at));
      at += length == 0 ? text.size() - at : length;
    } else {
      at += TemplateLength(text.substr(at));
    }
  }
  items.push_back(Trim(text.substr(start)));
  return items;
}

absl::StatusOr<std::vector<Expectation::Operand>> ReadOperands(const Predicate& predicate,
                                                               std::string_view text) {
  std::vector<Expectation::Operand> operands;
  if (predicate.max_operands == 0) {
    if (text.empty()) return operands;
    return absl::InvalidArgumentError(
        absl::StrCat("\"", predicate.name, "\" takes no value, found ", Quote(text)));
  }
  if (text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a value is missing after \"", predicate.name, "\""));
  }
  if (predicate.max_operands == 1) {
    ASSIGN_OR_RETURN(operands.emplace_back(), ReadOperand(text));
    return operands;
  }
  for (const std::string_view item : SplitList(text)) {
    ASSIGN_OR_RETURN(operands.emplace_back(), ReadOperand(item));
  }
  if (operands.size() < predicate.min_operands || operands.size() > predicate.max_operands) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", predicate.name, "\" takes ", predicate.max_operands == 2 ? "two" : "two or more",
        " values separated by commas, found ", operands.size()));
  }
  return operands;
}

// Whether `text` begins with an argument of `query`, which may be left out.
bool HasArgument(const Query& query, std::string_view text) {
  if (text.empty()) return false;
  if (text[0] == '/' || text[0] == '"' || (text[0] >= '0' && text[0] <= '9') ||
      text.starts_with("{{") || text.starts_with("${")) {
    return true;
  }
  if (!TakesQuantile(query.name)) return false;
  // A word before the predicate: `duration p95 < 50ms`.
  const std::string_view word = Word(text);
  if (word == "not" || FindPredicate(word) != nullptr) return false;
  Drop(&text, word.size());
  const std::string_view next = Word(text);
  return next == "not" || FindPredicate(next) != nullptr;
}

absl::StatusOr<std::string> TakeArgument(const Query& query, std::string_view* rest) {
  if (rest->starts_with('"')) {
    const size_t length = QuotedLength(*rest);
    if (length == 0) {
      return absl::InvalidArgumentError(absl::StrCat(Quote(*rest), " has no closing quote"));
    }
    ASSIGN_OR_RETURN(Expectation::Operand operand, ReadOperand(rest->substr(0, length)));
    Drop(rest, length);
    return std::move(operand.text);
  }
  const std::string_view word = Word(*rest);
  if (word.empty() || word == "not" || FindPredicate(word) != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("\"", query.name, "\" needs an argument before ",
                                                   word.empty() ? "its predicate" : Quote(word)));
  }
  std::string argument(word);
  Drop(rest, word.size());
  return argument;
}

// Checks an argument that begins with the number of an element, from 0.
absl::Status CheckNumbered(const Expectation& expectation) {
  const std::string& query = expectation.query;
  const std::string& argument = expectation.argument;
  const size_t digits = std::min(argument.find_first_not_of("0123456789"), argument.size());
  const bool whole = digits > 0 && digits == argument.size();
  const bool with_pointer = digits > 0 && digits < argument.size() && argument[digits] == '/';
  if (query == "message_json" || query == "event" || query == "text") {
    if (whole || with_pointer) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("\"", query, "\" takes a number and a JSON ",
                                                   "pointer, as in 0/id, found ", Quote(argument)));
  }
  if (query == "gap" && whole && argument.find_first_not_of('0') == std::string::npos) {
    return absl::InvalidArgumentError(
        "\"gap\" is the time since the event before: its number begins at 1");
  }
  if (whole) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", query, "\" takes a number from 0, found ", Quote(argument)));
}

// What can be known before templates are expanded.
absl::Status CheckArgument(const Expectation& expectation) {
  const std::string& query = expectation.query;
  const std::string& argument = expectation.argument;
  if (argument.empty() || HasTemplate(argument)) return absl::OkStatus();
  if (TakesQuantile(query)) return ParseQuantile(argument).status();
  if (Contains(kNumbered, query)) return CheckNumbered(expectation);
  if (query == "json" && argument[0] != '/') {
    return absl::InvalidArgumentError(absl::StrCat(
        Quote(argument), " is not a JSON pointer: it starts with \"/\", as in /items/0/id"));
  }
  if (query == "certificate" && !Contains(kCertificateParts, argument)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"certificate\" takes issuer, subject, names or days_left, found ", Quote(argument)));
  }
  return absl::OkStatus();
}

// What can be known before templates are expanded.
absl::Status CheckOperands(const Expectation& expectation) {
  const bool is_count = Contains(kCounts, expectation.query);
  const std::string& predicate = expectation.predicate;
  const bool is_comparison =
      std::string_view("=!<>").find(predicate[0]) != std::string_view::npos || predicate == "in" ||
      predicate == "between";
  for (const Expectation::Operand& operand : expectation.operands) {
    if (HasTemplate(operand.text)) continue;
    if (predicate == "matches") {
      RETURN_IF_ERROR(CheckRegex(operand.text));
    } else if (Contains(kDurations, expectation.query) && is_comparison) {
      RETURN_IF_ERROR(ParseDuration(operand.text).status());
    } else if (is_count && is_comparison &&
               (operand.quoted || !ReadNumber(operand.text).has_value())) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", expectation.query, "\" is a number, not ", Quote(operand.text)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Expectation> ParseExpectation(std::string_view text,
                                             const std::vector<Query>& queries) {
  if (text.size() > kLongestExpectation) {
    return absl::InvalidArgumentError(
        absl::StrCat("an expectation is at most ", kLongestExpectation, " bytes long"));
  }
  std::string_view rest = Trim(text);
  Expectation expectation;
  expectation.text = rest;
  if (rest.empty()) {
    return absl::InvalidArgumentError("an expectation is empty: write `query predicate value`");
  }

  const std::string_view query_word = Word(rest);
  const auto query = std::find_if(queries.begin(), queries.end(),
                                  [&](const Query& q) { return q.name == query_word; });
  if (query == queries.end()) return UnknownQuery(query_word, queries);
  expectation.query = query->name;
  Drop(&rest, query_word.size());

  if (query->argument == Query::Argument::kRequired ||
      (query->argument == Query::Argument::kOptional && HasArgument(*query, rest))) {
    ASSIGN_OR_RETURN(expectation.argument, TakeArgument(*query, &rest));
  }
  if (Word(rest) == "not") {
    expectation.negated = true;
    Drop(&rest, 3);
  }
  const std::string_view predicate_word = Word(rest);
  const Predicate* predicate = FindPredicate(predicate_word);
  if (predicate == nullptr) return UnknownPredicate(*query, predicate_word);
  expectation.predicate = predicate->name;
  Drop(&rest, predicate_word.size());

  ASSIGN_OR_RETURN(expectation.operands, ReadOperands(*predicate, rest));
  RETURN_IF_ERROR(CheckArgument(expectation));
  RETURN_IF_ERROR(CheckOperands(expectation));
  return expectation;
}

}  // namespace smokemesh::shared
