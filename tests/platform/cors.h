#ifndef SMOKEMESH_TESTS_PLATFORM_CORS_H_
#define SMOKEMESH_TESTS_PLATFORM_CORS_H_

#include <optional>

#include "tests/platform/config.h"
#include "tests/platform/http_message.h"

namespace smokemesh::platform {

// The answer to a preflight: 200 for an origin on the list, 400 for a foreign one. Nothing when the
// request is not a preflight.
std::optional<HttpResponse> AnswerPreflight(const Config& config, const HttpRequest& request);

// Adds what a browser needs to let a page of an origin on the list read the response.
void AddCorsHeaders(const Config& config, const HttpRequest& request, HttpResponse* response);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_CORS_H_
