#include "coordinator/session/message_limits.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxName = 128;
constexpr size_t kMaxDeployment = 256;
constexpr size_t kMaxText = 1024;
constexpr size_t kMaxTaskId = 512;
constexpr int kMaxLabels = 64;
constexpr int kMaxCapabilities = 64;
constexpr int kMaxTasksInHand = 10000;
constexpr int kMaxResultsPerBatch = 64;
constexpr size_t kMaxResultBytes = 64 * 1024;
constexpr int kMaxFailures = 1000;
constexpr int kMaxSteps = 2000;
constexpr int kMaxRoles = 256;
constexpr int kMaxFeatures = 64;

std::string Show(std::string_view text) {
  return absl::StrCat("\"", shared::EscapeControl(shared::Shorten(text, 64)), "\"");
}

absl::Status TooMany(const char* field, int seen, int limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat(field, " has ", seen, " entries: at most ", limit, " are accepted"));
}

absl::Status TooLong(const char* field, size_t seen, size_t limit) {
  return absl::ResourceExhaustedError(
      absl::StrCat(field, " has ", seen, " bytes: at most ", limit, " are accepted"));
}

// Printable, without spaces. UTF-8 is checked by the parser; letters beyond ASCII are welcome.
bool IsIdentifier(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f;
  });
}

absl::Status CheckName(const char* field, std::string_view text, size_t limit = kMaxName) {
  if (text.empty() || text.size() > limit || !IsIdentifier(text)) {
    return absl::InvalidArgumentError(absl::StrCat(field, " is ", Show(text), ": expected 1 to ",
                                                   limit, " printable characters without spaces"));
  }
  return absl::OkStatus();
}

absl::Status CheckText(const char* field, std::string_view text, size_t limit = kMaxText) {
  return text.size() > limit ? TooLong(field, text.size(), limit) : absl::OkStatus();
}

absl::Status CheckResults(const v1::Results& results) {
  if (results.sequence() == 0) {
    return absl::InvalidArgumentError("results.sequence is 0: expected numbers from 1");
  }
  if (results.results_size() == 0) {
    return absl::InvalidArgumentError("results.results is empty: expected 1 to 64 results");
  }
  if (results.results_size() > kMaxResultsPerBatch) {
    return TooMany("results.results", results.results_size(), kMaxResultsPerBatch);
  }
  for (const v1::TaskResult& result : results.results()) {
    RETURN_IF_ERROR(CheckName("results.task_id", result.task_id(), kMaxTaskId));
    RETURN_IF_ERROR(CheckName("results.run_id", result.run_id()));
    RETURN_IF_ERROR(CheckName("results.check", result.check()));
    RETURN_IF_ERROR(CheckName("results.agent_id", result.agent_id()));
    const size_t bytes = result.ByteSizeLong();
    if (bytes > kMaxResultBytes) return TooLong("results.results", bytes, kMaxResultBytes);
    if (result.failures_size() > kMaxFailures) {
      return TooMany("results.failures", result.failures_size(), kMaxFailures);
    }
    if (result.steps_size() > kMaxSteps) {
      return TooMany("results.steps", result.steps_size(), kMaxSteps);
    }
    if (result.roles_size() > kMaxRoles) {
      return TooMany("results.roles", result.roles_size(), kMaxRoles);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckHello(const v1::Hello& hello, bool in_process) {
  RETURN_IF_ERROR(CheckName("hello.agent_id", hello.agent_id()));
  RETURN_IF_ERROR(CheckName("hello.incarnation", hello.incarnation()));
  if (!hello.service().empty()) RETURN_IF_ERROR(CheckName("hello.service", hello.service()));
  if (hello.labels_size() > kMaxLabels) {
    return TooMany("hello.labels", hello.labels_size(), kMaxLabels);
  }
  for (const auto& [key, value] : hello.labels()) {
    RETURN_IF_ERROR(CheckName("hello.labels", key));
    RETURN_IF_ERROR(CheckText("hello.labels", value));
  }
  if (hello.capabilities_size() > kMaxCapabilities) {
    return TooMany("hello.capabilities", hello.capabilities_size(), kMaxCapabilities);
  }
  for (const std::string& kind : hello.capabilities()) {
    RETURN_IF_ERROR(CheckName("hello.capabilities", kind));
  }
  RETURN_IF_ERROR(CheckText("hello.build_version", hello.build_version(), kMaxName));
  if (!hello.deployment().empty()) {
    RETURN_IF_ERROR(CheckName("hello.deployment", hello.deployment(), kMaxDeployment));
  }
  if (hello.features_size() > kMaxFeatures) {
    return TooMany("hello.features", hello.features_size(), kMaxFeatures);
  }
  for (const std::string& feature : hello.features()) {
    RETURN_IF_ERROR(CheckName("hello.features", feature));
  }
  if (hello.tasks_in_hand_size() > kMaxTasksInHand) {
    return TooMany("hello.tasks_in_hand", hello.tasks_in_hand_size(), kMaxTasksInHand);
  }
  for (const std::string& task : hello.tasks_in_hand()) {
    RETURN_IF_ERROR(CheckName("hello.tasks_in_hand", task, kMaxTaskId));
  }
  if (hello.max_parallel() < 0) {
    return absl::InvalidArgumentError("hello.max_parallel is negative");
  }
  if (hello.stands_for_all() && !in_process) {
    return absl::PermissionDeniedError(
        "hello.stands_for_all is for agents in the coordinator's own process only");
  }
  return absl::OkStatus();
}

absl::Status CheckMessage(const v1::ConnectRequest& message) {
  switch (message.message_case()) {
    case v1::ConnectRequest::kHello:
      return absl::InvalidArgumentError("a second Hello: it is sent once, as the first message");
    case v1::ConnectRequest::kAssignmentAck:
      RETURN_IF_ERROR(
          CheckName("assignment_ack.task_id", message.assignment_ack().task_id(), kMaxTaskId));
      return CheckText("assignment_ack.reason", message.assignment_ack().reason());
    case v1::ConnectRequest::kResults:
      return CheckResults(message.results());
    case v1::ConnectRequest::kHeartbeat:
      return absl::OkStatus();
    case v1::ConnectRequest::kDrainNotice:
      return CheckText("drain_notice.reason", message.drain_notice().reason());
    case v1::ConnectRequest::kReady:
      return CheckName("ready.task_id", message.ready().task_id(), kMaxTaskId);
    case v1::ConnectRequest::MESSAGE_NOT_SET:
      break;  // of a newer agent: taken for not said, as is a field that nobody here knows
  }
  return absl::OkStatus();
}

}  // namespace smokemesh::coordinator
