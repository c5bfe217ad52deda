#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/logging.h"
#include "shared/mutex.h"
#include "shared/uuid.h"
#include "tests/platform/auth.h"
#include "tests/platform/engagement_store.h"
#include "tests/platform/event_publisher.h"
#include "tests/platform/health.h"
#include "tests/platform/json.h"
#include "tests/platform/responses.h"
#include "tests/platform/router.h"
#include "tests/platform/service.h"
#include "tests/platform/uuid_text.h"
#include "tests/platform/validator.h"

namespace smokemesh::platform {
namespace {

constexpr size_t kMaxCached = 1000;

const std::vector<std::string>& Statuses() {
  static const auto* statuses =
      new std::vector<std::string>{"draft", "planning", "fieldwork", "review", "finalized"};
  return *statuses;
}

Json ToJson(const Row& row, std::initializer_list<const char*> columns) {
  Json json = Json::object();
  for (const char* column : columns) json[column] = OrNull(row.at(column));
  return json;
}

Json EngagementJson(const Row& row) {
  return ToJson(row, {"id", "client_id", "name", "engagement_type", "status", "fiscal_year_end",
                      "start_date", "expected_completion_date", "partner_id", "manager_id",
                      "created_by", "created_at", "updated_at", "locked_at", "locked_by"});
}

Json MemberJson(const Row& row) {
  return ToJson(row, {"id", "engagement_id", "user_id", "role", "assigned_at", "assigned_by"});
}

HttpResponse JsonBody(int status, const Json& body) {
  HttpResponse response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

// The constraint that PostgreSQL names in its message.
std::string ConstraintName(std::string_view message) {
  const size_t mark = message.find("constraint \"");
  if (mark == std::string_view::npos) return "a rule of the database";
  const size_t from = mark + 12;
  return std::string(message.substr(from, message.find('"', from) - from));
}

// Both events happen once in an engagement's life, so that their ids follow from it: consumers see
// a second delivery, and a deletion finds what was stored.
std::string EventId(const std::string& type, const std::string& engagement) {
  return shared::NameUuid(absl::StrCat(type, ":", engagement));
}

class Engagement final : public Service {
 public:
  explicit Engagement(const Config& config) : config_(config), store_(config), events_(config) {
    auto add = [&](const char* method, const char* pattern,
                   HttpResponse (Engagement::*handler)(const HttpRequest&, const Claims&),
                   bool open = false) {
      const auto call = [this, handler](const HttpRequest& r, const Claims& c) {
        return (this->*handler)(r, c);
      };
      router_.Add(method, pattern, open ? TakeToken(config, call) : RequireToken(config, call));
    };
    add("POST", "/engagements", &Engagement::Create);
    add("GET", "/engagements", &Engagement::List, config.Has(Switch::kAuthMissingOnList));
    add("GET", "/engagements/{id}", &Engagement::Get, config.Has(Switch::kAuthMissingOnGet));
    add("PATCH", "/engagements/{id}", &Engagement::Update,
        config.Has(Switch::kAuthMissingOnUpdate));
    add("DELETE", "/engagements/{id}", &Engagement::Delete);
    add("POST", "/engagements/{id}/transition", &Engagement::Transition);
    add("GET", "/engagements/{id}/team", &Engagement::Team, config.Has(Switch::kAuthMissingOnTeam));
    add("POST", "/engagements/{id}/team", &Engagement::AddMember);
    add("GET", "/engagements/{id}/activity", &Engagement::Activity);
    router_.Add("GET", "/health",
                HealthHandler(config, {{"database", [this] { return store_.Ping(); }},
                                       {"redis", [this] { return events_.Ping(); }}}));
  }

  HttpResponse Handle(const HttpRequest& request) override {
    HttpResponse response = router_.Handle(request);
    if (response.status == 422 && config_.Has(Switch::kValidationAs500)) return InternalError();
    if (response.status == 422 && config_.Has(Switch::kValidationWithoutPlace)) {
      return Detail(422, "Invalid request");
    }
    if (response.status == 404 && config_.Has(Switch::kNotFoundAs200)) response.status = 200;
    if (response.status == 404 && config_.Has(Switch::kNotFoundAs500)) return InternalError();
    return response;
  }

 private:
  HttpResponse Create(const HttpRequest& request, const Claims& claims) {
    Validator in(request);
    if (config_.Has(Switch::kFieldRulesLost)) in.IgnoreValueRules();
    NewEngagement engagement;
    engagement.name = in.Text("name", 1, 500);
    engagement.engagement_type =
        in.OneOf("engagement_type", {"audit", "review", "compilation", "agreed_upon_procedures"});
    engagement.fiscal_year_end = in.Date("fiscal_year_end");
    const auto client_id = in.OptionalUuid("client_id");
    const auto client_name = in.OptionalText("client_name", 1, 255);
    engagement.start_date = in.OptionalDate("start_date");
    engagement.expected_completion_date = in.OptionalDate("expected_completion_date");
    engagement.partner_id = in.OptionalUuid("partner_id");
    engagement.manager_id = in.OptionalUuid("manager_id");
    if (in.ok() && !client_id.has_value() && !client_name.has_value()) {
      in.Add("value_error", "body", "client_id", "Either client_id or client_name is required");
    }
    if (!in.ok()) return in.Response();
    engagement.client_id = client_id.has_value() ? absl::AsciiStrToLower(*client_id)
                                                 : ClientUuid(client_name.value_or(""));
    const auto row = store_.Create(claims.sub, engagement);
    if (!row.ok()) return Refused(row.status(), "create engagement", in);
    PublishCreated(request, claims, *row);
    Remember(*row);
    return JsonBody(201, EngagementJson(*row));
  }

  HttpResponse Get(const HttpRequest& request, const Claims& claims) {
    Validator in(request, Validator::Body::kNone);
    const std::string id = in.PathUuid("id");
    if (!in.ok()) return in.Response();
    if (config_.Has(Switch::kTenantsMixed)) {
      shared::MutexLock lock(&cache_mutex_);
      if (auto it = cache_.find(id); it != cache_.end())
        return JsonBody(200, EngagementJson(it->second));
    }
    const auto row = store_.Get(claims.sub, id);
    if (!row.ok()) return Refused(row.status(), "get engagement", in);
    Remember(*row);
    return JsonBody(200, EngagementJson(*row));
  }

  HttpResponse List(const HttpRequest& request, const Claims& claims) {
    Validator in(request, Validator::Body::kNone);
    const auto status = in.QueryOneOf("status", Statuses(), /*required=*/false);
    int64_t skip = in.QueryInt("skip", 0, 0, 1'000'000'000);
    int64_t limit = in.QueryInt("limit", 100, 1, 1000);
    if (!in.ok()) return in.Response();
    if (config_.Has(Switch::kSkipIgnored)) skip = 0;
    if (config_.Has(Switch::kListUnbounded)) {
      skip = 0;
      limit = 1000;
    }
    const auto rows = store_.List(claims.sub, status, skip, limit);
    if (!rows.ok()) return Refused(rows.status(), "list engagements", in);
    Json list = Json::array();
    if (!config_.Has(Switch::kListEmpty)) {
      for (const Row& row : *rows) list.push_back(EngagementJson(row));
    }
    return JsonBody(200, list);
  }

  HttpResponse Update(const HttpRequest& request, const Claims& claims) {
    Validator in(request);
    if (config_.Has(Switch::kFieldRulesLost)) in.IgnoreValueRules();
    const std::string id = in.PathUuid("id");
    std::vector<std::pair<std::string, std::optional<std::string>>> columns;
    if (in.Sent("name")) columns.emplace_back("name", in.Text("name", 1, 500));
    for (const char* field : {"start_date", "expected_completion_date"}) {
      if (in.Sent(field)) columns.emplace_back(field, in.OptionalDate(field));
    }
    for (const char* field : {"partner_id", "manager_id"}) {
      if (in.Sent(field)) columns.emplace_back(field, in.OptionalUuid(field));
    }
    if (!in.ok()) return in.Response();
    const auto row = store_.Update(claims.sub, id, columns);
    if (!row.ok()) return Refused(row.status(), "update engagement", in);
    Remember(*row);
    return JsonBody(200, EngagementJson(*row));
  }

  HttpResponse Delete(const HttpRequest& request, const Claims& claims) {
    Validator in(request, Validator::Body::kNone);
    const std::string id = in.PathUuid("id");
    if (!in.ok()) return in.Response();
    const absl::Status status = store_.Delete(claims.sub, id);
    if (!status.ok()) return Refused(status, "delete engagement", in);
    for (const char* type : {"engagement.created", "engagement.finalized"}) {
      const absl::Status forgotten = events_.Forget(type, EventId(type, id));
      if (!forgotten.ok()) {
        shared::LogError(
            absl::StrCat("event of a deleted engagement stays: ", forgotten.message()));
      }
    }
    HttpResponse response;
    response.status = 204;
    return response;
  }

  HttpResponse Transition(const HttpRequest& request, const Claims& claims) {
    Validator in(request, Validator::Body::kNone);
    const std::string id = in.PathUuid("id");
    const auto new_status = in.QueryOneOf("new_status", Statuses(), /*required=*/true);
    if (!in.ok()) return in.Response();
    const auto row = store_.Transition(claims.sub, id, *new_status);
    if (!row.ok()) return Refused(row.status(), "transition", in);
    Remember(*row);
    if (*new_status == "finalized") {
      Publish(request, claims, "engagement.finalized", id,
              {{"engagement_id", id}, {"finalized_by", claims.sub}});
    }
    return JsonBody(200, {{"message", "Status updated to " + *new_status}});
  }

  HttpResponse Team(const HttpRequest& request, const Claims& claims) {
    Validator in(request, Validator::Body::kNone);
    const std::string id = in.PathUuid("id");
    if (!in.ok()) return in.Response();
    const auto rows = store_.Team(claims.sub, id);
    if (!rows.ok()) return Refused(rows.status(), "team", in);
    Json list = Json::array();
    for (const Row& row : *rows) list.push_back(MemberJson(row));
    return JsonBody(200, list);
  }

  HttpResponse AddMember(const HttpRequest& request, const Claims& claims) {
    Validator in(request);
    const std::string id = in.PathUuid("id");
    const std::string member = in.Uuid("user_id");
    const std::string role =
        in.OneOf("role", {"partner", "manager", "senior", "staff", "qc_reviewer"});
    if (!in.ok()) return in.Response();
    const auto row = store_.AddMember(claims.sub, id, member, role);
    if (absl::IsAlreadyExists(row.status())) {
      if (config_.Has(Switch::kDuplicateMemberAsOk)) {
        return JsonBody(200, {{"engagement_id", id}, {"user_id", member}, {"role", role}});
      }
      return Detail(400, "User is already a team member");
    }
    if (absl::IsFailedPrecondition(row.status())) return Detail(404, "User not found");
    if (!row.ok()) return Refused(row.status(), "add member", in);
    return JsonBody(200, MemberJson(*row));
  }

  HttpResponse Activity(const HttpRequest& request, const Claims& claims) {
    Validator in(request, Validator::Body::kNone);
    const std::string id = in.PathUuid("id");
    if (!in.ok()) return in.Response();
    const auto rows = store_.Activity(claims.sub, id);
    if (!rows.ok()) return Refused(rows.status(), "activity", in);
    Json list = Json::array();
    for (const Row& row : *rows) {
      Json entry = ToJson(row, {"event_id", "event_type", "service", "recorded_at"});
      entry["retry_count"] = Json::parse(row.at("retry_count").value_or("0"), nullptr, false);
      list.push_back(entry);
    }
    return JsonBody(200, list);
  }

  // What a refusal of the store becomes.
  HttpResponse Refused(const absl::Status& status, std::string_view what, Validator& in) {
    if (absl::IsNotFound(status)) return Detail(404, "Engagement not found or access denied");
    if (absl::IsInvalidArgument(status)) return Detail(400, std::string(status.message()));
    const std::string message(status.message());
    // The token is good, but its account is gone.
    if (absl::IsFailedPrecondition(status) &&
        ConstraintName(message) == "engagements_created_by_fkey") {
      return Unauthorized("Could not validate credentials");
    }
    if ((absl::IsOutOfRange(status) || absl::IsFailedPrecondition(status)) &&
        !config_.Has(Switch::kFieldRulesLost)) {
      in.Add("value_error", "body", "", "Value violates " + ConstraintName(message));
      return in.Response();
    }
    return FromStatus(status, what);
  }

  void PublishCreated(const HttpRequest& request, const Claims& claims, const Row& row) {
    const std::string id = row.at("id").value_or("");
    Publish(request, claims, "engagement.created", id,
            {{"engagement_id", id},
             {"client_id", row.at("client_id").value_or("")},
             {"fiscal_year_end", row.at("fiscal_year_end").value_or("")},
             {"engagement_type", row.at("engagement_type").value_or("")}});
  }

  // The change is committed: a bus that is away must not turn it into an error.
  void Publish(const HttpRequest& request, const Claims& claims, const char* type,
               const std::string& engagement,
               std::vector<std::pair<std::string, std::string>> fields) {
    Event event;
    event.event_id = EventId(type, engagement);
    event.event_type = type;
    event.timestamp = NaiveUtc(std::chrono::system_clock::now());
    event.service = "engagement";
    event.user_id = claims.sub;
    event.organization_id = claims.cpa_firm_id;
    if (!config_.Has(Switch::kCorrelationIgnored)) {
      event.correlation_id = request.Header("X-Correlation-ID");
    }
    if (!config_.Has(Switch::kEventFieldsMissing)) event.fields = std::move(fields);
    const absl::Status status = events_.Publish(event);
    if (!status.ok()) {
      shared::LogError(absl::StrCat("event ", type, " lost: ", status.message()));
    }
  }

  // Only a broken deployment caches: see Switch::kTenantsMixed.
  void Remember(const Row& row) {
    if (!config_.Has(Switch::kTenantsMixed)) return;
    shared::MutexLock lock(&cache_mutex_);
    if (cache_.size() >= kMaxCached) cache_.clear();
    cache_[row.at("id").value_or("")] = row;
  }

  const Config& config_;
  EngagementStore store_;
  EventPublisher events_;
  Router router_;
  shared::Mutex cache_mutex_;
  std::map<std::string, Row> cache_ ABSL_GUARDED_BY(cache_mutex_);
};

}  // namespace

std::unique_ptr<Service> MakeEngagement(const Config& config) {
  return std::make_unique<Engagement>(config);
}

}  // namespace smokemesh::platform
