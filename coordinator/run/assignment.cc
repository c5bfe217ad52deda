#include "coordinator/run/assignment.h"

#include <charconv>
#include <set>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/time_rules.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

// Collects the connections that a check names. A step without a name uses the plan's only one of
// its kind.
class ConnectionNames {
 public:
  explicit ConnectionNames(const v1::Plan& plan) : plan_(plan) {}

  void Add(const v1::Check& check) {
    switch (check.kind_case()) {
      case v1::Check::kPostgres:
        Add(check.postgres().connection(), v1::Connection::kPostgres);
        for (const auto& step : check.postgres().steps()) AddNamed(step.connection());
        break;
      case v1::Check::kRedis:
        Add(check.redis().connection(), v1::Connection::kRedis);
        for (const auto& step : check.redis().steps()) AddNamed(step.connection());
        break;
      case v1::Check::kHttp:
        Add(check.http().connection(), v1::Connection::kHttp);
        for (const auto& step : check.http().steps()) AddNamed(step.connection());
        break;
      case v1::Check::kEventBus:
        Add(check.event_bus().connection(), v1::Connection::kRedis);
        for (const auto& step : check.event_bus().steps()) AddNamed(step.connection());
        break;
      case v1::Check::kScenario:
        for (const v1::Step& step : check.scenario().steps()) Add(step);
        break;
      case v1::Check::kFlow:
        for (const v1::FlowRole& role : check.flow().roles()) {
          for (const v1::Step& step : role.prepare()) Add(step);
          for (const v1::Step& step : role.steps()) Add(step);
        }
        break;
      case v1::Check::kEdges:
      case v1::Check::KIND_NOT_SET:
        break;
    }
    for (const v1::Step& step : check.finally()) Add(step);
  }

  const std::set<std::string>& names() const { return names_; }

 private:
  void Add(const v1::Step& step) {
    switch (step.kind_case()) {
      case v1::Step::kPostgres:
        return Add(step.postgres().connection(), v1::Connection::kPostgres);
      case v1::Step::kRedis:
        return Add(step.redis().connection(), v1::Connection::kRedis);
      case v1::Step::kHttp:
        return Add(step.http().connection(), v1::Connection::kHttp);
      case v1::Step::kEventBus:
        return Add(step.event_bus().connection(), v1::Connection::kRedis);
      case v1::Step::KIND_NOT_SET:
        return;
    }
  }

  void Add(const std::string& name, v1::Connection::TargetCase kind) {
    if (!name.empty()) return AddNamed(name);
    for (const auto& [other, connection] : plan_.connections()) {
      if (connection.target_case() == kind) names_.insert(other);
    }
  }

  void AddNamed(const std::string& name) {
    if (!name.empty()) names_.insert(name);
  }

  const v1::Plan& plan_;
  std::set<std::string> names_;
};

}  // namespace

std::string FormatTaskId(const TaskName& name) {
  return absl::StrCat(name.run_id, "/", name.check, "/", name.agent_id, "/", name.attempt);
}

std::optional<TaskName> ParseTaskId(std::string_view task_id) {
  const size_t first = task_id.find('/');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = task_id.find('/', first + 1);
  const size_t last = task_id.rfind('/');
  if (second == std::string_view::npos || last <= second) return std::nullopt;
  TaskName name;
  name.run_id = std::string(task_id.substr(0, first));
  name.check = std::string(task_id.substr(first + 1, second - first - 1));
  name.agent_id = std::string(task_id.substr(second + 1, last - second - 1));
  const std::string_view number = task_id.substr(last + 1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), name.attempt);
  if (error != std::errc() || end != number.data() + number.size() || name.attempt < 1) {
    return std::nullopt;
  }
  return name;
}

v1::Assignment MakeAssignment(const v1::Plan& plan, const v1::Check& check, const TaskName& name) {
  v1::Assignment assignment;
  assignment.set_task_id(FormatTaskId(name));
  assignment.set_run_id(name.run_id);
  assignment.set_attempt(name.attempt);
  *assignment.mutable_check() = check;
  *assignment.mutable_check()->mutable_timeout() = shared::ToProto(TimeoutOf(plan, check));
  ConnectionNames used(plan);
  used.Add(check);
  for (const std::string& connection : used.names()) {
    const auto it = plan.connections().find(connection);
    if (it != plan.connections().end())
      (*assignment.mutable_connections())[connection] = it->second;
  }
  *assignment.mutable_variables() = plan.variables();
  *assignment.mutable_public_env() = plan.public_env();
  return assignment;
}

}  // namespace smokemesh::coordinator
