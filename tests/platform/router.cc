#include "tests/platform/router.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_split.h"
#include "tests/platform/responses.h"

namespace smokemesh::platform {
namespace {

std::vector<std::string> Segments(std::string_view path) {
  return absl::StrSplit(absl::string_view(path.data(), path.size()), '/', absl::SkipEmpty());
}

std::optional<std::map<std::string, std::string>> Match(const std::vector<std::string>& pattern,
                                                        const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::map<std::string, std::string> names;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].front() == '{') {
      names[pattern[i].substr(1, pattern[i].size() - 2)] = path[i];
    } else if (pattern[i] != path[i]) {
      return std::nullopt;
    }
  }
  return names;
}

}  // namespace

void Router::Add(std::string method, std::string_view pattern, HttpHandler handler) {
  routes_.push_back({std::move(method), Segments(pattern), std::move(handler)});
}

HttpResponse Router::Handle(const HttpRequest& request) const {
  const std::vector<std::string> path = Segments(request.path);
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  std::string allowed;
  for (const Route& route : routes_) {
    auto names = Match(route.segments, path);
    if (!names.has_value()) continue;
    if (route.method == method) {
      HttpRequest matched = request;
      matched.names = *std::move(names);
      return route.handler(matched);
    }
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (allowed.empty()) return Detail(404, "Not Found");
  HttpResponse response = Detail(405, "Method Not Allowed");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace smokemesh::platform
