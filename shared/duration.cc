#include "shared/duration.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace smokemesh::shared {

using std::chrono::duration_cast;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr absl::Duration kYear = absl::Hours(24 * 365);
constexpr absl::Duration kLongest = absl::Hours(100 * 24 * 365);
constexpr absl::Duration kFarthest = absl::Hours(180 * 24 * 365);  // from 1970

nanoseconds Within(absl::Duration limit, absl::Duration duration) {
  return absl::ToChronoNanoseconds(std::clamp(duration, -limit, limit));
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  absl::Duration parsed;
  const bool unit_less = text == "0" || text == "+0" || text == "-0";
  if (unit_less || text.empty() ||
      !absl::ParseDuration(absl::string_view(text.data(), text.size()), &parsed)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::string_view(text.data(), text.size()),
                     "\" is not a duration: write a number with a unit, such as 250ms, 30s or "
                     "1m30s"));
  }
  if (parsed < absl::ZeroDuration()) {
    return absl::InvalidArgumentError("a duration cannot be negative");
  }
  if (parsed > kYear) {
    return absl::InvalidArgumentError("a duration cannot be longer than a year");
  }
  return absl::ToChronoNanoseconds(parsed);
}

std::string FormatDuration(Duration duration) {
  const double nanos = static_cast<double>(duration.count());
  const double magnitude = std::fabs(nanos);
  char buffer[64];
  if (magnitude < 1e3) {
    std::snprintf(buffer, sizeof(buffer), "%.0fns", nanos);
  } else if (magnitude < 999.5e3) {  // above, three digits would be a thousand
    std::snprintf(buffer, sizeof(buffer), "%.3gµs", nanos / 1e3);
  } else if (magnitude < 999.5e6) {
    std::snprintf(buffer, sizeof(buffer), "%.3gms", nanos / 1e6);
  } else if (magnitude < 59.95e9) {
    std::snprintf(buffer, sizeof(buffer), "%.3gs", nanos / 1e9);
  } else {
    const int64_t total = std::chrono::round<seconds>(duration).count();
    std::snprintf(buffer, sizeof(buffer), "%lldm%02llds", static_cast<long long>(total / 60),
                  static_cast<long long>(total % 60));
  }
  return buffer;
}

Duration FromProto(const google::protobuf::Duration& duration) {
  return Within(kLongest, absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos()));
}

google::protobuf::Duration ToProto(Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(duration.count() / 1'000'000'000);
  proto.set_nanos(static_cast<int32_t>(duration.count() % 1'000'000'000));
  return proto;
}

google::protobuf::Timestamp ToProto(WallTime time) {
  const auto since_epoch = duration_cast<nanoseconds>(time.time_since_epoch());
  google::protobuf::Timestamp proto;
  proto.set_seconds(since_epoch.count() / 1'000'000'000);
  proto.set_nanos(static_cast<int32_t>(since_epoch.count() % 1'000'000'000));
  return proto;
}

WallTime FromProto(const google::protobuf::Timestamp& time) {
  return WallTime(duration_cast<WallTime::duration>(
      Within(kFarthest, absl::Seconds(time.seconds()) + absl::Nanoseconds(time.nanos()))));
}

std::string FormatWallTime(WallTime time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromChrono(time), absl::UTCTimeZone());
}

}  // namespace smokemesh::shared
