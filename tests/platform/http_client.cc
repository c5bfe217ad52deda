#include "tests/platform/http_client.h"

#include <httplib.h>

#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace smokemesh::platform {

absl::StatusOr<HttpResponse> SendHttp(const std::string& base_url, const HttpRequest& request,
                                      std::chrono::milliseconds timeout) {
  const auto start = std::chrono::steady_clock::now();
  httplib::Client client(base_url);
  client.set_keep_alive(false);
  client.set_follow_location(false);
  client.set_url_encode(false);
  client.set_decompress(false);
  client.set_tcp_nodelay(true);
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
  httplib::Request out;
  out.method = request.method;
  out.path = request.target;
  out.body = request.body;
  for (const auto& [name, value] : request.headers) {
    if (absl::EqualsIgnoreCase(name, "content-length")) continue;  // the library counts
    out.headers.emplace(name, value);
  }
  // Newer releases of the library would ask for a compressed answer of their own accord.
  if (!out.has_header("Accept-Encoding")) out.set_header("Accept-Encoding", "identity");
  httplib::Result result = client.send(out);
  if (!result) {
    const bool late = std::chrono::steady_clock::now() - start >= timeout * 9 / 10;
    const std::string text = absl::StrCat(base_url, ": ", httplib::to_string(result.error()),
                                          late ? " (timed out)" : "");
    return late ? absl::DeadlineExceededError(text) : absl::UnavailableError(text);
  }
  HttpResponse response;
  response.status = result->status;
  response.body = result->body;
  response.content_type = result->get_header_value("Content-Type");
  for (const auto& [name, value] : result->headers) response.headers.emplace_back(name, value);
  return response;
}

}  // namespace smokemesh::platform
