#include "tests/platform/service.h"

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/mutex.h"
#include "shared/text.h"
#include "tests/platform/health.h"
#include "tests/platform/json.h"
#include "tests/platform/responses.h"
#include "tests/platform/router.h"

namespace smokemesh::platform {
namespace {

class HealthOnly final : public Service {
 public:
  explicit HealthOnly(const Config& config) {
    router_.Add("GET", "/health", HealthHandler(config, {}));
  }
  HttpResponse Handle(const HttpRequest& request) override { return router_.Handle(request); }

 private:
  Router router_;
};

// What every process does around its service.
class Common final : public Service {
 public:
  Common(const Config& config, std::unique_ptr<Service> inner)
      : config_(config), inner_(std::move(inner)) {}

  HttpResponse Handle(const HttpRequest& request) override {
    const bool health = request.path == "/health";
    if (config_.Has(Switch::kSlow) && !health) {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    if (config_.Has(Switch::kEveryTenthFails) && !health && IsTenthOf(request)) {
      return Detail(502, "Bad Gateway");
    }
    const int others = busy_++;
    if (config_.Has(Switch::kSlowUnderLoad) && !health) {
      std::this_thread::sleep_for(std::chrono::milliseconds(150) * others);
    }
    HttpResponse response = inner_->Handle(request);
    --busy_;
    BreakErrors(&response);
    if (config_.Has(Switch::kJsonAsText)) response.content_type = "text/plain; charset=utf-8";
    if (config_.Has(Switch::kStaleReplica) && ++answered_ % 2 == 0) {
      return FromReplica(request, std::move(response));
    }
    if (!config_.Has(Switch::kVersionMissing) && config_.service != "gateway") {
      response.headers.emplace_back("X-Service", config_.service);
      response.headers.emplace_back("X-Service-Version", config_.version);
    }
    return response;
  }

 private:
  bool IsTenthOf(const HttpRequest& request) ABSL_LOCKS_EXCLUDED(mutex_) {
    shared::MutexLock lock(&mutex_);
    return ++asked_[request.Header("authorization")] % 10 == 0;
  }

  void BreakErrors(HttpResponse* response) const {
    if (response->status < 400) return;
    if (config_.Has(Switch::kErrorsAsHtml)) {
      response->content_type = "text/html";
      response->body = absl::StrCat("<html><h1>", response->status, "</h1></html>");
    }
    if (config_.Has(Switch::kStackTraces)) {
      response->body =
          Json{{"detail",
                "Traceback (most recent call last):\n  File \"/app/main.py\", line 214, in handle\n"
                "sqlalchemy.exc.NoResultFound: No row was found when one was required"}}
              .dump();
    }
    if (config_.Has(Switch::kMethodNotAllowedAs200) && response->status == 405) {
      response->status = 200;
    }
  }

  // As if a process of the build before had answered.
  static HttpResponse FromReplica(const HttpRequest& request, HttpResponse response) {
    constexpr char kOld[] = "0.9.3";
    if (request.path == "/health") {
      Json body = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
      if (body.is_object()) {
        body["version"] = kOld;
        response.body = body.dump();
      }
    }
    response.headers.emplace_back("X-Service-Version", kOld);
    return response;
  }

  const Config& config_;
  std::unique_ptr<Service> inner_;
  shared::Mutex mutex_;
  std::map<std::string, int> asked_ ABSL_GUARDED_BY(mutex_);  // by what a client logged in with
  std::atomic<int> answered_{0};
  std::atomic<int> busy_{0};  // requests that are being answered
};

}  // namespace

std::unique_ptr<Service> MakeHealthOnly(const Config& config) {
  return std::make_unique<HealthOnly>(config);
}

absl::StatusOr<std::unique_ptr<Service>> MakeService(const Config& config) {
  std::unique_ptr<Service> inner;
  if (config.service == "gateway") inner = MakeGateway(config);
  if (config.service == "identity") inner = MakeIdentity(config);
  if (config.service == "engagement") inner = MakeEngagement(config);
  if (config.service == "worker") inner = MakeWorker(config);
  if (config.service == "ingestion" || config.service == "normalize") {
    inner = MakeHealthOnly(config);
  }
  if (inner == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown service \"", config.service, "\"",
                     shared::DidYouMean(config.service, {"gateway", "identity", "engagement",
                                                         "worker", "ingestion", "normalize"})));
  }
  return std::make_unique<Common>(config, std::move(inner));
}

}  // namespace smokemesh::platform
