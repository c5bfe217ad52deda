#include "agent/session/coordinator_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <charconv>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

// An assignment carries at most a whole plan, which is limited to 1 MiB.
constexpr int kMaxReceiveBytes = 4 * 1024 * 1024;

bool IsLoopback(const std::string& host) {
  if (absl::EqualsIgnoreCase(host, "localhost") || host == "::1") return true;
  // Four numbers, or `127.example.org` would be taken for this machine.
  return absl::StartsWith(host, "127.") &&
         host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

absl::StatusOr<CoordinatorAddress> ParseCoordinatorAddress(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("the coordinator's address \"", shared::EscapeControl(text), "\" ",
                     std::string(what), "; expected HOST:PORT, for example 127.0.0.1:7443"));
  };
  if (text.find("://") != std::string_view::npos) return wrong("is a URL");
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number < 1 || number > 65535) {
    return wrong("has a port that is no number from 1 to 65535");
  }
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("has an IPv6 host without brackets");
  }
  if (host.empty()) return wrong("has no host");
  for (const char c : host) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
        std::string_view("-._:%").find(c) == std::string_view::npos) {
      return wrong("has a host with characters that no host name has");
    }
  }
  CoordinatorAddress address;
  address.target = std::string(text);
  address.loopback = IsLoopback(std::string(host));
  return address;
}

absl::StatusOr<std::vector<CoordinatorAddress>> ParseCoordinatorAddresses(std::string_view text) {
  std::vector<CoordinatorAddress> addresses;
  while (true) {
    const size_t comma = text.find(',');
    ASSIGN_OR_RETURN(CoordinatorAddress address, ParseCoordinatorAddress(text.substr(0, comma)));
    addresses.push_back(std::move(address));
    if (comma == std::string_view::npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

std::shared_ptr<grpc::Channel> MakeChannel(
    const CoordinatorAddress& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const std::string& server_name) {
  grpc::ChannelArguments arguments;
  // A frozen or vanished peer is noticed within 40 s even when the session's own heartbeats are not
  // looked at; more often than this, servers with default settings end the connection.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // The default maximum is two minutes: far beyond the time a run waits for a lost agent.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 10'000);
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  // A proxy for the outside world has no business on the way to this machine.
  if (address.loopback) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!server_name.empty()) arguments.SetSslTargetNameOverride(server_name);
  return grpc::CreateCustomChannel(address.target, credentials, arguments);
}

std::shared_ptr<grpc::Channel> MakePlaintextChannel(const CoordinatorAddress& address) {
  return MakeChannel(address, grpc::InsecureChannelCredentials());
}

}  // namespace smokemesh::agent
