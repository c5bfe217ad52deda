#include "shared/redactor.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace smokemesh::shared {
namespace {

constexpr size_t kShortestSecret = 4;
constexpr std::string_view kMask = "***";

std::string PercentEncode(std::string_view text, bool upper_case, bool space_as_plus) {
  std::string out;
  for (const unsigned char c : text) {
    if (space_as_plus && c == ' ') {
      out += '+';
      continue;
    }
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
      continue;
    }
    char escape[4];
    std::snprintf(escape, sizeof(escape), upper_case ? "%%%02X" : "%%%02x", c);
    out += escape;
  }
  return out;
}

std::string Base64(std::string_view text) {
  std::vector<unsigned char> out(4 * ((text.size() + 2) / 3) + 1);
  const int size = EVP_EncodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  return std::string(reinterpret_cast<char*>(out.data()), static_cast<size_t>(size));
}

std::string JsonEscape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    constexpr std::string_view kPlain = "\"\\\n\r\t\b\f";
    constexpr std::string_view kEscaped = "\"\\nrtbf";
    if (const size_t at = kPlain.find(c); at != std::string_view::npos) {
      out += '\\';
      out += kEscaped[at];
    } else {
      out += c;
    }
  }
  return out;
}

// Linear in the text, however often `from` stands in it.
void ReplaceAll(std::string* text, std::string_view from) {
  size_t at = text->find(from);
  if (at == std::string::npos) return;
  std::string out;
  size_t done = 0;
  for (; at != std::string::npos; at = text->find(from, done)) {
    out.append(*text, done, at - done);
    out += kMask;
    done = at + from.size();
  }
  out.append(*text, done);
  *text = std::move(out);
}

bool IsPasswordKey(std::string_view key) {
  std::string lower;
  for (const unsigned char c : key) lower += static_cast<char>(std::tolower(c));
  return lower.find("pass") != std::string::npos || lower.find("secret") != std::string::npos;
}

// Parameters of connection URLs whose values are settings, too common as words to be hidden.
bool IsSetting(std::string_view key) {
  constexpr std::string_view kSettings[] = {"application_name",
                                            "channel_binding",
                                            "client_encoding",
                                            "connect_timeout",
                                            "dbname",
                                            "gssencmode",
                                            "host",
                                            "hostaddr",
                                            "keepalives",
                                            "options",
                                            "port",
                                            "require_auth",
                                            "sslcert",
                                            "sslcrl",
                                            "sslkey",
                                            "sslmode",
                                            "sslnegotiation",
                                            "sslrootcert",
                                            "sslsni",
                                            "ssl_min_protocol_version",
                                            "target_session_attrs",
                                            "tcp_user_timeout",
                                            "user"};
  return std::find(std::begin(kSettings), std::end(kSettings), key) != std::end(kSettings);
}

std::string PercentDecode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// One setting of a libpq key/value string.
struct Keyword {
  std::string_view before;  // white space before the key
  std::string_view key;
  std::string_view written;  // value as written, quotes included
  std::string value;
};

// Takes the next setting of `host=h password = 'p q'`, as libpq reads it, off the front of `text`;
// nothing when there is none.
std::optional<Keyword> TakeKeyword(std::string_view* text) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  size_t at = 0;
  while (at < text->size() && is_space((*text)[at])) ++at;
  const size_t equals = text->find('=', at);
  if (equals == std::string_view::npos) return std::nullopt;
  Keyword keyword;
  keyword.before = text->substr(0, at);
  keyword.key = text->substr(at, equals - at);
  while (!keyword.key.empty() && is_space(keyword.key.back())) keyword.key.remove_suffix(1);
  size_t begin = equals + 1;
  while (begin < text->size() && is_space((*text)[begin])) ++begin;
  size_t end = begin;
  const bool quoted = end < text->size() && (*text)[end] == '\'';
  if (quoted) ++end;
  while (end < text->size() && (quoted ? (*text)[end] != '\'' : !is_space((*text)[end]))) {
    if ((*text)[end] == '\\' && end + 1 < text->size()) ++end;
    keyword.value += (*text)[end++];
  }
  if (quoted && end < text->size()) ++end;
  keyword.written = text->substr(begin, end - begin);
  text->remove_prefix(end);
  return keyword;
}

std::string WithoutKeywordPassword(std::string_view text) {
  std::string out;
  while (std::optional<Keyword> keyword = TakeKeyword(&text)) {
    out += keyword->before;
    out += keyword->key;
    out += '=';
    out += IsPasswordKey(keyword->key) ? kMask : keyword->written;
  }
  out += text;
  return out;
}

