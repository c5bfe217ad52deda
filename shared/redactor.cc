#include "shared/redactor.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <vector>

namespace smokemesh::shared {
namespace {

constexpr size_t kShortestSecret = 4;
constexpr std::string_view kMask = "***";

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
      continue;
    }
    char escape[4];
    std::snprintf(escape, sizeof(escape), "%%%02X", c);
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
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

void ReplaceAll(std::string* text, std::string_view from) {
  for (size_t at = text->find(from); at != std::string::npos; at = text->find(from, at)) {
    text->replace(at, from.size(), kMask);
    at += kMask.size();
  }
}

bool IsPasswordKey(std::string_view key) {
  std::string lower;
  for (const unsigned char c : key) lower += static_cast<char>(std::tolower(c));
  return lower.find("pass") != std::string::npos || lower.find("secret") != std::string::npos;
}

// `host=h password=p` and `host=h password='p q'`, as libpq reads them.
std::string WithoutKeywordPassword(std::string_view text) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t equals = text.find('=', at);
    if (equals == std::string_view::npos) break;
    size_t end = equals + 1;
    while (end < text.size() && text[end] == ' ') ++end;
    if (end < text.size() && text[end] == '\'') {
      ++end;
      while (end < text.size() && text[end] != '\'') end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
    } else {
      while (end < text.size() && text[end] != ' ') ++end;
    }
    const std::string_view key = text.substr(at, equals - at);
    out += key;
    out += '=';
    out += IsPasswordKey(key) ? kMask : text.substr(equals + 1, end - equals - 1);
    at = end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace

void Redactor::Add(std::string_view secret) {
  if (secret.size() < kShortestSecret) return;
  MutexLock lock(&mutex_);
  secrets_.emplace(secret);
  secrets_.insert(PercentEncode(secret));
  secrets_.insert(Base64(secret));
  secrets_.insert(JsonEscape(secret));
}

std::string Redactor::Redact(std::string_view text) const {
  std::string out(text);
  MutexLock lock(&mutex_);
  for (const std::string& secret : secrets_) ReplaceAll(&out, secret);
  return out;
}

std::string WithoutCredentials(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) {
    return text.find('=') == std::string_view::npos ? std::string(text)
                                                    : WithoutKeywordPassword(text);
  }
  std::string out(text.substr(0, scheme + 3));
  std::string_view rest = text.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    const size_t colon = user.find(':');
    out += user.substr(0, colon);
    if (colon != std::string_view::npos) out += ":***";
    out += '@';
    rest.remove_prefix(at + 1);
  }
  const size_t question = rest.find('?');
  out += rest.substr(0, question);
  if (question == std::string_view::npos) return out;
  std::string_view query = rest.substr(question);
  bool in_value = false;
  for (const char c : query) {
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
