#ifndef SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_CLIENT_H_
#define SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_CLIENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/checks/check.h"
#include "shared/clock.h"

namespace smokemesh::agent {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The certificate of a server.
struct HttpCertificate {
  std::string issuer;              // `C=US, O=Let's Encrypt, CN=R11`
  std::string subject;             // the same way
  std::vector<std::string> names;  // DNS names and IP addresses that it is for
  int64_t days_left = 0;           // whole days until it ends, rounded down: -1 when just ended
};

// A request that is ready to be sent.
struct HttpCall {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  std::optional<std::string> body;
  bool follow_redirects = false;  // at most 3, on the same host, never from https to http
  // On a connection of its own, which is closed before Send returns.
  bool fresh_connection = false;
  // TLS; empty means the default.
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
};

// A whole answer.
struct HttpAnswer {
  int status = 0;
  std::string reason;  // `Not Found`
  HttpHeaders headers;
  std::string body;
  std::string url;  // that gave the answer; without credentials
  shared::Duration duration{0};
  std::string note;  // why a redirect was not followed; else empty
  // What an `https://` server showed; nothing over `http://`.
  std::optional<HttpCertificate> certificate;
};

// Sends requests. Connections are kept for the next request until Disconnect, so that a chain of
// requests pays for one handshake. Thread-safe: each of several requests at once has a connection
// of its own.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Sends `call` and waits for the whole answer. Errors are those of StepRunner::Run; their text
  // never holds request headers, bodies or credentials.
  virtual absl::StatusOr<HttpAnswer> Send(const HttpCall& call, const CheckContext& context) = 0;

  // Closes every connection that no request uses.
  virtual void Disconnect() = 0;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_CLIENT_H_
