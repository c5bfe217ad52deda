#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/logging.h"
#include "shared/mutex.h"
#include "shared/uuid.h"
#include "tests/platform/cors.h"
#include "tests/platform/health.h"
#include "tests/platform/http_client.h"
#include "tests/platform/json.h"
#include "tests/platform/rate_limiter.h"
#include "tests/platform/responses.h"
#include "tests/platform/service.h"

namespace smokemesh::platform {
namespace {

constexpr size_t kSharedKeyLength = 50;
constexpr size_t kMaxCached = 1000;
constexpr auto kCacheTime = std::chrono::seconds(30);
constexpr char kCorrelationHeader[] = "X-Correlation-ID";

struct Backend {
  std::string prefix;
  std::string name;
  std::string url;
};

// Headers of one connection, not of the message.
bool IsHopByHop(std::string_view name) {
  for (const char* hop : {"connection", "keep-alive", "transfer-encoding", "te", "trailer",
                          "upgrade", "proxy-authorization", "content-length", "host"}) {
    if (absl::EqualsIgnoreCase(absl::string_view(name.data(), name.size()), hop)) return true;
  }
  return false;
}

std::chrono::milliseconds Window(const Config& config) {
  return config.Has(Switch::kWindowNeverSlides) ? std::chrono::hours(24 * 365) : config.rate_window;
}

int AnonymousLimit(const Config& config) {
  return config.anonymous_rate_limit > 0 ? config.anonymous_rate_limit : config.rate_limit;
}

class Gateway final : public Service {
 public:
  explicit Gateway(const Config& config)
      : config_(config),
        limiter_(static_cast<size_t>(config.rate_limit), Window(config)),
        anonymous_limiter_(static_cast<size_t>(AnonymousLimit(config)), Window(config)),
        health_(HealthHandler(config, {})),
        backends_({{"/api/identity", "identity", config.identity_url},
                   {"/api/engagement", "engagement", config.engagement_url},
                   {"/api/ingestion", "ingestion", config.ingestion_url},
                   {"/api/normalize", "normalize", config.normalize_url}}) {}

  HttpResponse Handle(const HttpRequest& request) override {
    if (auto preflight = AnswerPreflight(config_, request)) return *std::move(preflight);
    HttpResponse response = Limited(request);
    if (!config_.Has(Switch::kCorsPreflightOnly)) AddCorsHeaders(config_, request, &response);
    return response;
  }

 private:
  HttpResponse Limited(const HttpRequest& request) {
    const bool exempt = request.path == "/health" && !config_.Has(Switch::kHealthRateLimited);
    if (exempt || config_.Has(Switch::kRateLimitOff)) return Route(request);
    const bool anonymous = request.Header("Authorization").empty();
    RateLimiter& limiter = anonymous ? anonymous_limiter_ : limiter_;
    const int limit = anonymous ? AnonymousLimit(config_) : config_.rate_limit;
    const auto decision = limiter.Ask(ClientKey(request), std::chrono::steady_clock::now());
    HttpResponse response;
    if (decision.accepted) {
      response = Route(request);
    } else {
      response = Detail(429, "Rate limit exceeded");
      if (config_.Has(Switch::kRateLimitNoHeaders)) return response;
      response.headers.emplace_back("Retry-After", absl::StrCat(decision.retry_after.count()));
    }
    response.headers.emplace_back("X-RateLimit-Limit", absl::StrCat(limit));
    response.headers.emplace_back("X-RateLimit-Remaining", absl::StrCat(decision.remaining));
    return response;
  }

  // The whole token, or the address of who has none.
  std::string ClientKey(const HttpRequest& request) const {
    std::string header = request.Header("Authorization");
    if (header.empty()) return "ip:" + request.peer;
    if (config_.Has(Switch::kRateLimitSharedKey)) header.resize(kSharedKeyLength, ' ');
    return "token:" + header;
  }

  HttpResponse Route(const HttpRequest& request) {
    if (request.path == "/health" || request.path == "/health/services") {
      if (request.method != "GET" && request.method != "HEAD") {
        return Detail(405, "Method Not Allowed");
      }
      return request.path == "/health" ? health_(request) : ServicesHealth();
    }
    for (const Backend& backend : backends_) {
      if (request.path == backend.prefix || absl::StartsWith(request.path, backend.prefix + "/")) {
        return config_.Has(Switch::kAnswersCached) ? FromCache(backend, request)
                                                   : Forward(backend, request);
      }
    }
    if (config_.Has(Switch::kPageForUnknownPath)) {
      HttpResponse page;
      page.content_type = "text/html";
      page.body = "<!doctype html><title>Aura</title><div id=root></div>";
      return page;
    }
    return Detail(404, "No service found for path: " + request.path);
  }

