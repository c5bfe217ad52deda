#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/edge_checks.h"
#include "coordinator/plan/field_rules.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/plan_validator.h"
#include "coordinator/plan/policy_rules.h"
#include "coordinator/plan/sql_text.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kSqlWords = 6;
constexpr int kRedisWords = 2;
constexpr shared::Duration kDefaultWithin = std::chrono::seconds(2);
constexpr shared::Duration kDefaultInterval = std::chrono::milliseconds(50);

// Fills in the defaults of the steps of one check.
class StepDefaults {
 public:
  StepDefaults(const v1::Plan& plan, const v1::Check& check) : plan_(plan), check_(check) {}

  void Fill(v1::PostgresStep* step) const {
    SetConnection("postgres", step->mutable_connection());
    if (step->session().empty()) step->set_session("main");
    FillCommon(step);
    if (!step->name().empty()) return;
    step->set_name(step->disconnect() ? absl::StrCat("disconnect ", step->session())
                                      : FirstWords(step->sql(), kSqlWords));
  }

  void Fill(v1::RedisStep* step) const {
    SetConnection("redis", step->mutable_connection());
    if (step->session().empty()) step->set_session("main");
    FillCommon(step);
    if (step->has_receive()) Fill(step->mutable_receive());
    if (!step->name().empty()) return;
    if (step->disconnect()) {
      step->set_name(absl::StrCat("disconnect ", step->session()));
    } else if (step->has_receive()) {
      step->set_name(Received(step->receive().count(), "message"));
    } else {
      std::string words;
      for (int i = 0; i < std::min(kRedisWords, step->command_size()); ++i) {
        absl::StrAppend(&words, i > 0 ? " " : "", step->command(i));
      }
      step->set_name(FirstWords(words, kSqlWords));
    }
  }

  void Fill(v1::EventBusStep* step) const {
    SetConnection("event_bus", step->mutable_connection());
    if (step->session().empty()) step->set_session("main");
    FillCommon(step);
    if (step->has_receive()) Fill(step->mutable_receive());
    if (step->has_publish()) {
      v1::EventPublication& event = *step->mutable_publish();
      if (event.event_type().empty()) event.set_event_type(event.channel());
      if (event.service().empty()) event.set_service("smokemesh");
    }
    if (step->has_history()) Fill(step->mutable_history());
    if (step->has_dead_letters()) Fill(step->mutable_dead_letters());
    if (step->name().empty()) step->set_name(NameOf(*step));
  }

  // The action and its channel.
  static std::string NameOf(const v1::EventBusStep& step) {
    const auto named = [](const char* action, const std::string& channel) {
      return absl::StrCat(action, " ", FirstWords(channel, kSqlWords));
    };
    if (step.disconnect()) return absl::StrCat("disconnect ", step.session());
    if (step.has_publish()) return named("publish on", step.publish().channel());
    if (step.has_stored()) return named("stored event on", step.stored().channel());
    if (step.has_history()) return named("history of", step.history().channel());
    if (step.has_dead_letters()) return named("dead letters of", step.dead_letters().channel());
    if (step.has_forget()) return named("forget event on", step.forget().channel());
    if (step.has_receive()) return Received(step.receive().count(), "event");
    const std::string channel = step.subscribe_size() > 0 ? step.subscribe(0) : "";
    return absl::StrCat(named("subscribe to", channel), step.subscribe_size() > 1 ? ", …" : "");
  }

  static std::string Received(int count, const char* what) {
    return absl::StrCat("receive ", count, " ", what, count == 1 ? "" : "s");
  }

  static void Fill(v1::EventList* list) {
    if (list->limit() == 0) list->set_limit(1000);
  }

  void Fill(v1::Receive* receive) const {
    if (!receive->has_count()) receive->set_count(1);
    if (!receive->has_within()) *receive->mutable_within() = DefaultWithin();
    if (!receive->has_settle()) receive->mutable_settle();
  }

