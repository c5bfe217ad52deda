#include "coordinator/store/pqxx_text.h"

#include <cstddef>

#include "absl/strings/escaping.h"

namespace smokemesh::coordinator {
namespace {

// Bytes of the character that `text` begins with; 0 when it is not valid UTF-8 (RFC 3629).
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||  // surrogates
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

void AppendEscape(char byte, std::string* out) {
  out->push_back('\\');
  out->append(absl::BytesToHexString(std::string(1, byte)));
}

}  // namespace

std::string ToPqxxText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0 || text[0] == '\0' || text[0] == '\\') {
      AppendEscape(text[0], &out);
      text.remove_prefix(1);
    } else {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return out;
}

std::string FromPqxxText(std::string_view stored) {
  std::string out;
  out.reserve(stored.size());
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  for (size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] == '\\' && i + 2 < stored.size() && is_digit(stored[i + 1]) &&
        is_digit(stored[i + 2])) {
      out.append(absl::HexStringToBytes(std::string(stored.substr(i + 1, 2))));
      i += 2;
    } else {
      out.push_back(stored[i]);
    }
  }
  return out;
}

std::string ToPqxxBytes(std::string_view bytes) {
  return "\\x" + absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

std::optional<std::string> FromPqxxBytes(std::string_view stored) {
  if (!stored.starts_with("\\x") || stored.size() % 2 != 0) return std::nullopt;
  stored.remove_prefix(2);
  for (const char c : stored) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
  }
  return absl::HexStringToBytes(absl::string_view(stored.data(), stored.size()));
}

std::string ToPqxxArray(const std::vector<std::string>& values) {
  std::string out = "{";
  for (const std::string& value : values) {
    if (out.size() > 1) out.push_back(',');
    out.push_back('"');
    for (const char c : value) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
  }
  out.push_back('}');
  return out;
}

}  // namespace smokemesh::coordinator