  // Only a broken deployment caches: see Switch::kAnswersCached.
  HttpResponse FromCache(const Backend& backend, const HttpRequest& request) {
    if (request.method != "GET") return Forward(backend, request);
    const std::string key = request.Header("Authorization") + " " + request.target;
    const auto now = std::chrono::steady_clock::now();
    {
      shared::MutexLock lock(&cache_mutex_);
      if (auto it = cache_.find(key); it != cache_.end() && it->second.first > now) {
        return it->second.second;
      }
    }
    HttpResponse response = Forward(backend, request);
    if (response.status == 200) {
      shared::MutexLock lock(&cache_mutex_);
      if (cache_.size() >= kMaxCached) cache_.clear();
      cache_[key] = {now + kCacheTime, response};
    }
    return response;
  }

  HttpResponse Forward(const Backend& backend, const HttpRequest& request) {
    if (request.method == "OPTIONS") return Detail(405, "Method Not Allowed");
    if (backend.url.empty())
      return Detail(503, absl::StrCat("Service ", backend.name, " unavailable"));
    HttpRequest out;
    out.method = request.method;
    out.body = request.body;
    out.target = request.target;
    if (!config_.Has(Switch::kPrefixNotStripped)) out.target.erase(0, backend.prefix.size());
    if (out.target.empty() || out.target.front() != '/') out.target.insert(0, "/");
    if (config_.Has(Switch::kQueryDropped)) out.target = out.target.substr(0, out.target.find('?'));
    std::string correlation = request.Header(kCorrelationHeader);
    if (correlation.empty() || config_.Has(Switch::kCorrelationDropped)) {
      correlation = shared::RandomUuid();
    }
    for (const auto& [name, value] : request.headers) {
      if (IsHopByHop(name) || absl::EqualsIgnoreCase(name, kCorrelationHeader)) continue;
      if (config_.Has(Switch::kAuthorizationDropped) &&
          absl::EqualsIgnoreCase(name, "authorization")) {
        continue;
      }
      out.headers.emplace_back(name, value);
    }
    out.headers.emplace_back(kCorrelationHeader, correlation);
    out.headers.emplace_back("X-Forwarded-For", request.peer);

    auto answer = SendHttp(backend.url, out, config_.backend_timeout);
    if (!answer.ok()) {
      shared::LogWarn(absl::StrCat(backend.name, ": ", answer.status().message()));
      return absl::IsDeadlineExceeded(answer.status())
                 ? Detail(504, absl::StrCat("Service ", backend.name, " timeout"))
                 : Detail(503, absl::StrCat("Service ", backend.name, " unavailable"));
    }
    HttpResponse response;
    response.status = answer->status;
    response.body = std::move(answer->body);
    response.content_type = answer->content_type;
    for (auto& [name, value] : answer->headers) {
      if (IsHopByHop(name) || absl::EqualsIgnoreCase(name, "content-type")) continue;
      if (config_.Has(Switch::kAnswerHeadersDropped)) continue;
      response.headers.emplace_back(std::move(name), std::move(value));
    }
    response.headers.emplace_back(kCorrelationHeader, correlation);
    return response;
  }

  HttpResponse ServicesHealth() {
    Json services = Json::object();
    int healthy = 0;
    for (const Backend& backend : backends_) {
      if (backend.url.empty()) continue;
      HttpRequest request;
      request.method = "GET";
      request.target = "/health";
      const auto answer = SendHttp(backend.url, request, std::chrono::seconds(2));
      const bool good = answer.ok() && answer->status == 200;
      healthy += good ? 1 : 0;
      services[backend.name] = {{"status", good          ? "healthy"
                                           : answer.ok() ? "unhealthy"
                                                         : "unreachable"}};
    }
    const auto total = static_cast<int>(services.size());
    HttpResponse response;
    response.body = Json{
        {"overall_status", healthy == total ? "healthy" : "degraded"},
        {"total_services", total},
        {"healthy_services", healthy},
        {"unhealthy_services", total - healthy},
        {"services",
         services}}.dump();
    return response;
  }

  const Config& config_;
  RateLimiter limiter_;
  RateLimiter anonymous_limiter_;  // for clients without a token, by address
  const HttpHandler health_;
  const std::vector<Backend> backends_;
  shared::Mutex cache_mutex_;
  // Until when an answer is good, and the answer, by token and target.
  std::map<std::string, std::pair<std::chrono::steady_clock::time_point, HttpResponse>> cache_
      ABSL_GUARDED_BY(cache_mutex_);
};

}  // namespace

std::unique_ptr<Service> MakeGateway(const Config& config) {
  return std::make_unique<Gateway>(config);
}

}  // namespace smokemesh::platform
