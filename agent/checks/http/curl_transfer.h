#ifndef SMOKEMESH_AGENT_CHECKS_HTTP_CURL_TRANSFER_H_
#define SMOKEMESH_AGENT_CHECKS_HTTP_CURL_TRANSFER_H_

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "agent/checks/http/curl_url.h"
#include "agent/checks/http/http_client.h"
#include "agent/policy/policy.h"

namespace smokemesh::agent {

// What one exchange has brought so far. libcurl's callbacks write it.
struct Transfer {
  // `guard_of_client` must outlive this.
  Transfer(const TargetGuard& guard_of_client, std::string bare_host)
      : guard(guard_of_client), host(std::move(bare_host)) {}

  const TargetGuard& guard;
  const std::string host;   // as the URL names it
  absl::Status forbidden;   // why the first address that may not be reached may not
  bool has_socket = false;  // another one may
  CURL* easy = nullptr;
  std::optional<HttpCertificate> certificate;
  HttpHeaders headers;
  std::string reason;
  std::string body;
  size_t header_bytes = 0;
  bool body_too_large = false;
  bool headers_too_large = false;
  std::array<char, CURL_ERROR_SIZE> error{};
};

// Makes libcurl's `easy` write what it receives into `transfer`, within the limits of
// curl_client.h, and refuse the addresses that the guard does. `transfer` must live until the
// handle is reset.
void ReceiveInto(Transfer* transfer, CURL* easy);

// Says for people and for StepRunner what a failed exchange means. libcurl's own text goes in only
// where it cannot quote the request.
absl::Status ErrorOf(CURLcode code, CURL* easy, const Place& place, const Transfer& transfer);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_HTTP_CURL_TRANSFER_H_
