#include "coordinator/plan/plan_steps.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxShown = 64;

template <typename Steps>
void Append(const Steps& steps, std::string_view kind, std::vector<StepRef>* out) {
  for (int i = 0; i < steps.size(); ++i) {
    StepRef ref;
    ref.step = &steps.Get(i);
    ref.path = absl::StrCat(std::string(kind), ".steps[", i, "]");
    ref.number = i + 1;
    out->push_back(std::move(ref));
  }
}

void AppendTo(std::vector<StepRef>* out, std::vector<StepRef> steps) {
  std::move(steps.begin(), steps.end(), std::back_inserter(*out));
}

}  // namespace

std::vector<StepRef> StepsOf(const v1::Check& check) {
  std::vector<StepRef> steps;
  switch (check.kind_case()) {
    case v1::Check::kPostgres:
      Append(check.postgres().steps(), "postgres", &steps);
      break;
    case v1::Check::kRedis:
      Append(check.redis().steps(), "redis", &steps);
      break;
    case v1::Check::kHttp:
      Append(check.http().steps(), "http", &steps);
      break;
    case v1::Check::kEventBus:
      Append(check.event_bus().steps(), "event_bus", &steps);
      break;
    case v1::Check::kScenario:
      AppendTo(&steps, StepsIn(check.scenario().steps(), "scenario.steps", ""));
      break;
    case v1::Check::kFlow:
      for (int i = 0; i < check.flow().roles_size(); ++i) {
        AppendTo(&steps, StepsOfRole(check.flow().roles(i), i));
      }
      break;
    case v1::Check::kEdges:
    case v1::Check::KIND_NOT_SET:
      break;
  }
  for (StepRef& ref : StepsIn(check.finally(), "finally", "finally")) {
    ref.in_finally = true;
    steps.push_back(std::move(ref));
  }
  return steps;
}

std::vector<StepRef> StepsIn(const google::protobuf::RepeatedPtrField<v1::Step>& steps,
                             const std::string& path, const std::string& list) {
  std::vector<StepRef> out;
  for (int i = 0; i < steps.size(); ++i) {
    StepRef ref;
    ref.path = absl::StrCat(path, "[", i, "]");
    ref.number = i + 1;
    ref.list = list;
    switch (steps.Get(i).kind_case()) {
      case v1::Step::kPostgres:
        ref.step = &steps.Get(i).postgres();
        break;
      case v1::Step::kRedis:
        ref.step = &steps.Get(i).redis();
        break;
      case v1::Step::kHttp:
        ref.step = &steps.Get(i).http();
        break;
      case v1::Step::kEventBus:
        ref.step = &steps.Get(i).event_bus();
        break;
      case v1::Step::KIND_NOT_SET:
        break;
    }
    if (!KindOf(ref.step).empty()) absl::StrAppend(&ref.path, ".", std::string(KindOf(ref.step)));
    out.push_back(std::move(ref));
  }
  return out;
}

std::vector<StepRef> StepsOfRole(const v1::FlowRole& role, int index) {
  const std::string path = absl::StrCat("flow.roles[", index, "]");
  std::vector<StepRef> steps =
      StepsIn(role.prepare(), path + ".prepare", "prepare of " + RoleName(role));
  AppendTo(&steps, StepsIn(role.steps(), path + ".steps", RoleName(role)));
  return steps;
}

std::string RoleName(const v1::FlowRole& role) {
  return absl::StrCat("role \"", shared::Shorten(role.name(), kMaxShown), "\"");
}

std::string_view KindOf(const AnyStep& step) {
  constexpr std::string_view kKinds[] = {"", "postgres", "redis", "http", "event_bus"};
  return kKinds[step.index()];
}

CommonFields CommonOf(const AnyStep& step) {
  return std::visit(
      [](const auto& of_kind) {
        using Kind = std::decay_t<decltype(of_kind)>;
        CommonFields fields;
        if constexpr (!std::is_same_v<Kind, std::monostate>) {
          fields.name = &of_kind->name();
          fields.connection = &of_kind->connection();
          if constexpr (!std::is_same_v<Kind, const v1::HttpStep*>) {
            fields.session = &of_kind->session();
          }
          fields.expect = &of_kind->expect();
          fields.capture = &of_kind->capture();
          if (of_kind->has_repeat()) fields.repeat = &of_kind->repeat();
          if (of_kind->has_until()) fields.until = &of_kind->until();
          fields.parallel = &of_kind->parallel();
          fields.when = &of_kind->when();
        }
        return fields;
      },
      step);
}

std::vector<std::string> ActionsOf(const v1::EventBusStep& step) {
  std::vector<std::string> actions;
  if (step.subscribe_size() > 0) actions.emplace_back("subscribe");
  if (step.has_publish()) actions.emplace_back("publish");
  if (step.has_receive()) actions.emplace_back("receive");
  if (step.has_stored()) actions.emplace_back("stored");
  if (step.has_history()) actions.emplace_back("history");
  if (step.has_dead_letters()) actions.emplace_back("dead_letters");
  if (step.has_forget()) actions.emplace_back("forget");
  if (step.disconnect()) actions.emplace_back("disconnect");
  return actions;
}

absl::StatusOr<std::string> ResolveConnection(const v1::Plan& plan, const v1::Check& check,
                                              std::string_view step_kind,
                                              const std::string& named) {
  const std::string kind = shared::ConnectionKindOf(std::string(step_kind));
  const std::string& kind_text = kind;
  std::string name = named;
  if (name.empty() && KindOf(check) == step_kind) name = ConnectionOf(check);
  if (!name.empty()) {
    const auto found = plan.connections().find(name);
    if (found != plan.connections().end() && KindOf(found->second) == kind) return name;
  }
  // Maps have no order; names in messages must have one.
  std::vector<std::string> all;
  std::vector<std::string> of_kind;
  for (const auto& [other, connection] : plan.connections()) {
    all.push_back(other);
    if (KindOf(connection) == kind) of_kind.push_back(other);
  }
  std::sort(all.begin(), all.end());
  std::sort(of_kind.begin(), of_kind.end());
  if (name.empty()) {
    if (of_kind.size() == 1) return of_kind[0];
    if (of_kind.empty()) {
      return absl::NotFoundError(
          absl::StrCat("the plan has no ", kind_text, " connection: add one under connections"));
    }
    return absl::FailedPreconditionError(
        absl::StrCat("the plan has ", of_kind.size(), " ", kind_text, " connections (",
                     absl::StrJoin(of_kind, ", "), "): name one with \"connection\""));
  }
  const auto found = plan.connections().find(name);
  if (found == plan.connections().end()) {
    return absl::NotFoundError(absl::StrCat("connection \"", name, "\" is not in the plan",
                                            shared::DidYouMean(name, all)));
  }
  if (KindOf(found->second) != kind && !KindOf(found->second).empty()) {
    return absl::FailedPreconditionError(absl::StrCat("connection \"", name, "\" leads to ",
                                                      std::string(KindOf(found->second)),
                                                      ", and this needs ", kind_text));
  }
  return name;
}

bool NeedsConnection(const v1::Plan& plan, const v1::HttpStep& step) {
  const std::string& url = step.request().url();
  if (!step.connection().empty() || url.empty() || url[0] == '/') return true;
  if (url.rfind("${", 0) != 0 && url.rfind("{{", 0) != 0) return false;
  return std::any_of(plan.connections().begin(), plan.connections().end(),
                     [](const auto& entry) { return KindOf(entry.second) == "http"; });
}

}  // namespace smokemesh::coordinator
