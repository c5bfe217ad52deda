#ifndef SMOKEMESH_SHARED_DURATION_H_
#define SMOKEMESH_SHARED_DURATION_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::shared {

// Reads `250ms`, `30s`, `1.5s`, `1m30s`, `2h`; units ns, us, ms, s, m, h. Negative, empty and
// unit-less texts are INVALID_ARGUMENT.
absl::StatusOr<Duration> ParseDuration(std::string_view text);

// Writes a duration for people, with at most three significant digits: `83µs`, `412ms`, `2.41s`,
// `1m30s`.
std::string FormatDuration(Duration duration);

// From outside anything can come: durations beyond 100 years become 100 years, times further than
// 180 years from 1970 become these, so that their sums and differences fit 64 bits.
Duration FromProto(const google::protobuf::Duration& duration);
google::protobuf::Duration ToProto(Duration duration);
google::protobuf::Timestamp ToProto(WallTime time);
WallTime FromProto(const google::protobuf::Timestamp& time);

// Writes `2026-11-22T11:42:25Z` (RFC 3339, UTC, whole seconds).
std::string FormatWallTime(WallTime time);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_DURATION_H_
