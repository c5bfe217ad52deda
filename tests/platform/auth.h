#ifndef SMOKEMESH_TESTS_PLATFORM_AUTH_H_
#define SMOKEMESH_TESTS_PLATFORM_AUTH_H_

#include <functional>

#include "tests/platform/config.h"
#include "tests/platform/http_message.h"
#include "tests/platform/jwt.h"

namespace smokemesh::platform {

using AuthenticatedHandler = std::function<HttpResponse(const HttpRequest&, const Claims&)>;

// Lets only requests with a good bearer token through to `handler`; the others get 401.
HttpHandler RequireToken(const Config& config, AuthenticatedHandler handler);

// A route that has lost its protection: a good token says who asks, nobody asks without one.
HttpHandler TakeToken(const Config& config, AuthenticatedHandler handler);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_AUTH_H_
