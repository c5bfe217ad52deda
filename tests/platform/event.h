#ifndef SMOKEMESH_TESTS_PLATFORM_EVENT_H_
#define SMOKEMESH_TESTS_PLATFORM_EVENT_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::platform {

// Naive UTC with microseconds, which are left out when zero: `2026-11-22T08:59:52.518429`.
std::string NaiveUtc(std::chrono::system_clock::time_point time);

// What a service tells about something that happened.
struct Event {
  std::string event_id;
  std::string event_type;
  std::string timestamp;
  std::string service;
  std::optional<std::string> user_id;
  std::optional<std::string> organization_id;
  std::string correlation_id;  // goes into `metadata`; empty: `metadata` is empty
  // The fields of the type, in the promised order.
  std::vector<std::pair<std::string, std::string>> fields;
};

// The text that crosses the bus for a new event (`retry_count` 0), as the platform's Python bus
// writes it: order of keys, separators `", "` and `": "`, everything beyond ASCII escaped.
std::string EnvelopeText(const Event& event);

// An envelope that was received. Keeps the whole text, so that a retry loses nothing.
class Envelope {
 public:
  // INVALID_ARGUMENT when the text is not an envelope with the common fields.
  static absl::StatusOr<Envelope> Parse(std::string_view text);

  ~Envelope();
  Envelope(Envelope&&) noexcept;
  Envelope& operator=(Envelope&&) noexcept;

  std::string event_id() const;
  std::string event_type() const;
  std::string service() const;
  // A text field of `data`, or an empty string.
  std::string Field(std::string_view name) const;

  int retry_count() const;
  void set_retry_count(int count);

  // As EnvelopeText writes it.
  std::string Text() const;

  // The entry for `dlq:{channel}`. Without the envelope when `complete` is false.
  std::string DeadLetterText(std::string_view error, std::string_view timestamp,
                             std::string_view channel, bool complete) const;

 private:
  struct State;
  explicit Envelope(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_EVENT_H_
