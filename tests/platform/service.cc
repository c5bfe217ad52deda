#include "tests/platform/service.h"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/text.h"
#include "tests/platform/health.h"
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
    if (config_.Has(Switch::kSlow) && request.path != "/health") {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    HttpResponse response = inner_->Handle(request);
    if (config_.Has(Switch::kErrorsAsHtml) && response.status >= 400) {
      response.content_type = "text/html";
      response.body = absl::StrCat("<html><h1>", response.status, "</h1></html>");
    }
    if (!config_.Has(Switch::kVersionMissing) && config_.service != "gateway") {
      response.headers.emplace_back("X-Service", config_.service);
      response.headers.emplace_back("X-Service-Version", config_.version);
    }
    return response;
  }

 private:
  const Config& config_;
  std::unique_ptr<Service> inner_;
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
