#include <algorithm>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "shared/duration.h"
#include "shared/expectation/expectation.h"
#include "shared/expectation/json_value.h"
#include "shared/expectation/literal.h"
#include "shared/expectation/regex.h"
#include "shared/status_macros.h"

namespace smokemesh::shared {
namespace {

using Operand = Expectation::Operand;

// What a predicate says of a value. `kCannot` is a mismatch with and without `not`: a value that
// cannot be compared proves nothing.
enum class Truth { kTrue, kFalse, kCannot };

Truth ToTruth(bool holds) { return holds ? Truth::kTrue : Truth::kFalse; }

// The operand as a number literal.
std::optional<Number> AsNumber(const Operand& operand) {
  return operand.quoted ? std::nullopt : ReadNumber(operand.text);
}

// A value that is a number, or untyped text that reads as one.
std::optional<Number> AsNumber(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<Text>(&value)) return ReadNumber(text->text);
  return std::nullopt;
}

const std::string* AsString(const Value& value) {
  if (const auto* text = std::get_if<Text>(&value)) return &text->text;
  if (const auto* text = std::get_if<String>(&value)) return &text->text;
  return nullptr;
}

// A value as text to search in; nothing for null, booleans and structures.
std::optional<std::string> AsSearchable(const Value& value) {
  if (const std::string* text = AsString(value)) return *text;
  if (std::holds_alternative<int64_t>(value) || std::holds_alternative<double>(value)) {
    return Describe(value);
  }
  return std::nullopt;
}

absl::StatusOr<Duration> AsDuration(const Operand& operand) { return ParseDuration(operand.text); }

absl::StatusOr<bool> Equals(const Value& value, const Operand& operand) {
  if (const auto* duration = std::get_if<Duration>(&value)) {
    ASSIGN_OR_RETURN(const Duration wanted, AsDuration(operand));
    return *duration == wanted;
  }
  if (operand.quoted) {
    const std::string* text = AsString(value);
    return text != nullptr && *text == operand.text;
  }
  if (std::holds_alternative<Null>(value)) return operand.text == "null";
  if (const auto* flag = std::get_if<bool>(&value)) {
    return operand.text == (*flag ? "true" : "false");
  }
  if (const auto* structure = std::get_if<Json>(&value)) {
    return JsonEqual(structure->text, operand.text);
  }
  if (const auto* text = std::get_if<String>(&value)) {
    const bool typed_literal = AsNumber(operand).has_value() || operand.text == "true" ||
                               operand.text == "false" || operand.text == "null";
    return !typed_literal && text->text == operand.text;
  }
  if (const auto* text = std::get_if<Text>(&value); text != nullptr && text->text == operand.text) {
    return true;
  }
  const std::optional<Number> seen = AsNumber(value);
  const std::optional<Number> wanted = AsNumber(operand);
  return seen.has_value() && wanted.has_value() && Compare(*seen, *wanted) == 0;
}

// Less than, equal to or greater than zero; nothing when the two have no order.
absl::StatusOr<std::optional<int>> Order(const Value& value, const Operand& operand) {
  if (const auto* duration = std::get_if<Duration>(&value)) {
    ASSIGN_OR_RETURN(const Duration wanted, AsDuration(operand));
    return (*duration > wanted) - (*duration < wanted);
  }
  if (const std::optional<Number> wanted = AsNumber(operand)) {
    const std::optional<Number> seen = AsNumber(value);
    if (!seen.has_value()) return std::optional<int>();
    return Compare(*seen, *wanted);
  }
  const std::string* text = AsString(value);
  if (text == nullptr) return std::optional<int>();
  const int order = text->compare(operand.text);
  return (order > 0) - (order < 0);
}

absl::StatusOr<Truth> Ordered(const Value& value, std::string_view predicate,
                              const Operand& operand) {
  ASSIGN_OR_RETURN(const std::optional<int> order, Order(value, operand));
  if (!order.has_value()) return Truth::kCannot;
  if (predicate == "<") return ToTruth(*order < 0);
  if (predicate == "<=") return ToTruth(*order <= 0);
  if (predicate == ">") return ToTruth(*order > 0);
  return ToTruth(*order >= 0);
}

absl::StatusOr<Truth> Contains(const Value& value, const Operand& operand) {
  if (const auto* structure = std::get_if<Json>(&value)) {
    if (!structure->text.starts_with('[')) return Truth::kCannot;
    for (const Value& element : JsonElements(structure->text)) {
      ASSIGN_OR_RETURN(const bool equal, Equals(element, operand));
      if (equal) return Truth::kTrue;
    }
    return Truth::kFalse;
  }
  const std::optional<std::string> text = AsSearchable(value);
  if (!text.has_value()) return Truth::kCannot;
  return ToTruth(text->find(operand.text) != std::string::npos);
}

absl::StatusOr<Truth> Search(const Value& value, std::string_view predicate,
                             const Operand& operand) {
  const std::optional<std::string> text = AsSearchable(value);
  if (!text.has_value()) return Truth::kCannot;
  if (predicate == "startsWith") return ToTruth(text->starts_with(operand.text));
  if (predicate == "endsWith") return ToTruth(text->ends_with(operand.text));
  ASSIGN_OR_RETURN(const bool found, RegexFound(operand.text, *text));
  return ToTruth(found);
}

Truth IsEmpty(const Value& value) {
  if (const std::string* text = AsString(value)) return ToTruth(text->empty());
  if (const auto* structure = std::get_if<Json>(&value)) {
    return ToTruth(structure->text == "[]" || structure->text == "{}");
  }
  return Truth::kCannot;
}

bool HasType(const Value& value, std::string_view predicate) {
  if (predicate == "isNull") return std::holds_alternative<Null>(value);
  if (predicate == "isNumber") return AsNumber(value).has_value();
  if (predicate == "isInteger") {
    const std::optional<Number> number = AsNumber(value);
    return number.has_value() && std::holds_alternative<int64_t>(*number);
  }
  if (predicate == "isBoolean") {
    const auto* text = std::get_if<Text>(&value);
    return std::holds_alternative<bool>(value) ||
           (text != nullptr && (text->text == "true" || text->text == "false"));
  }
  if (predicate == "isString") return AsString(value) != nullptr;
  const auto* structure = std::get_if<Json>(&value);
  return structure != nullptr && structure->text.starts_with(predicate == "isArray" ? '[' : '{');
}

absl::StatusOr<Truth> Decide(const Value& value, const Expectation& expectation) {
  const std::string& predicate = expectation.predicate;
  if (predicate == "exists") return ToTruth(!std::holds_alternative<Absent>(value));
  if (std::holds_alternative<Absent>(value)) return Truth::kCannot;
  if (predicate == "isEmpty") return IsEmpty(value);
  if (predicate.starts_with("is")) return ToTruth(HasType(value, predicate));

  const std::vector<Operand>& operands = expectation.operands;
  if (operands.empty() || (predicate == "between" && operands.size() != 2)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", predicate, "\" has the wrong number of values"));
  }
  if (predicate == "==" || predicate == "!=") {
    ASSIGN_OR_RETURN(const bool equal, Equals(value, operands[0]));
    return ToTruth(equal == (predicate == "=="));
  }
  if (predicate == "in") {
    for (const Operand& operand : operands) {
      ASSIGN_OR_RETURN(const bool equal, Equals(value, operand));
      if (equal) return Truth::kTrue;
    }
    return Truth::kFalse;
  }
  if (predicate == "between") {
    ASSIGN_OR_RETURN(const Truth low, Ordered(value, ">=", operands[0]));
    ASSIGN_OR_RETURN(const Truth high, Ordered(value, "<=", operands[1]));
    if (low == Truth::kCannot || high == Truth::kCannot) return Truth::kCannot;
    return ToTruth(low == Truth::kTrue && high == Truth::kTrue);
  }
  if (predicate[0] == '<' || predicate[0] == '>') return Ordered(value, predicate, operands[0]);
  if (predicate == "contains") return Contains(value, operands[0]);
  return Search(value, predicate, operands[0]);
}

// Tells why a string that looks like the wanted number or word is not equal to it.
std::string_view TypeNote(const Value& value, const Expectation& expectation) {
  const auto* text = std::get_if<String>(&value);
  for (const Operand& operand : expectation.operands) {
    if (text != nullptr && !operand.quoted && text->text == operand.text) {
      return " (a string: quote the expected value)";
    }
    if (operand.quoted && AsString(value) == nullptr && Describe(value) == operand.text) {
      return " (not a string: leave out the quotes)";
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<std::optional<Observation::Mismatch>> Evaluate(const Expectation& expectation,
                                                              const Observation& observation) {
  ASSIGN_OR_RETURN(const Value value, observation.Get(expectation.query, expectation.argument));
  ASSIGN_OR_RETURN(const Truth truth, Decide(value, expectation));
  if (truth == (expectation.negated ? Truth::kFalse : Truth::kTrue)) {
    return std::optional<Observation::Mismatch>();
  }
  std::string actual = Describe(value);
  if (expectation.predicate == "==" || expectation.predicate == "in") {
    actual += TypeNote(value, expectation);
  }
  return Observation::Mismatch{expectation.text, std::move(actual)};
}

}  // namespace smokemesh::shared
