#ifndef SMOKEMESH_AGENT_CHECKS_POSTGRES_PQXX_CONNECT_H_
#define SMOKEMESH_AGENT_CHECKS_POSTGRES_PQXX_CONNECT_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent/checks/check.h"
#include "agent/policy/policy.h"
#include "shared/postgres/libpq_connection.h"

namespace smokemesh::agent {

// libpq's parameters by keyword: `host`, `port`, `dbname`, `user`, `sslmode`, …
using ConnectionParameters = std::map<std::string, std::string>;

// Reads a libpq URI or key/value string. `postgresql+driver://` is read as `postgresql://` (its
// `ssl=` as `sslmode=`). INVALID_ARGUMENT never quotes the text: it may hold a password.
absl::StatusOr<ConnectionParameters> ParseConnectionString(std::string_view text);

// The server for people, without user information: `db:5432`, or the path of a UNIX socket.
std::string TargetOf(const ConnectionParameters& parameters);

using shared::LibpqConnection;

// Opens a connection without ever blocking past the context's deadline or its cancellation: names
// are resolved and the start-up is driven here, step by step. Errors of the server come in the
// verbose form from then on. It connects only where `guard` lets it, and only as a role that the
// guard's policy lets in: a ForbiddenError otherwise, and nothing is sent.
//
// What the parameters leave open is set so that a dead server is noticed: connect_timeout,
// tcp_user_timeout, keepalives; application_name is `smokemesh`.
absl::StatusOr<LibpqConnection> Connect(const ConnectionParameters& parameters,
                                        const TargetGuard& guard, const CheckContext& context);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_POSTGRES_PQXX_CONNECT_H_
