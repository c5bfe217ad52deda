#include "agent/checks/redis_client/published_message.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "shared/duration.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

// One message, for the expectations of `where`.
class MessageObservation final : public shared::Observation {
 public:
  // `message` must outlive this.
  explicit MessageObservation(const PublishedMessage& message) : message_(message) {}

  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override {
    if (query == "channel") return shared::Text{message_.channel};
    if (query == "text") return shared::Text{message_.text};
    if (query == "json") return shared::JsonPointer(message_.text, argument);
    return absl::InvalidArgumentError(
        absl::StrCat("messages have no query \"", std::string(query), "\""));
  }
  std::string Summary() const override { return message_.text; }
  Implied UnlessAsked() const override { return {}; }

 private:
  const PublishedMessage& message_;
};

std::string Counted(size_t count, std::string_view noun) {
  return absl::StrCat(count, " ", std::string(noun), count == 1 ? "" : "s");
}

std::string PassedOver(const Received& received) {
  if (received.passed_over == 0) return "";
  return absl::StrCat(" (", received.passed_over, received.passed_over == 1 ? " other" : " others",
                      " passed over)");
}

}  // namespace

MessageFilter MeantBy(const std::vector<shared::Expectation>& where) {
  return [&where](const PublishedMessage& message) -> absl::StatusOr<bool> {
    const MessageObservation seen(message);
    for (const shared::Expectation& expectation : where) {
      ASSIGN_OR_RETURN(const std::optional<shared::Observation::Mismatch> mismatch,
                       shared::Evaluate(expectation, seen));
      if (mismatch.has_value()) return false;
    }
    return true;
  };
}

absl::StatusOr<Wait> WaitOf(const v1::Receive& receive) {
  Wait wait;
  if (receive.has_count()) {
    if (receive.count() < 0) {
      return absl::InvalidArgumentError("`receive.count` is negative");
    }
    wait.count = static_cast<size_t>(receive.count());
  }
  if (receive.has_within()) wait.within = shared::FromProto(receive.within());
  wait.settle = shared::FromProto(receive.settle());
  if (wait.count == 0 && wait.settle <= shared::Duration::zero()) {
    return absl::InvalidArgumentError(
        "`receive` with `count: 0` listens for as long as `settle` says, and it says nothing");
  }
  return wait;
}

std::string DescribeReceived(const Received& received, std::string_view noun) {
  return absl::StrCat(Counted(received.messages.size(), noun), PassedOver(received));
}

std::string DescribeShortfall(const Received& received, const Wait& wait, std::string_view noun) {
  const bool heard = !received.messages.empty() || received.passed_over > 0;
  return absl::StrCat(received.messages.size(), " of ", Counted(wait.count, noun), " within ",
                      shared::FormatDuration(wait.within), PassedOver(received),
                      "; the connection still answers PING, so it is subscribed (",
                      received.subscriptions, ") and hears nothing", heard ? " more" : "",
                      ": look at who publishes, on which channel and with which ACL");
}

}  // namespace smokemesh::agent
