#include "shared/postgres/server_message.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace smokemesh::shared {
namespace {

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

// What to look at when the server refused a session with `sqlstate`. The texts that it is told
// apart by are those of an English server; without them the general advice remains.
std::string_view Advice(std::string_view sqlstate, std::string_view text) {
  if (sqlstate == "53300") {
    if (Has(text, "for role")) {
      return "the role's CONNECTION LIMIT is used up: compare pg_roles.rolconnlimit with the "
             "role's "
             "sessions in pg_stat_activity; look for a pool that is too large or leaks";
    }
    if (Has(text, "for database")) {
      return "the database's CONNECTION LIMIT is used up: compare pg_database.datconnlimit with "
             "its "
             "sessions in pg_stat_activity; look for a pool that is too large or leaks";
    }
    if (Has(text, "reserved")) {
      return "only the slots that superuser_reserved_connections keeps back are left of "
             "max_connections: look at pg_stat_activity (by usename, application_name and state) "
             "for the pool that takes the others, and at the size and limits of the pooler";
    }
    return "the server's max_connections is used up: look at pg_stat_activity (by usename, "
           "application_name and state) for the pool that takes them, and at the size and limits "
           "of "
           "the pooler";
  }
  if (sqlstate == "28P01") {
    return "check the user and the password of the connection, and the role's VALID UNTIL";
  }
  if (sqlstate == "28000") {
    if (Has(text, "pg_hba.conf")) {
      return "pg_hba.conf must let this user reach this database from here, with or "
             "without TLS as the connection does";
    }
    return "check that the role exists and has LOGIN (pg_roles.rolcanlogin), and what pg_hba.conf "
           "asks of it";
  }
  if (sqlstate == "3D000") {
    return "check the database name of the connection; pg_database lists those that exist";
  }
  if (sqlstate == "42501") return "the role needs CONNECT on the database";
  if (sqlstate == "55000") {
    return "the database does not accept sessions: see pg_database.datallowconn";
  }
  if (sqlstate == "57P03") {
    return "the server is starting, stopping or recovering: see its log, and try again when it is "
           "up";
  }
  return "";
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
      return {std::string(rest.substr(0, 5)), std::string(Primary(rest.substr(7)))};
    }
  }
  return {"", std::string(Primary(message))};
}

absl::Status ConnectionError(std::string_view message, const std::string& target) {
  const ServerMessage answer = ParseServerMessage(message);
  if (!answer.sqlstate.empty()) {
    const std::string advice(Advice(answer.sqlstate, answer.text));
    const std::string text =
        absl::StrCat(target, " refused the session: ", answer.text, " (SQLSTATE ", answer.sqlstate,
                     ")", advice.empty() ? "" : "; ", advice);
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
        absl::StrCat("TLS files of ", target, ": ", std::string(reason)));
  }
  if (reason.starts_with("invalid ")) {
    // libpq quotes the value, which may be part of a password that was not percent-encoded.
    return absl::InvalidArgumentError(absl::StrCat("the connection string has an ",
                                                   std::string(reason.substr(0, reason.find(':'))),
                                                   "; percent-encode special "
                                                   "characters of the password"));
  }
  if (Has(reason, "SSL") || Has(reason, "certificate")) {
    return absl::UnavailableError(
        absl::StrCat("TLS with ", target, " failed: ", std::string(reason)));
  }
  if (Has(reason, "server closed the connection")) {
    return absl::UnavailableError(target + " closed the connection before the session began");
  }
  return absl::UnavailableError(
      absl::StrCat("connection to ", target, " failed: ", std::string(reason)));
}

}  // namespace smokemesh::shared
