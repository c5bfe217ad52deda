#include "coordinator/verdict/suite_time.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

constexpr int64_t kMostSeconds = 1'000'000'000;
constexpr int64_t kLatestSecond = 7'000'000'000;  // in the year 2191

shared::WallTime StartOf(const v1::TaskResult& result) {
  google::protobuf::Timestamp start = result.start_time();
  start.set_seconds(std::clamp<int64_t>(start.seconds(), 0, kLatestSecond));
  start.set_nanos(std::clamp(start.nanos(), 0, 999'999'999));
  return shared::FromProto(start);
}

shared::Duration SpanOf(const std::vector<const v1::CheckRecord*>& checks) {
  struct Span {
    shared::WallTime begin = shared::WallTime::max();
    shared::WallTime end = shared::WallTime::min();
  };
  std::map<std::string, Span> by_agent;
  for (const v1::CheckRecord* check : checks) {
    if (check->shadow()) continue;
    for (const v1::Task& task : check->tasks()) {
      if (!task.has_result() || !task.result().has_start_time()) continue;
      const shared::WallTime begin = StartOf(task.result());
      const shared::WallTime end = begin + std::chrono::duration_cast<shared::WallTime::duration>(
                                               SaneDuration(task.result().duration()));
      Span& span = by_agent[task.agent_id()];
      span.begin = std::min(span.begin, begin);
      span.end = std::max(span.end, end);
    }
  }
  shared::Duration longest{0};
  for (const auto& [agent, span] : by_agent) {
    longest = std::max(longest, shared::Duration(span.end - span.begin));
  }
  return longest;
}

// Whether the coordinator ended the suite: what ran then has no time that could be added up.
bool EndedByItsMax(std::string_view name, const std::vector<const v1::CheckRecord*>& checks) {
  const std::string words = absl::StrCat("suite \"", std::string(name), "\" was ended after ");
  for (const v1::CheckRecord* check : checks) {
    if (check->shadow()) continue;
    for (const v1::Task& task : check->tasks()) {
      if (task.outcome() == v1::OUTCOME_ABORTED && task.reason().rfind(words, 0) == 0) return true;
    }
  }
  return false;
}

}  // namespace

shared::Duration SaneDuration(const google::protobuf::Duration& duration) {
  google::protobuf::Duration sane;
  sane.set_seconds(std::clamp<int64_t>(duration.seconds(), 0, kMostSeconds));
  sane.set_nanos(std::clamp(duration.nanos(), 0, 999'999'999));
  return shared::FromProto(sane);
}

shared::Duration TimeOf(const v1::CheckRecord& check) {
  shared::Duration longest{0};
  for (const v1::Task& task : check.tasks()) {
    if (task.has_result()) longest = std::max(longest, SaneDuration(task.result().duration()));
  }
  return longest;
}

SuiteTime SuiteTimeOf(std::string_view name, shared::Duration target,
                      const std::vector<const v1::CheckRecord*>& checks) {
  SuiteTime suite;
  suite.target = target;
  suite.time = SpanOf(checks);
  suite.ended_by_max = EndedByItsMax(name, checks);
  suite.over_target = target.count() > 0 && (suite.time > target || suite.ended_by_max);
  return suite;
}

}  // namespace smokemesh::coordinator
