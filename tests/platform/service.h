#ifndef SMOKEMESH_TESTS_PLATFORM_SERVICE_H_
#define SMOKEMESH_TESTS_PLATFORM_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tests/platform/config.h"
#include "tests/platform/http_message.h"

namespace smokemesh::platform {

// One service of the platform: what a process answers.
class Service {
 public:
  virtual ~Service() = default;

  // Called on many threads at once.
  virtual HttpResponse Handle(const HttpRequest& request) = 0;
};

// `config` must outlive the service.
std::unique_ptr<Service> MakeGateway(const Config& config);
std::unique_ptr<Service> MakeIdentity(const Config& config);
std::unique_ptr<Service> MakeEngagement(const Config& config);
std::unique_ptr<Service> MakeWorker(const Config& config);
// Answers /health and nothing else: stands for ingestion and normalize.
std::unique_ptr<Service> MakeHealthOnly(const Config& config);

// Makes the service that `config.service` names, with what all services have in common around it:
// version headers and the faults that can hit any of them. INVALID_ARGUMENT for an unknown name.
absl::StatusOr<std::unique_ptr<Service>> MakeService(const Config& config);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_SERVICE_H_
