#ifndef SMOKEMESH_COORDINATOR_REPORT_JSON_PARTS_H_
#define SMOKEMESH_COORDINATOR_REPORT_JSON_PARTS_H_

#include <nlohmann/json.hpp>
#include <string>

#include "shared/clock.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Pieces of the JSON report. Every key is always there: `null` says that there is no value, so that
// readers need no guards.

using Json = nlohmann::ordered_json;

// Escaped text; `null` for an empty one.
Json Text(const std::string& text);
Json TextOrNull(const std::string& text);

// Milliseconds with microseconds behind the point.
Json Milliseconds(shared::Duration duration);

// RFC 3339 in UTC; `null` unless `has`.
Json TimeOrNull(bool has, const google::protobuf::Timestamp& time);

// The word; `null` for an unspecified one.
Json OutcomeOrNull(v1::Outcome outcome);
Json DecisionOrNull(v1::Decision decision);

Json CountsJson(const v1::OutcomeCounts& counts);

// `verdict` and `bake` of the report.
Json VerdictJson(const v1::Verdict& verdict);
Json BakeJson(const v1::Run& run);

template <typename Strings>
Json Texts(const Strings& strings) {
  Json list = Json::array();
  for (const std::string& text : strings) list.push_back(Text(text));
  return list;
}

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_JSON_PARTS_H_
