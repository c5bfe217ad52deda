#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_PUBLISHED_MESSAGE_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_PUBLISHED_MESSAGE_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/clock.h"
#include "shared/expectation/expectation.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {

// A message that a subscribed connection received.
struct PublishedMessage {
  std::string channel;  // on which it was published, also when a pattern was subscribed
  std::string text;
  // When the kernel had it. What lies unread together has come together, as far as can be told: the
  // time of the last.
  shared::SteadyTime arrived;
};

// Whether a message is one of those that are waited for.
using MessageFilter = std::function<absl::StatusOr<bool>(const PublishedMessage&)>;

// Lets the messages through for which all of `where` holds. `where` must outlive the filter.
MessageFilter MeantBy(const std::vector<shared::Expectation>& where);

// How long to wait for how many messages: v1::Receive without `where`.
struct Wait {
  size_t count = 1;
  shared::Duration within = std::chrono::seconds(2);
  shared::Duration settle{0};
};

// INVALID_ARGUMENT when the wait would end before it began.
absl::StatusOr<Wait> WaitOf(const v1::Receive& receive);

// What a wait brought. Fewer messages than waited for, and an end of `settle`, are only told of a
// connection that still answered afterwards: silence of a dead one is no evidence.
struct Received {
  std::vector<PublishedMessage> messages;  // in order
  size_t passed_over = 0;                  // others, which the filter did not let through
  std::string subscriptions;               // of the session, for people
};

// `3 messages (12 others passed over)`. `noun` is the singular.
std::string DescribeReceived(const Received& received, std::string_view noun);

// `1 of 3 messages within 2s; …`, and what to look at. For fewer messages than waited for.
std::string DescribeShortfall(const Received& received, const Wait& wait, std::string_view noun);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_PUBLISHED_MESSAGE_H_
