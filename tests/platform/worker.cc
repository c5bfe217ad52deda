#include <string>

#include "absl/strings/str_cat.h"
#include "tests/platform/consumer.h"
#include "tests/platform/database.h"
#include "tests/platform/health.h"
#include "tests/platform/router.h"
#include "tests/platform/service.h"
#include "tests/platform/uuid_text.h"

namespace smokemesh::platform {
namespace {

// Records in `atlas.engagement_activity` what happened to each engagement. An event of another
// service about an engagement that does not exist (yet) fails and is retried. One of the engagement
// service itself comes after the commit: no engagement means that it was deleted meanwhile.
class Worker final : public Service {
 public:
  explicit Worker(const Config& config)
      : database_(
            {.url = config.database_url, .application_name = "aura-worker", .max_connections = 2}),
        consumer_(
            config,
            {"engagement.created", "engagement.finalized", "trial_balance.uploaded",
             "accounts.mapped", "analytics.completed", "report.generated", "qc.review_requested",
             "workpaper.approved", "compliance.check_failed", "ingestion.completed"},
            [this](const Envelope& envelope) { return Record(envelope); }) {
    router_.Add("GET", "/health",
                HealthHandler(config, {{"database", [this] { return database_.Ping(); }},
                                       {"redis", [this] {
                                          return consumer_.subscribed()
                                                     ? absl::OkStatus()
                                                     : absl::UnavailableError("not subscribed");
                                        }}}));
  }

  HttpResponse Handle(const HttpRequest& request) override { return router_.Handle(request); }

 private:
  absl::Status Record(const Envelope& envelope) {
    const std::string engagement = envelope.Field("engagement_id");
    if (!IsUuid(engagement)) {
      return absl::InvalidArgumentError("the event's engagement_id is not a UUID");
    }
    // Without the schema's name: the role's search_path says where the table is.
    const absl::Status status = database_.Run("", [&](Transaction& transaction) {
      return transaction
          .Run(
              "INSERT INTO engagement_activity (event_id, engagement_id, event_type, service,"
              " retry_count) VALUES ($1, $2::uuid, $3, $4, $5::int)",
              {envelope.event_id(), engagement, envelope.event_type(), envelope.service(),
               absl::StrCat(envelope.retry_count())})
          .status();
    });
    if (absl::IsAlreadyExists(status)) return absl::OkStatus();  // delivered at least once
    const bool deleted =
        absl::IsFailedPrecondition(status) && envelope.event_type().rfind("engagement.", 0) == 0;
    return deleted ? absl::OkStatus() : status;
  }

  Database database_;
  Router router_;
  Consumer consumer_;  // last: its thread uses the database
};

}  // namespace

std::unique_ptr<Service> MakeWorker(const Config& config) {
  return std::make_unique<Worker>(config);
}

}  // namespace smokemesh::platform
