#include "agent/checks/postgres/pqxx_connect.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "agent/checks/net/resolver.h"
#include "agent/checks/net/tcp_connect.h"
#include "agent/checks/net/waiter.h"
#include "agent/checks/reach.h"
#include "shared/postgres/server_message.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

constexpr char kDefaultPort[] = "5432";
constexpr size_t kMaxCandidates = 32;

// One place to try, in libpq's parallel lists.
struct Candidate {
  std::string host;
  std::string address;  // empty: libpq does not need to know more than `host`
  std::string port;
};

std::string Find(const ConnectionParameters& parameters, const std::string& keyword) {
  const auto it = parameters.find(keyword);
  return it == parameters.end() ? "" : it->second;
}

std::string FindOrEnvironment(const ConnectionParameters& parameters, const std::string& keyword,
                              const char* variable) {
  if (const std::string value = Find(parameters, keyword); !value.empty()) return value;
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// As libpq does: a list of one port serves all hosts.
std::string PortOf(const std::vector<std::string>& ports, size_t index) {
  const std::string port = ports.size() == 1 ? ports[0] : index < ports.size() ? ports[index] : "";
  return port.empty() ? kDefaultPort : port;
}

std::vector<std::string> Split(const std::string& list) { return absl::StrSplit(list, ','); }

bool IsSocketPath(std::string_view host) {
  return host.empty() || host.front() == '/' || host.front() == '@';
}

std::string DropDriver(std::string_view text) {
  const size_t colon = text.find("://");
  const size_t plus = text.find('+');
  if (colon == std::string_view::npos || plus == std::string_view::npos || plus > colon) {
    return std::string(text);
  }
  std::string url =
      absl::StrCat(std::string(text.substr(0, plus)), std::string(text.substr(colon)));
  // The drivers that need such a scheme (asyncpg, pg8000) call the parameter `ssl`.
  const size_t query = url.find('?');
  for (const std::string_view parameter : {"?ssl=", "&ssl="}) {
    if (query == std::string::npos) break;
    const size_t at = url.find(parameter, query);
    if (at != std::string::npos) url.replace(at + 1, 3, "sslmode");
  }
  return url;
}

absl::StatusOr<std::vector<Candidate>> Candidates(const ConnectionParameters& parameters,
                                                  const TargetGuard& guard,
                                                  const CheckContext& context) {
  std::vector<std::string> hosts = Split(FindOrEnvironment(parameters, "host", "PGHOST"));
  std::vector<std::string> given = Split(FindOrEnvironment(parameters, "hostaddr", "PGHOSTADDR"));
  if (hosts == std::vector<std::string>{""}) hosts.resize(given.size());
  if (given == std::vector<std::string>{""}) given.resize(hosts.size());
  if (hosts.size() != given.size()) {
    return absl::InvalidArgumentError(
        "the connection string has another number of hosts than of `hostaddr`");
  }
  const std::vector<std::string> ports = Split(FindOrEnvironment(parameters, "port", "PGPORT"));
  std::vector<Candidate> candidates;
  absl::Status failure, forbidden;
  for (size_t i = 0; i < hosts.size(); ++i) {
    const std::string port = PortOf(ports, i);
    int number = 0;
    if (!absl::SimpleAtoi(port, &number) || number < 1 || number > 65535) {
      return absl::InvalidArgumentError(
          "the port in the connection string is no number from 1 to 65535; percent-encode special "
          "characters of the password");
    }
    if (given[i].empty() && IsSocketPath(hosts[i])) {
      absl::Status allowed = guard.MayUseSocket(hosts[i], number);
      if (allowed.ok()) candidates.push_back({hosts[i], "", port});
      forbidden.Update(std::move(allowed));
      continue;
    }
    // What `hostaddr` says is where it goes: a policy that lists the name says nothing of that.
    const std::string& asked = given[i].empty() ? hosts[i] : given[i];
    const auto addresses = ResolveAllowed(asked, number, guard, context);
    if (IsForbidden(addresses.status())) {
      forbidden.Update(addresses.status());
      continue;
    }
    if (!addresses.ok()) {
      failure = addresses.status();
      if (!absl::IsUnavailable(failure)) return failure;
      continue;
    }
    for (const NetAddress& address : *addresses) {
      candidates.push_back({hosts[i], address.ip, port});
    }
  }
  if (candidates.empty()) return forbidden.ok() ? failure : forbidden;
  if (candidates.size() > kMaxCandidates) candidates.resize(kMaxCandidates);
  return candidates;
}

absl::Status AddCandidates(const TargetGuard& guard, const CheckContext& context,
                           ConnectionParameters* parameters) {
  ASSIGN_OR_RETURN(const std::vector<Candidate> candidates,
                   Candidates(*parameters, guard, context));
  std::vector<std::string> hosts, addresses, ports;
  for (const Candidate& candidate : candidates) {
    hosts.push_back(candidate.host);
    addresses.push_back(candidate.address);
    ports.push_back(candidate.port);
  }
  (*parameters)["host"] = absl::StrJoin(hosts, ",");
  (*parameters)["hostaddr"] = absl::StrJoin(addresses, ",");
  (*parameters)["port"] = absl::StrJoin(ports, ",");
  return absl::OkStatus();
}

// How far a session got that ended at `stage` with libpq's `message`.
v1::Reach ReachOf(ConnStatusType stage, std::string_view message) {
  if (!shared::ParseServerMessage(message).sqlstate.empty()) return v1::REACH_ANSWERED;
  switch (stage) {
    case CONNECTION_NEEDED:
    case CONNECTION_STARTED:
      // A server on the next address may have been tried after one that refused: the last one
      // counts.
      return message.find("Connection refused") != std::string_view::npos ||
                     message.find("No such file") != std::string_view::npos
                 ? v1::REACH_REFUSED
                 : v1::REACH_NO_CONNECTION;
    case CONNECTION_SSL_STARTUP:
      return v1::REACH_CONNECTED;
    default:
      // The certificate is looked at, and a server without TLS is found out, a step later.
      return message.find("SSL") != std::string_view::npos ||
                     message.find("certificate") != std::string_view::npos
                 ? v1::REACH_CONNECTED
                 : v1::REACH_NO_ANSWER;
  }
}

// The role that libpq logs in as.
std::string RoleOf(const ConnectionParameters& parameters) {
  if (std::string role = FindOrEnvironment(parameters, "user", "PGUSER"); !role.empty()) {
    return role;
  }
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconndefaults(),
                                                                             &PQconninfoFree);
  for (const PQconninfoOption* option = options.get();
       option != nullptr && option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "user" && option->val != nullptr) return option->val;
  }
  return "";
}

