#include "agent/checks/postgres/server_message.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

constexpr size_t kMaxText = 1024;

bool IsSqlstate(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                  absl::ascii_isupper(static_cast<unsigned char>(c));
         });
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Cuts off what libpq appends to the primary message, each on lines of its own.
std::string_view Primary(std::string_view text) {
  size_t end = text.size();
  for (const std::string_view label :
       {"\nDETAIL:  ", "\nHINT:  ", "\nLINE ",
        "\nQUERY:  ", "\nCONTEXT:  ", "\nSCHEMA NAME:  ", "\nTABLE NAME:  ", "\nCOLUMN NAME:  ",
        "\nDATATYPE NAME:  ", "\nCONSTRAINT NAME:  ", "\nLOCATION:  "}) {
    end = std::min(end, text.find(label));
  }
  text = text.substr(0, end);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

std::string Clean(std::string_view text) {
  return shared::Shorten(shared::EscapeControl(text), kMaxText);
}

// The last attempt's own words: `connection to server at "…", port 1 failed: WORDS`.
std::string_view LastReason(std::string_view message) {
  constexpr std::string_view kStart = "connection to server ";
  constexpr std::string_view kFailed = " failed: ";
  if (const size_t start = message.rfind(kStart); start != std::string_view::npos) {
    message.remove_prefix(start);
    if (const size_t failed = message.find(kFailed); failed != std::string_view::npos) {
      message.remove_prefix(failed + kFailed.size());
    }
  }
  return message.substr(0, message.find('\n'));
}

}  // namespace

ServerMessage ParseServerMessage(std::string_view message) {
  constexpr std::string_view kGap = ":  ";
  for (size_t at = message.find(kGap); at != std::string_view::npos;
       at = message.find(kGap, at + 1)) {
    const std::string_view rest = message.substr(at + kGap.size());
    if (rest.size() >= 7 && IsSqlstate(rest.substr(0, 5)) && rest.substr(5, 2) == ": ") {
      return {std::string(rest.substr(0, 5)), Clean(Primary(rest.substr(7)))};
    }
  }
  return {"", Clean(Primary(message))};
}

absl::Status ConnectionError(std::string_view message, const std::string& target) {
  const ServerMessage answer = ParseServerMessage(message);
  if (!answer.sqlstate.empty()) {
    const std::string text = absl::StrCat(target, " refused the session: ", answer.text,
                                          " (SQLSTATE ", answer.sqlstate, ")");
    if (answer.sqlstate.starts_with("28")) return absl::UnauthenticatedError(text);
    if (answer.sqlstate == "42501") return absl::PermissionDeniedError(text);
    return absl::UnavailableError(text);
  }
  const std::string_view reason = LastReason(message);
  if (Has(reason, "no password supplied")) {
    return absl::UnauthenticatedError(
        absl::StrCat(target, " asks for a password and the connection has none"));
  }
  if (Has(reason, "Connection refused")) {
    return absl::UnavailableError("connection refused by " + target);
  }
  if (Has(reason, "certificate file") || Has(reason, "private key file")) {
    return absl::FailedPreconditionError(
        absl::StrCat("TLS files of ", target, ": ", Clean(reason)));
  }
  if (reason.starts_with("invalid ")) {
    // libpq quotes the value, which may be part of a password that was not percent-encoded.
    return absl::InvalidArgumentError(absl::StrCat("the connection string has an ",
                                                   Clean(reason.substr(0, reason.find(':'))),
                                                   "; percent-encode special "
                                                   "characters of the password"));
  }
  if (Has(reason, "SSL") || Has(reason, "certificate")) {
    return absl::UnavailableError(absl::StrCat("TLS with ", target, " failed: ", Clean(reason)));
  }
  if (Has(reason, "server closed the connection")) {
    return absl::UnavailableError(target + " closed the connection before the session began");
  }
  return absl::UnavailableError(absl::StrCat("connection to ", target, " failed: ", Clean(reason)));
}

}  // namespace smokemesh::agent
