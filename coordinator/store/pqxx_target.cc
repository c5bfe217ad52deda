#include "coordinator/store/pqxx_target.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kDefaultSchema[] = "smokemesh";
constexpr size_t kMaxName = 63;  // NAMEDATALEN - 1
constexpr size_t kMaxServers = 16;

bool IsSchemaName(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && name.size() <= kMaxName && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// Takes `schema=` out of the query of `url`.
absl::Status TakeSchema(std::string* url, std::string* schema) {
  const size_t query = url->find('?');
  *schema = kDefaultSchema;
  if (query == std::string::npos) return absl::OkStatus();
  std::vector<std::string> rest;
  for (const absl::string_view part : absl::StrSplit(url->substr(query + 1), '&')) {
    if (part.substr(0, 7) == "schema=") {
      *schema = std::string(part.substr(7));
    } else {
      rest.emplace_back(part);
    }
  }
  url->resize(query);
  if (!rest.empty()) absl::StrAppend(url, "?", absl::StrJoin(rest, "&"));
  if (IsSchemaName(*schema)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the schema in the store's URL must be a name of 1 to ", kMaxName,
      " small letters, digits and underscores that begins with no digit: ?schema=smokemesh"));
}

std::vector<std::string> List(const PqxxTarget::Parameters& parameters, const char* keyword) {
  const auto found = parameters.find(keyword);
  if (found == parameters.end() || found->second.empty()) return {};
  return absl::StrSplit(found->second, ',');
}

// libpq's lists of hosts, addresses and ports, one server each: so that one which does not answer
// gets its share of the time only.
std::vector<PqxxTarget::Parameters> OneByOne(const PqxxTarget::Parameters& parameters) {
  const std::pair<const char*, std::vector<std::string>> lists[] = {
      {"host", List(parameters, "host")},
      {"hostaddr", List(parameters, "hostaddr")},
      {"port", List(parameters, "port")}};
  const size_t count = std::max({lists[0].second.size(), lists[1].second.size(), size_t{1}});
  std::vector<PqxxTarget::Parameters> servers;
  for (size_t i = 0; i < std::min(count, kMaxServers); ++i) {
    PqxxTarget::Parameters& server = servers.emplace_back(parameters);
    for (const auto& [keyword, list] : lists) {
      // A list of one port serves all hosts. What does not fit otherwise is libpq's to refuse.
      if (list.size() == count || (list.size() > 1 && i < list.size())) server[keyword] = list[i];
    }
  }
  return servers;
}

}  // namespace

absl::StatusOr<PqxxTarget> ParsePostgresUrl(const std::string& url, PqxxAccess access) {
  PqxxTarget target;
  std::string rest = url;
  RETURN_IF_ERROR(TakeSchema(&rest, &target.schema));
  target.name = shared::WithoutCredentials(rest);
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(rest.c_str(), nullptr), &PQconninfoFree);
  if (options == nullptr || rest.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        "the store's URL cannot be read: expected "
        "`postgresql://user:password@host:port/database?parameter=value` with libpq's parameters; "
        "percent-encode special characters of the password (the text is not shown, it may hold "
        "one)");
  }
  PqxxTarget::Parameters parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parameters[option->keyword] = option->val;
  }
  if (const auto host = parameters.find("host");
      host != parameters.end() && host->second.find('@') != std::string::npos) {
    return absl::InvalidArgumentError(
        "the host in the store's URL holds an `@`: percent-encode special characters of the "
        "password");
  }
  const std::pair<const char*, const char*> defaults[] = {
      {"application_name", "smokemesh"},
      {"tcp_user_timeout", "5000"},
      {"keepalives", "1"},
      {"keepalives_idle", "5"},
      {"keepalives_interval", "2"},
      {"keepalives_count", "3"},
      // Kerberos libraries block on their own servers.
      {"gssencmode", "disable"},
      // After a fail-over: the server that can be written to.
      {"target_session_attrs", access == PqxxAccess::kReadAndWrite ? "read-write" : "any"},
  };
  for (const auto& [keyword, value] : defaults) parameters.emplace(keyword, value);
  parameters["client_encoding"] = "UTF8";
  target.servers = OneByOne(parameters);
  return target;
}

}  // namespace smokemesh::coordinator
