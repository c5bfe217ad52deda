#include "coordinator/plan/literal_secrets.h"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "shared/yaml/strict_yaml.h"

namespace smokemesh::coordinator {
namespace {

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

// Index of the first of `stops` at or after `i` that is not inside `${…}` or `{{…}}`.
size_t FindOutside(std::string_view text, size_t i, std::string_view stops) {
  std::string open;  // `$` for each `${`, `{` for each `{{`: defaults hold further `${…}`
  for (; i < text.size(); ++i) {
    if (text.substr(i, 2) == "${" || text.substr(i, 2) == "{{") {
      open += text[i];
      ++i;
    } else if (!open.empty() && text[i] == '}') {
      if (open.back() == '{' && text.substr(i, 2) == "}}") ++i;
      open.pop_back();
    } else if (open.empty() && stops.find(text[i]) != std::string_view::npos) {
      return i;
    }
  }
  return text.size();
}

// Looks for `NAME=value` where a parameter can begin: at the start, after a space, `?` or `&`.
bool HasLiteralParameter(std::string_view text, std::string_view name) {
  const std::string lower = Lower(text);
  for (size_t at = lower.find(name); at != std::string::npos; at = lower.find(name, at + 1)) {
    if (at > 0 && std::string_view(" \t\n?&-{").find(lower[at - 1]) == std::string_view::npos) {
      continue;
    }
    size_t i = at + name.size();
    while (i < text.size() && text[i] == ' ') ++i;
    if (i >= text.size() || text[i] != '=') continue;
    ++i;
    while (i < text.size() && text[i] == ' ') ++i;
    if (IsLiteral(text.substr(i, FindOutside(text, i, " \t\n&#}") - i))) return true;
  }
  return false;
}

// Calls `visit(name, value)` for every member on every level; stops when it returns true.
bool VisitMembers(const nlohmann::json& value,
                  const std::function<bool(const std::string&, const nlohmann::json&)>& visit) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      if (visit(name, member) || VisitMembers(member, visit)) return true;
    }
  } else if (value.is_array()) {
    for (const auto& element : value) {
      if (VisitMembers(element, visit)) return true;
    }
  }
  return false;
}

// Parsed JSON, or a discarded value when it is none or too deep.
nlohmann::json ParseJson(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (in_string) {
      if (json[i] == '\\')
        ++i;
      else if (json[i] == '"')
        in_string = false;
    } else if (json[i] == '"') {
      in_string = true;
    } else if (json[i] == '[' || json[i] == '{') {
      if (++depth > shared::kMaxYamlDepth)
        return nlohmann::json(nlohmann::json::value_t::discarded);
    } else if (json[i] == ']' || json[i] == '}') {
      --depth;
    }
  }
  return nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

bool IsLiteral(std::string_view text) {
  return !text.empty() && text.find("${") == std::string_view::npos &&
         text.find("{{") == std::string_view::npos;
}

bool HasLiteralPassword(std::string_view text) {
  for (size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const size_t start = at + 3;
    const std::string_view authority =
        text.substr(start, FindOutside(text, start, "/?# \t\n}") - start);
    const size_t host = authority.rfind('@');
    if (host == std::string_view::npos) continue;
    const std::string_view user = authority.substr(0, host);
    const size_t colon = FindOutside(user, 0, ":");
    if (colon < user.size() && IsLiteral(user.substr(colon + 1))) return true;
  }
  return HasLiteralParameter(text, "password") || HasLiteralParameter(text, "sslpassword");
}

bool IsLiteralCredentialHeader(std::string_view name, std::string_view value) {
  static constexpr std::array<std::string_view, 8> kHeaders = {
      "authorization", "proxy-authorization", "cookie",        "x-api-key", "api-key",
      "apikey",        "x-auth-token",        "x-access-token"};
  return std::find(kHeaders.begin(), kHeaders.end(), Lower(name)) != kHeaders.end() &&
         IsLiteral(value);
}

bool IsSecretName(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "password", "passwd", "secret",       "client_secret", "clientsecret", "token",
      "api_key",  "apikey", "access_token", "refresh_token", "api-key"};
  return std::find(kNames.begin(), kNames.end(), Lower(name)) != kNames.end();
}

std::optional<std::string> LiteralSecretInJson(std::string_view json) {
  std::optional<std::string> found;
  VisitMembers(ParseJson(json), [&](const std::string& name, const nlohmann::json& value) {
    if (!IsSecretName(name)) return false;
    if (!value.is_number() && !(value.is_string() && IsLiteral(value.get<std::string>()))) {
      return false;
    }
    found = name;
    return true;
  });
  return found;
}

bool IsJson(std::string_view json) { return !ParseJson(json).is_discarded(); }

bool IsJsonObject(std::string_view json) { return ParseJson(json).is_object(); }

bool HasJsonMember(std::string_view json, const std::string& name) {
  const nlohmann::json parsed = ParseJson(json);
  return parsed.is_object() && parsed.contains(name);
}

}  // namespace smokemesh::coordinator
