#include "shared/expectation/literal.h"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace smokemesh::shared {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t Digits(std::string_view text, size_t at) {
  size_t count = 0;
  while (at + count < text.size() && IsDigit(text[at + count])) ++count;
  return count;
}

// Whether `text` has the form of a JSON number; `*integer` tells whether it has only digits.
bool IsNumber(std::string_view text, bool* integer) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t whole = Digits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  *integer = at == text.size();
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = Digits(text, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t exponent = Digits(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

}  // namespace

std::optional<Number> ReadNumber(std::string_view text) {
  bool integer = false;
  if (!IsNumber(text, &integer)) return std::nullopt;
  const char* const end = text.data() + text.size();
  if (integer) {
    int64_t value = 0;
    if (std::from_chars(text.data(), end, value).ec == std::errc()) return value;
  }
  double value = 0;
  // Out of range: no number that we could compare.
  if (std::from_chars(text.data(), end, value).ec != std::errc()) return std::nullopt;
  return value;
}

int Compare(const Number& a, const Number& b) {
  const auto* int_a = std::get_if<int64_t>(&a);
  const auto* int_b = std::get_if<int64_t>(&b);
  if (int_a != nullptr && int_b != nullptr) return (*int_a > *int_b) - (*int_a < *int_b);
  const auto real = [](const Number& number) {
    return std::visit([](auto value) { return static_cast<double>(value); }, number);
  };
  const double real_a = real(a);
  const double real_b = real(b);
  return (real_a > real_b) - (real_a < real_b);
}

}  // namespace smokemesh::shared