void AddDefaults(const CheckContext& context, ConnectionParameters* parameters) {
  const auto left = std::max<shared::Duration>(context.deadline - std::chrono::steady_clock::now(),
                                               std::chrono::seconds(1));
  const int64_t milliseconds =
      std::min<int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 3'600'000);
  const std::pair<const char*, std::string> defaults[] = {
      {"application_name", "smokemesh"},
      {"client_encoding", "UTF8"},
      {"connect_timeout", absl::StrCat(milliseconds / 1000 + 1)},
      {"tcp_user_timeout", absl::StrCat(milliseconds)},
      {"keepalives", "1"},
      {"keepalives_idle", "2"},
      {"keepalives_interval", "1"},
      {"keepalives_count", "3"},
      // Kerberos libraries block on their own servers.
      {"gssencmode", "disable"},
  };
  for (const auto& [keyword, value] : defaults) parameters->emplace(keyword, value);
}

}  // namespace

absl::StatusOr<ConnectionParameters> ParseConnectionString(std::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("the connection string is empty");
  const std::string url = DropDriver(text);
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  if (options == nullptr || url.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        "the connection string is neither a URI "
        "`postgresql://user@host:port/database?parameter=value` "
        "nor `keyword=value …` as libpq reads them; check its parameters and percent-encode "
        "special "
        "characters of the password (the text is not shown, it may hold one)");
  }
  ConnectionParameters parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parameters[option->keyword] = option->val;
  }
  // These make libpq read other parameters, write what it sends, or ask servers that no policy has
  // looked at.
  for (const auto& [keyword, value] : parameters) {
    if (keyword == "service" || keyword == "servicefile") {
      return absl::InvalidArgumentError(
          "the connection string uses `service=`: write the parameters out instead");
    }
    if (keyword == "sslkeylogfile" || keyword.starts_with("oauth_")) {
      return absl::InvalidArgumentError(
          absl::StrCat("the connection string uses `", keyword, "=`, which checks do not"));
    }
  }
  if (Find(parameters, "host").find('@') > 0 &&
      Find(parameters, "host").find('@') != std::string::npos) {
    return absl::InvalidArgumentError(
        "the host in the connection string holds an `@`: percent-encode special characters of the "
        "password");
  }
  return parameters;
}

std::string TargetOf(const ConnectionParameters& parameters) {
  std::string list = FindOrEnvironment(parameters, "host", "PGHOST");
  if (list.empty()) list = Find(parameters, "hostaddr");
  const std::vector<std::string> hosts = Split(list);
  const std::vector<std::string> ports = Split(FindOrEnvironment(parameters, "port", "PGPORT"));
  std::vector<std::string> targets;
  for (size_t i = 0; i < hosts.size(); ++i) {
    int port = 0;
    const bool is_number = absl::SimpleAtoi(PortOf(ports, i), &port);
    if (IsSocketPath(hosts[i])) {
      targets.push_back(hosts[i].empty() ? "the local PostgreSQL socket" : hosts[i]);
    } else {
      targets.push_back(is_number ? HostPort(hosts[i], port) : hosts[i]);
    }
  }
  return absl::StrJoin(targets, ",");
}

absl::StatusOr<LibpqConnection> Connect(const ConnectionParameters& given, const TargetGuard& guard,
                                        const CheckContext& context) {
  const std::string target = TargetOf(given);
  ConnectionParameters parameters = given;
  RETURN_IF_ERROR(guard.policy().MayLogInAs(RoleOf(parameters)));
  RETURN_IF_ERROR(AddCandidates(guard, context, &parameters));
  AddDefaults(context, &parameters);
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);

  LibpqConnection connection(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (connection == nullptr) return absl::ResourceExhaustedError("out of memory");
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);  // tells SQLSTATE
  // libpq writes notices to standard error, as the server sends them.
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  const Waiter waiter(context);
  ConnStatusType stage = CONNECTION_STARTED;  // before the last step
  PostgresPollingStatusType next =
      PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) {
      const char* const message = PQerrorMessage(connection.get());
      return WithReach(shared::ConnectionError(message, target), ReachOf(stage, message));
    }
    stage = PQstatus(connection.get());
    const absl::Status status =
        waiter.Wait(PQsocket(connection.get()), next == PGRES_POLLING_READING ? POLLIN : POLLOUT);
    if (absl::IsDeadlineExceeded(status)) {
      return WithReach(
          absl::DeadlineExceededError(absl::StrCat(
              "no PostgreSQL session with ", target,
              " within the time of the check; check that the "
              "server runs and is not overloaded, and that no firewall drops the packets")),
          ReachOf(stage, ""));
    }
    RETURN_IF_ERROR(status);
    next = PQconnectPoll(connection.get());
  }
  return connection;
}

}  // namespace smokemesh::agent
