#include "agent/checks/step_list.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

constexpr size_t kLongestName = 60;

const std::string& NoText() {
  static const auto& text = *new std::string;
  return text;
}

// Calls `use` with the step of whatever kind; returns `otherwise` for a step without a kind.
template <typename Result, typename Use>
const Result& WithStep(const v1::Step& step, const Result& otherwise, const Use& use) {
  switch (step.kind_case()) {
    case v1::Step::kPostgres:
      return use(step.postgres());
    case v1::Step::kRedis:
      return use(step.redis());
    case v1::Step::kHttp:
      return use(step.http());
    case v1::Step::kEventBus:
      return use(step.event_bus());
    case v1::Step::KIND_NOT_SET:
      return otherwise;
  }
  return otherwise;
}

std::string DefaultName(const v1::PostgresStep& step) {
  if (step.disconnect()) return absl::StrCat("disconnect ", step.session());
  std::string text = step.sql();
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

std::string DefaultName(const v1::RedisStep& step) {
  if (step.disconnect()) return absl::StrCat("disconnect ", step.session());
  if (step.has_receive()) return absl::StrCat("receive on ", step.session());
  constexpr int kWords = 3;
  std::string name;
  for (int i = 0; i < step.command_size() && i < kWords; ++i) {
    absl::StrAppend(&name, i == 0 ? "" : " ", step.command(i));
  }
  return name;
}

std::string DefaultName(const v1::HttpStep& step) {
  const v1::HttpRequest& request = step.request();
  return absl::StrCat(request.method().empty() ? "GET" : request.method(), " ",
                      request.url().substr(0, request.url().find('?')));
}

std::string DefaultName(const v1::EventBusStep& step) {
  if (step.disconnect()) return absl::StrCat("disconnect ", step.session());
  if (step.has_publish()) return absl::StrCat("publish on ", step.publish().channel());
  if (step.has_receive()) return absl::StrCat("receive on ", step.session());
  if (step.has_stored()) return absl::StrCat("stored event of ", step.stored().channel());
  if (step.has_history()) return absl::StrCat("history of ", step.history().channel());
  if (step.has_dead_letters()) {
    return absl::StrCat("dead letters of ", step.dead_letters().channel());
  }
  if (step.has_forget()) return absl::StrCat("forget an event of ", step.forget().channel());
  return absl::StrCat("subscribe to ", absl::StrJoin(step.subscribe(), ", "));
}

}  // namespace

const std::string& TargetOf(const v1::Connection& connection) {
  switch (connection.target_case()) {
    case v1::Connection::kPostgres:
      return connection.postgres();
    case v1::Connection::kRedis:
      return connection.redis();
    case v1::Connection::kHttp:
      return connection.http();
    case v1::Connection::TARGET_NOT_SET:
      return NoText();
  }
  return NoText();
}

std::vector<v1::Step> StepsOf(const v1::Check& check) {
  std::vector<v1::Step> steps;
  for (const v1::PostgresStep& step : check.postgres().steps()) {
    *steps.emplace_back().mutable_postgres() = step;
  }
  for (const v1::RedisStep& step : check.redis().steps()) {
    *steps.emplace_back().mutable_redis() = step;
  }
  for (const v1::HttpStep& step : check.http().steps()) {
    *steps.emplace_back().mutable_http() = step;
  }
  for (const v1::EventBusStep& step : check.event_bus().steps()) {
    *steps.emplace_back().mutable_event_bus() = step;
  }
  for (const v1::Step& step : check.scenario().steps()) steps.push_back(step);
  for (const v1::FlowRole& role : check.flow().roles()) {
    steps.insert(steps.end(), role.prepare().begin(), role.prepare().end());
    steps.insert(steps.end(), role.steps().begin(), role.steps().end());
  }
  return steps;
}

const std::string& ConnectionOf(const v1::Step& step) {
  return WithStep(step, NoText(),
                  [](const auto& kind) -> const std::string& { return kind.connection(); });
}

const google::protobuf::RepeatedPtrField<std::string>& ExpectationsOf(const v1::Step& step) {
  using Expectations = google::protobuf::RepeatedPtrField<std::string>;
  static const auto& none = *new Expectations;
  return WithStep(step, none,
                  [](const auto& kind) -> const Expectations& { return kind.expect(); });
}

const google::protobuf::Map<std::string, v1::Capture>& CapturesOf(const v1::Step& step) {
  using Captures = google::protobuf::Map<std::string, v1::Capture>;
  static const auto& none = *new Captures;
  return WithStep(step, none, [](const auto& kind) -> const Captures& { return kind.capture(); });
}

const std::string& WhenOf(const v1::Step& step) {
  return WithStep(step, NoText(),
                  [](const auto& kind) -> const std::string& { return kind.when(); });
}

const std::string& ParallelOf(const v1::Step& step) {
  return WithStep(step, NoText(),
                  [](const auto& kind) -> const std::string& { return kind.parallel(); });
}

const v1::Repeat* RepeatOf(const v1::Step& step) {
  const v1::Repeat& none = v1::Repeat::default_instance();
  const v1::Repeat& repeat = WithStep(step, none, [&](const auto& kind) -> const v1::Repeat& {
    return kind.has_repeat() ? kind.repeat() : none;
  });
  return &repeat == &none ? nullptr : &repeat;
}

const v1::Until* UntilOf(const v1::Step& step) {
  const v1::Until& none = v1::Until::default_instance();
  const v1::Until& until = WithStep(step, none, [&](const auto& kind) -> const v1::Until& {
    return kind.has_until() ? kind.until() : none;
  });
  return &until == &none ? nullptr : &until;
}

const std::string& SessionOf(const v1::Step& step) {
  static const auto& main = *new std::string("main");
  const std::string& session = step.has_postgres()    ? step.postgres().session()
                               : step.has_redis()     ? step.redis().session()
                               : step.has_event_bus() ? step.event_bus().session()
                                                      : main;
  return session.empty() ? main : session;
}

const google::protobuf::RepeatedPtrField<std::string>& WhereOf(const v1::Step& step) {
  return step.has_redis() ? step.redis().receive().where() : step.event_bus().receive().where();
}

void ClearWhen(v1::Step* step) {
  switch (step->kind_case()) {
    case v1::Step::kPostgres:
      return step->mutable_postgres()->clear_when();
    case v1::Step::kRedis:
      return step->mutable_redis()->clear_when();
    case v1::Step::kHttp:
      return step->mutable_http()->clear_when();
    case v1::Step::kEventBus:
      return step->mutable_event_bus()->clear_when();
    case v1::Step::KIND_NOT_SET:
      return;
  }
}

std::string NameOf(const v1::Step& step) {
  const std::string& own =
      WithStep(step, NoText(), [](const auto& kind) -> const std::string& { return kind.name(); });
  if (!own.empty()) return own;
  std::string name;
  if (step.has_postgres()) name = DefaultName(step.postgres());
  if (step.has_redis()) name = DefaultName(step.redis());
  if (step.has_http()) name = DefaultName(step.http());
  if (step.has_event_bus()) name = DefaultName(step.event_bus());
  if (name.size() <= kLongestName) return name;
  // Up to the last whole word.
  const size_t space = name.rfind(' ', kLongestName);
  const std::string cut = shared::Shorten(name, space == std::string::npos ? kLongestName : space);
  return absl::StrCat(cut.substr(0, cut.rfind("…(")), "…");
}

}  // namespace smokemesh::agent
