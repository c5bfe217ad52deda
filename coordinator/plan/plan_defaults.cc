#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/plan_steps.h"
#include "coordinator/plan/plan_validator.h"
#include "coordinator/plan/policy_rules.h"
#include "coordinator/plan/sql_text.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kSqlWords = 6;
constexpr int kRedisWords = 2;

// Fills in the defaults of the steps of one check.
class StepDefaults {
 public:
  StepDefaults(const v1::Plan& plan, const v1::Check& check) : plan_(plan), check_(check) {}

  void Fill(v1::PostgresStep* step) const {
    SetConnection("postgres", step->mutable_connection());
    if (step->session().empty()) step->set_session("main");
    if (!step->name().empty()) return;
    step->set_name(step->disconnect() ? absl::StrCat("disconnect ", step->session())
                                      : FirstWords(step->sql(), kSqlWords));
  }

  void Fill(v1::RedisStep* step) const {
    SetConnection("redis", step->mutable_connection());
    if (step->session().empty()) step->set_session("main");
    if (step->has_receive()) {
      Fill(step->mutable_receive());
    }
    if (!step->name().empty()) return;
    if (step->disconnect()) {
      step->set_name(absl::StrCat("disconnect ", step->session()));
    } else if (step->has_receive()) {
      const int count = step->receive().count();
      step->set_name(absl::StrCat("receive ", count, count == 1 ? " message" : " messages"));
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
    if (step->has_receive()) Fill(step->mutable_receive());
  }

  static void Fill(v1::Receive* receive) {
    if (!receive->has_count()) receive->set_count(1);
    if (!receive->has_within()) receive->mutable_within()->set_seconds(2);
    if (!receive->has_settle()) receive->mutable_settle();
  }

  void Fill(v1::HttpStep* step) const {
    v1::HttpRequest& request = *step->mutable_request();
    if (request.method().empty()) request.set_method("GET");
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
    case v1::Check::KIND_NOT_SET:
      break;
  }
  defaults.FillAll(check->mutable_finally());
}

}  // namespace

void ApplyDefaults(v1::Plan* plan) {
  if (!plan->has_policy()) *plan->mutable_policy() = DefaultPolicy();
  for (v1::Rule& rule : *plan->mutable_policy()->mutable_rollback()) {
    if (rule.counts() == v1::COUNTS_UNSPECIFIED) rule.set_counts(v1::COUNTS_FAILURES);
  }
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
