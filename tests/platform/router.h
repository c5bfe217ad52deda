#ifndef SMOKEMESH_TESTS_PLATFORM_ROUTER_H_
#define SMOKEMESH_TESTS_PLATFORM_ROUTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/platform/http_message.h"

namespace smokemesh::platform {

// Finds the handler for a method and a path. `{name}` in a pattern matches one path segment.
class Router {
 public:
  void Add(std::string method, std::string_view pattern, HttpHandler handler);

  // 404 when no pattern matches, 405 when one matches with another method.
  HttpResponse Handle(const HttpRequest& request) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    HttpHandler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_ROUTER_H_
