#include "tests/platform/router.h"

#include <gtest/gtest.h>

namespace smokemesh::platform {
namespace {

HttpResponse Ask(const Router& router, const std::string& method, const std::string& path) {
  HttpRequest request;
  request.method = method;
  request.path = path;
  return router.Handle(request);
}

Router Example() {
  Router router;
  router.Add("GET", "/things", [](const HttpRequest&) { return HttpResponse{.body = "list"}; });
  router.Add("GET", "/things/{id}", [](const HttpRequest& request) {
    return HttpResponse{.body = "one " + request.names.at("id")};
  });
  router.Add("DELETE", "/things/{id}", [](const HttpRequest&) { return HttpResponse{}; });
  return router;
}

TEST(Router, FindsTheHandlerAndNamesSegments) {
  const Router router = Example();
  EXPECT_EQ(Ask(router, "GET", "/things").body, "list");
  EXPECT_EQ(Ask(router, "GET", "/things/7").body, "one 7");
  EXPECT_EQ(Ask(router, "HEAD", "/things/7").body, "one 7");
}

TEST(Router, UnknownPathsAre404) {
  const Router router = Example();
  for (const char* path : {"/", "/thing", "/things/7/8"}) {
    const HttpResponse response = Ask(router, "GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, R"({"detail":"Not Found"})");
  }
}

TEST(Router, OtherMethodsAre405AndTellWhichAreAllowed) {
  const HttpResponse response = Ask(Example(), "PUT", "/things/7");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(FindHeader(response.headers, "Allow"), "GET, DELETE");
}

}  // namespace
}  // namespace smokemesh::platform