// A URL in parts, as written.
struct UrlParts {
  std::string_view scheme;  // with `://`
  std::string_view user_info;
  bool has_user_info = false;
  std::string_view rest;   // host, port, path
  std::string_view query;  // from `?` or `#`; may be empty
};

UrlParts SplitUrl(std::string_view text) {
  UrlParts parts;
  const size_t begin = text.find("://") + 3;
  parts.scheme = text.substr(0, begin);
  parts.rest = text.substr(begin);
  std::string_view authority = parts.rest.substr(0, parts.rest.find_first_of("/?#"));
  if (const size_t colon = authority.find(':');
      authority.find('@') == std::string_view::npos && colon != std::string_view::npos &&
      !authority.starts_with('[') &&
      authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) {
    // What follows the colon is no port, so it is a password that should have been encoded.
    authority = parts.rest;
  }
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    parts.has_user_info = true;
    parts.user_info = authority.substr(0, at);
    parts.rest.remove_prefix(at + 1);
  }
  const size_t query = std::min(parts.rest.find_first_of("?#"), parts.rest.size());
  parts.query = parts.rest.substr(query);
  parts.rest = parts.rest.substr(0, query);
  return parts;
}

}  // namespace

void Redactor::Add(std::string_view secret) {
  if (secret.size() < kShortestSecret) return;
  MutexLock lock(&mutex_);
  secrets_.emplace(secret);
  for (const bool space_as_plus : {false, true}) {
    secrets_.insert(PercentEncode(secret, true, space_as_plus));
    secrets_.insert(PercentEncode(secret, false, space_as_plus));
  }
  secrets_.insert(Base64(secret));
  secrets_.insert(JsonEscape(secret));
}

std::string Redactor::Redact(std::string_view text) const {
  std::string out(text);
  MutexLock lock(&mutex_);
  for (const std::string& secret : secrets_) ReplaceAll(&out, secret);
  return out;
}

bool IsUrl(std::string_view text) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0 ||
      std::isalpha(static_cast<unsigned char>(text[0])) == 0) {
    return false;
  }
  return std::all_of(
      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end),
      [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.'; });
}

std::vector<std::string> CredentialsOf(std::string_view text) {
  std::vector<std::string> found;
  const auto add = [&](std::string_view value) {
    if (value.empty()) return;
    found.emplace_back(value);
    if (std::string decoded = PercentDecode(value); decoded != value) {
      found.push_back(std::move(decoded));
    }
  };
  if (!IsUrl(text)) {
    while (const std::optional<Keyword> keyword = TakeKeyword(&text)) {
      if (IsPasswordKey(keyword->key)) found.push_back(keyword->value);
    }
    return found;
  }
  const UrlParts parts = SplitUrl(text);
  if (const size_t colon = parts.user_info.find(':'); colon != std::string_view::npos) {
    add(parts.user_info.substr(colon + 1));
    // Hides a password that is too short to be hidden by itself.
    add(parts.user_info);
  } else if (parts.scheme.starts_with("http")) {
    add(parts.user_info);
  }
  std::string_view query = parts.query.substr(0, parts.query.find('#'));
  if (!query.empty()) query.remove_prefix(1);
  while (!query.empty()) {
    const size_t length = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, length);
    const size_t equals = parameter.find('=');
    if (equals != std::string_view::npos && !IsSetting(parameter.substr(0, equals))) {
      add(parameter.substr(equals + 1));
    }
    query.remove_prefix(std::min(length + 1, query.size()));
  }
  return found;
}

std::string WithoutCredentials(std::string_view text) {
  if (!IsUrl(text)) {
    return text.find('=') == std::string_view::npos ? std::string(text)
                                                    : WithoutKeywordPassword(text);
  }
  const UrlParts parts = SplitUrl(text);
  std::string out(parts.scheme);
  if (parts.has_user_info) {
    const size_t colon = parts.user_info.find(':');
    out += parts.user_info.substr(0, colon);
    if (colon != std::string_view::npos) out += ":***";
    out += '@';
  }
  out += parts.rest;
  bool in_value = false;
  for (const char c : parts.query) {
    if (c == '&' || c == '#') {
      in_value = false;
      out += c;
    } else if (c == '=' && !in_value) {
      in_value = true;
      out += "=***";
    } else if (!in_value) {
      out += c;
    }
  }
  return out;
}

}  // namespace smokemesh::shared
