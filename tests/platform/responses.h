#ifndef SMOKEMESH_TESTS_PLATFORM_RESPONSES_H_
#define SMOKEMESH_TESTS_PLATFORM_RESPONSES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tests/platform/http_message.h"

namespace smokemesh::platform {

// `{"detail": text}`.
HttpResponse Detail(int status, std::string_view text);

// 401 with `WWW-Authenticate: Bearer`.
HttpResponse Unauthorized(std::string_view text);

// 500 as text/plain, like every error that a handler did not foresee.
HttpResponse InternalError();

// What a storage error becomes: 503 when the database cannot be reached, otherwise 500. The reason
// goes to the log, never to the client.
HttpResponse FromStatus(const absl::Status& status, std::string_view what);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_RESPONSES_H_