  // What steps of all kinds have.
  template <typename Step>
  void FillCommon(Step* step) const {
    if (step->has_repeat() && step->repeat().parallel() == 0) {
      step->mutable_repeat()->set_parallel(1);
    }
    if (!step->has_until()) return;
    v1::Until& until = *step->mutable_until();
    if (!until.has_within()) *until.mutable_within() = DefaultWithin();
    if (!until.has_interval()) {
      *until.mutable_interval() =
          shared::ToProto(std::min(kDefaultInterval, BoundedDuration(until.within())));
    }
  }

  void Fill(v1::HttpStep* step) const {
    v1::HttpRequest& request = *step->mutable_request();
    if (request.method().empty()) request.set_method("GET");
    FillCommon(step);
    if (NeedsConnection(plan_, *step)) SetConnection("http", step->mutable_connection());
    if (step->name().empty()) {
      step->set_name(absl::StrCat(request.method(), " ", FirstWords(request.url(), kSqlWords)));
    }
  }

  void Fill(v1::Step* step) const {
    switch (step->kind_case()) {
      case v1::Step::kPostgres:
        return Fill(step->mutable_postgres());
      case v1::Step::kRedis:
        return Fill(step->mutable_redis());
      case v1::Step::kHttp:
        return Fill(step->mutable_http());
      case v1::Step::kEventBus:
        return Fill(step->mutable_event_bus());
      case v1::Step::KIND_NOT_SET:
        return;
    }
  }

  template <typename Steps>
  void FillAll(Steps* steps) const {
    for (auto& step : *steps) Fill(&step);
  }

 private:
  // Never longer than the check may take.
  google::protobuf::Duration DefaultWithin() const {
    return shared::ToProto(std::min(kDefaultWithin, BoundedDuration(check_.timeout())));
  }

  void SetConnection(std::string_view kind, std::string* connection) const {
    auto resolved = ResolveConnection(plan_, check_, kind, *connection);
    if (resolved.ok()) *connection = *std::move(resolved);  // always, in a valid plan
  }

  const v1::Plan& plan_;
  const v1::Check& check_;
};

void FillCheck(const v1::Plan& plan, v1::Check* check) {
  if (check->quorum().empty()) check->set_quorum("all");
  if (!check->has_timeout()) *check->mutable_timeout() = plan.defaults().timeout();
  if (check->retry().attempts() == 0) check->mutable_retry()->set_attempts(1);
  if (!check->retry().has_interval()) check->mutable_retry()->mutable_interval()->set_seconds(1);
  const StepDefaults defaults(plan, *check);
  switch (check->kind_case()) {
    case v1::Check::kPostgres:
      defaults.FillAll(check->mutable_postgres()->mutable_steps());
      break;
    case v1::Check::kRedis:
      defaults.FillAll(check->mutable_redis()->mutable_steps());
      break;
    case v1::Check::kHttp:
      defaults.FillAll(check->mutable_http()->mutable_steps());
      break;
    case v1::Check::kEventBus:
      defaults.FillAll(check->mutable_event_bus()->mutable_steps());
      break;
    case v1::Check::kScenario:
      defaults.FillAll(check->mutable_scenario()->mutable_steps());
      break;
    case v1::Check::kFlow:
      for (v1::FlowRole& role : *check->mutable_flow()->mutable_roles()) {
        defaults.FillAll(role.mutable_prepare());
        defaults.FillAll(role.mutable_steps());
      }
      break;
    case v1::Check::kEdges:  // expanded before
    case v1::Check::KIND_NOT_SET:
      break;
  }
  defaults.FillAll(check->mutable_finally());
}

}  // namespace

void ApplyDefaults(v1::Plan* plan) {
  ExpandEdges(plan);
  if (!plan->has_policy()) *plan->mutable_policy() = DefaultPolicy(*plan);
  ApplyPolicyDefaults(plan->mutable_policy());
  if (plan->quick().empty()) plan->set_quick("critical");
  if (!plan->has_timeout()) plan->mutable_timeout()->set_seconds(300);
  if (!plan->defaults().has_timeout()) {
    plan->mutable_defaults()->mutable_timeout()->set_seconds(10);
  }
  for (v1::Suite& suite : *plan->mutable_suites()) {
    if (suite.title().empty()) suite.set_title(suite.name());
  }
  for (v1::Check& check : *plan->mutable_checks()) FillCheck(*plan, &check);
}

}  // namespace smokemesh::coordinator
