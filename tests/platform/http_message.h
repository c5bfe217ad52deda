#ifndef SMOKEMESH_TESTS_PLATFORM_HTTP_MESSAGE_H_
#define SMOKEMESH_TESTS_PLATFORM_HTTP_MESSAGE_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smokemesh::platform {

// Header fields in the order they came. Names compare without regard to case.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The first value of a header field, or an empty string.
std::string FindHeader(const HttpHeaders& headers, std::string_view name);

// Reads `a=1&b=two+words`, the form of a query and of application/x-www-form-urlencoded.
std::multimap<std::string, std::string> ParseForm(std::string_view text);

struct HttpRequest {
  std::string method;
  std::string path;    // percent-decoded, without the query
  std::string target;  // as it came: path and query
  std::multimap<std::string, std::string> query;
  HttpHeaders headers;
  std::string body;
  std::string peer;                          // the client's address
  std::map<std::string, std::string> names;  // what the router matched: {engagement_id}

  std::string Header(std::string_view name) const { return FindHeader(headers, name); }
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  HttpHeaders headers;
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_HTTP_MESSAGE_H_
