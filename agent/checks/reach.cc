#include "agent/checks/reach.h"

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace smokemesh::agent {
namespace {

constexpr char kReach[] = "smokemesh.v1.Reach";

}  // namespace

absl::Status WithReach(absl::Status status, v1::Reach reach) {
  if (!status.ok() && reach != v1::REACH_UNSPECIFIED && !status.GetPayload(kReach).has_value()) {
    status.SetPayload(kReach, absl::Cord(absl::StrCat(static_cast<int>(reach))));
  }
  return status;
}

v1::Reach ReachOf(const absl::Status& status) {
  const auto noted = status.GetPayload(kReach);
  int number = 0;
  if (noted.has_value() && absl::SimpleAtoi(std::string(*noted), &number)) {
    return static_cast<v1::Reach>(number);
  }
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return v1::REACH_NO_ANSWER;
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return v1::REACH_ANSWERED;
    default:
      return v1::REACH_UNSPECIFIED;
  }
}

}  // namespace smokemesh::agent
