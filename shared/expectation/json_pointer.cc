#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "shared/expectation/expectation.h"
#include "shared/expectation/json_value.h"

namespace smokemesh::shared {
namespace {

using nlohmann::json;

// The library walks nested values by recursion: what a target sends must not be deep.
constexpr int kDeepest = 200;

bool TooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

// Undoes RFC 6901's escapes. Nothing for a `~` that is no escape.
std::optional<std::string> Unescape(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
      continue;
    }
    ++i;
    if (i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    out += token[i] == '0' ? '~' : '/';
  }
  return out;
}

const json* Element(const json& array, std::string_view token) {
  if (token.size() > 1 && token[0] == '0') return nullptr;
  size_t index = 0;
  const char* const end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, index);
  if (error != std::errc() || stop != end || index >= array.size()) return nullptr;
  return &array[index];
}

Value ToValue(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return Null{};
    case json::value_t::boolean:
      return value.get<bool>();
    case json::value_t::number_integer:
      return value.get<int64_t>();
    case json::value_t::number_unsigned:
      if (value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        return value.get<double>();
      }
      return value.get<int64_t>();
    case json::value_t::number_float:
      return value.get<double>();
    case json::value_t::string:
      return String{value.get<std::string>()};
    default:
      return Json{value.dump(-1, ' ', false, json::error_handler_t::replace)};
  }
}

}  // namespace

Value JsonPointer(std::string_view json_text, std::string_view pointer) {
  if (TooDeep(json_text)) return Absent{};
  const json document = json::parse(json_text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return Absent{};
  const json* at = &document;
  while (!pointer.empty()) {
    if (pointer[0] != '/') return Absent{};
    pointer.remove_prefix(1);
    const size_t length = std::min(pointer.find('/'), pointer.size());
    const std::optional<std::string> token = Unescape(pointer.substr(0, length));
    pointer.remove_prefix(length);
    if (!token.has_value()) return Absent{};
    if (at->is_object()) {
      const auto member = at->find(*token);
      at = member == at->end() ? nullptr : &*member;
    } else if (at->is_array()) {
      at = Element(*at, *token);
    } else {
      at = nullptr;
    }
    if (at == nullptr) return Absent{};
  }
  return ToValue(*at);
}

bool JsonEqual(std::string_view a, std::string_view b) {
  if (TooDeep(a) || TooDeep(b)) return false;
  const json value_a = json::parse(a, nullptr, /*allow_exceptions=*/false);
  const json value_b = json::parse(b, nullptr, /*allow_exceptions=*/false);
  return !value_a.is_discarded() && !value_b.is_discarded() && value_a == value_b;
}

std::vector<Value> JsonElements(std::string_view text) {
  std::vector<Value> elements;
  if (TooDeep(text)) return elements;
  const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_array()) return elements;
  for (const json& element : value) elements.push_back(ToValue(element));
  return elements;
}

std::optional<std::string> ReadJsonString(std::string_view text) {
  const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

}  // namespace smokemesh::shared
