#include "tests/platform/cors.h"

#include <algorithm>
#include <string>

namespace smokemesh::platform {
namespace {

bool Allowed(const Config& config, const std::string& origin) {
  return config.Has(Switch::kCorsAnyOrigin) ||
         std::find(config.cors_origins.begin(), config.cors_origins.end(), origin) !=
             config.cors_origins.end();
}

void AddOrigin(const Config& config, const std::string& origin, HttpResponse* response) {
  response->headers.emplace_back("Access-Control-Allow-Origin", origin);
  if (!config.Has(Switch::kCorsNoCredentials)) {
    response->headers.emplace_back("Access-Control-Allow-Credentials", "true");
  }
}

}  // namespace

std::optional<HttpResponse> AnswerPreflight(const Config& config, const HttpRequest& request) {
  const std::string origin = request.Header("Origin");
  if (request.method != "OPTIONS" || origin.empty() ||
      request.Header("Access-Control-Request-Method").empty()) {
    return std::nullopt;
  }
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.headers = {
      {"Vary", "Origin"},
      {"Access-Control-Allow-Methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"},
      {"Access-Control-Max-Age", "600"}};
  const std::string asked = request.Header("Access-Control-Request-Headers");
  if (!asked.empty()) response.headers.emplace_back("Access-Control-Allow-Headers", asked);
  if (Allowed(config, origin)) {
    AddOrigin(config, origin, &response);
    response.body = "OK";
  } else {
    response.status = 400;
    response.body = "Disallowed CORS origin";
  }
  return response;
}

void AddCorsHeaders(const Config& config, const HttpRequest& request, HttpResponse* response) {
  const std::string origin = request.Header("Origin");
  if (origin.empty()) return;
  response->headers.emplace_back("Vary", "Origin");
  if (!Allowed(config, origin)) return;
  AddOrigin(config, origin, response);
  response->headers.emplace_back("Access-Control-Expose-Headers",
                                 "X-RateLimit-Limit, X-RateLimit-Remaining, X-Correlation-ID");
}

}  // namespace smokemesh::platform
