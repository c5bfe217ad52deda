#ifndef SMOKEMESH_AGENT_CHECKS_HTTP_CURL_CLIENT_H_
#define SMOKEMESH_AGENT_CHECKS_HTTP_CURL_CLIENT_H_

#include <memory>

#include "agent/checks/http/http_client.h"
#include "agent/policy/policy.h"

namespace smokemesh::agent {

// Largest body that is read; a larger one is DATA_LOSS.
inline constexpr size_t kLargestHttpBody = 1 << 20;
// Largest sum of header lines in an answer, interim answers included.
inline constexpr size_t kLargestHttpHeaders = 64 << 10;

// Makes a client on libcurl. It uses no proxy, no cookies and no decompression, speaks only http
// and https, and connects only where `guard` lets it: asked for each name, and for each address
// before there is a socket. It waits for nothing past the deadline, and notices a cancellation at
// once.
std::unique_ptr<HttpClient> MakeCurlClient(TargetGuard guard = TargetGuard(Policy::Default(),
                                                                           "http"));

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_HTTP_CURL_CLIENT_H_
