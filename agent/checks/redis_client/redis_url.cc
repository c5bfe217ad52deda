#include "agent/checks/redis_client/redis_url.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

absl::Status Bad(std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the Redis URL ", std::string(what),
                   "; it reads redis://[user:password@]host:port/database, or rediss:// for TLS "
                   "(the text is not shown, it may hold a password)"));
}

// All of `text` as a number in [0, max].
std::optional<int> Number(std::string_view text, int max) {
  int number = 0;
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text[0])) ||
      !absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number) || number < 0 ||
      number > max) {
    return std::nullopt;
  }
  return number;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

absl::Status ReadLogin(std::string_view login, RedisUrl* url) {
  const size_t colon = login.find(':');
  const auto user = PercentDecoded(login.substr(0, colon));
  const auto password = PercentDecoded(colon == std::string_view::npos ? std::string_view()
                                                                       : login.substr(colon + 1));
  if (!user || !password) return Bad("has a broken percent-encoding in its user information");
  if (!user->empty() && password->empty()) return Bad("has a user and no password");
  url->user = *user;
  url->password = *password;
  return absl::OkStatus();
}

absl::Status ReadServer(std::string_view server, RedisUrl* url) {
  size_t colon = server.rfind(':');
  if (server.starts_with("[")) {
    const size_t end = server.find(']');
    if (end == std::string_view::npos) return Bad("has a `[` without its `]`");
    url->host = server.substr(1, end - 1);
    if (colon != std::string_view::npos && colon < end) colon = std::string_view::npos;
    if (colon == std::string_view::npos && end + 1 != server.size()) {
      return Bad("has something between `]` and the port");
    }
  } else {
    url->host = server.substr(0, colon);
  }
  if (url->host.empty()) return Bad("has no host");
  if (url->host.find('@') != std::string::npos) {
    return Bad("has an `@` in its host: percent-encode special characters of the password");
  }
  if (colon == std::string_view::npos) return absl::OkStatus();
  const auto port = Number(server.substr(colon + 1), 65535);
  if (!port || *port == 0) {
    return Bad(
        "has a port that is no number from 1 to 65535: percent-encode special characters of "
        "the password");
  }
  url->port = *port;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RedisUrl> ParseRedisUrl(std::string_view text) {
  RedisUrl url;
  if (text.empty()) return absl::InvalidArgumentError("the Redis URL is empty");
  if (text.starts_with("rediss://")) {
    url.tls = true;
    text.remove_prefix(9);
  } else if (text.starts_with("redis://")) {
    text.remove_prefix(8);
  } else {
    return Bad("starts with neither redis:// nor rediss://");
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return Bad(
        "has a `?` or `#`: TLS settings belong into the connection's `tls`, and special "
        "characters of a password must be percent-encoded");
  }
  const size_t slash = text.find('/');
  const std::string_view authority = text.substr(0, slash);
  const std::string_view path =
      slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  const size_t at = authority.find('@');
  if (at != std::string_view::npos) RETURN_IF_ERROR(ReadLogin(authority.substr(0, at), &url));
  RETURN_IF_ERROR(
      ReadServer(at == std::string_view::npos ? authority : authority.substr(at + 1), &url));
  if (!path.empty()) {
    const auto database = Number(path, INT32_MAX);
    if (!database) {
      return Bad(
          "has a database that is no number: percent-encode special characters of the "
          "password");
    }
    url.database = *database;
  }
  return url;
}

}  // namespace smokemesh::agent
