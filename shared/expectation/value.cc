#include <array>
#include <charconv>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "shared/duration.h"
#include "shared/expectation/expectation.h"

namespace smokemesh::shared {
namespace {

// The shortest text that reads back as the same number.
std::string FormatReal(double value) {
  std::array<char, 32> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), result.ptr);
}

}  // namespace

std::string Describe(const Value& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, Absent>) {
          return "nothing";
        } else if constexpr (std::is_same_v<T, Null>) {
          return "null";
        } else if constexpr (std::is_same_v<T, bool>) {
          return held ? "true" : "false";
        } else if constexpr (std::is_same_v<T, int64_t>) {
          return absl::StrCat(held);
        } else if constexpr (std::is_same_v<T, double>) {
          return FormatReal(held);
        } else if constexpr (std::is_same_v<T, Duration>) {
          return FormatDuration(held);
        } else if constexpr (std::is_same_v<T, Json>) {
          return held.text;
        } else {
          return absl::StrCat("\"", held.text, "\"");
        }
      },
      value);
}

absl::StatusOr<std::string> ToText(const Value& value) {
  if (std::holds_alternative<Absent>(value)) return absl::NotFoundError("there is no such value");
  if (std::holds_alternative<Null>(value)) return absl::NotFoundError("the value is null");
  if (const auto* text = std::get_if<Text>(&value)) return text->text;
  if (const auto* text = std::get_if<String>(&value)) return text->text;
  return Describe(value);
}

}  // namespace smokemesh::shared
