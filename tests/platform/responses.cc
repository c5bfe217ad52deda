#include "tests/platform/responses.h"

#include "absl/strings/str_cat.h"
#include "shared/logging.h"
#include "tests/platform/json.h"

namespace smokemesh::platform {

HttpResponse Detail(int status, std::string_view text) {
  HttpResponse response;
  response.status = status;
  response.body = Json{{"detail", text}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

HttpResponse Unauthorized(std::string_view text) {
  HttpResponse response = Detail(401, text);
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse InternalError() {
  HttpResponse response;
  response.status = 500;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "Internal Server Error";
  return response;
}

HttpResponse FromStatus(const absl::Status& status, std::string_view what) {
  shared::LogError(absl::StrCat(std::string(what), ": ", std::string(status.message())));
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    return Detail(503, "Service temporarily unavailable");
  }
  return InternalError();
}

}  // namespace smokemesh::platform
