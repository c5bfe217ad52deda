#include "shared/yaml/json_text.h"

#include <cstdio>

#include "absl/strings/ascii.h"

namespace smokemesh::shared {
namespace {

void AppendString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      out->append(escape);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

void Append(const YamlNode& node, std::string* out) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
    case YamlNode::Kind::kRefused:
      out->append("null");
      return;
    case YamlNode::Kind::kScalar:
      if (!node.quoted &&
          (node.text == "true" || node.text == "false" || IsJsonNumber(node.text))) {
        out->append(node.text);
      } else {
        AppendString(node.text, out);
      }
      return;
    case YamlNode::Kind::kList:
      out->push_back('[');
      for (size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out->push_back(',');
        Append(node.items[i], out);
      }
      out->push_back(']');
      return;
    case YamlNode::Kind::kMap:
      out->push_back('{');
      for (size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out->push_back(',');
        AppendString(node.keys[i].text, out);
        out->push_back(':');
        Append(node.items[i], out);
      }
      out->push_back('}');
      return;
  }
}

}  // namespace

bool IsJsonNumber(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t start = i;
    while (i < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) ++i;
    return i - start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const size_t start = i;
  const size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[start] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

std::string ToJsonText(const YamlNode& node) {
  std::string out;
  Append(node, &out);
  return out;
}

}  // namespace smokemesh::shared
