#ifndef SMOKEMESH_TESTS_PLATFORM_HTTP_CLIENT_H_
#define SMOKEMESH_TESTS_PLATFORM_HTTP_CLIENT_H_

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "tests/platform/http_message.h"

namespace smokemesh::platform {

// Sends `request.method` and `request.target` to `base_url` ("http://127.0.0.1:8080") on a
// connection of its own and returns whatever the server answers; redirects are not followed.
// UNAVAILABLE: no connection, or it broke. DEADLINE_EXCEEDED: connected, but no answer in time.
absl::StatusOr<HttpResponse> SendHttp(const std::string& base_url, const HttpRequest& request,
                                      std::chrono::milliseconds timeout);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_HTTP_CLIENT_H_
