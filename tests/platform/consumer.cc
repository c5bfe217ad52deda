#include "tests/platform/consumer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/logging.h"
#include "shared/status_macros.h"

namespace smokemesh::platform {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kMaxRetryCount = 3;
constexpr size_t kMaxWaiting = 10'000;
constexpr milliseconds kTick{50};  // how soon the thread notices that it should stop
constexpr milliseconds kReconnect{200};
constexpr milliseconds kLag{3000};
constexpr size_t kSmallQueue = 3;

}  // namespace

Consumer::Consumer(const Config& config, std::vector<std::string> channels, Handler handler)
    : config_(config),
      channels_(std::move(channels)),
      handler_(std::move(handler)),
      subscription_(config.redis_url),
      commands_(config.redis_url),
      thread_([this] { Loop(); }) {}

Consumer::~Consumer() {
  stopping_ = true;
  thread_.join();
}

void Consumer::Loop() {
  auto next_attempt = steady_clock::now();
  while (!stopping_) {
    SendDueRetries();
    if (!subscription_.connected()) {
      if (subscribed_ && config_.Has(Switch::kDeafAfterCut)) {
        std::this_thread::sleep_for(kTick);  // it still believes that it is subscribed
        continue;
      }
      subscribed_ = false;
      if (steady_clock::now() < next_attempt) {
        std::this_thread::sleep_for(std::min(kTick, UntilNextRetry()));
        continue;
      }
      next_attempt = steady_clock::now() + kReconnect;
      const absl::Status status = Subscribe();
      if (!status.ok()) {
        shared::LogWarn(absl::StrCat("consumer: ", status.message()));
        subscription_.Disconnect();
        continue;
      }
      subscribed_ = true;
    }
    auto message = subscription_.NextMessage(std::min(kTick, UntilNextRetry()));
    if (!message.ok()) {
      shared::LogWarn(absl::StrCat("consumer: ", message.status().message()));
      continue;
    }
    std::vector<std::vector<std::string>> messages = {*std::move(message)};
    if (config_.Has(Switch::kQueueSmall)) Queue(&messages);
    for (const std::vector<std::string>& one : messages) {
      if (one.size() == 3 && one.front() == "message") Receive(one[1], one[2]);
    }
  }
}

void Consumer::Queue(std::vector<std::vector<std::string>>* messages) {
  for (;;) {
    auto next = subscription_.NextMessage(milliseconds(0));
    if (!next.ok() || next->empty()) return;
    if (messages->size() < kSmallQueue) messages->push_back(*std::move(next));
  }
}

absl::Status Consumer::Subscribe() {
  std::vector<std::string> command = {"SUBSCRIBE"};
  command.insert(command.end(), channels_.begin(), channels_.end());
  // The first channel's confirmation is the reply; the others come as messages.
  return subscription_.Command(command).status();
}

void Consumer::Receive(const std::string& channel, const std::string& text) {
  if (config_.Has(Switch::kEventsIgnored)) return;
  if (config_.Has(Switch::kLags)) {
    const auto due = steady_clock::now() + kLag;
    while (!stopping_ && steady_clock::now() < due) std::this_thread::sleep_for(kTick);
  }
  auto envelope = Envelope::Parse(text);
  if (!envelope.ok()) {
    shared::LogWarn(
        absl::StrCat("dropped a message on ", channel, ": ", envelope.status().message()));
    return;
  }
  const absl::Status status = handler_(*envelope);
  if (!status.ok()) Failed(channel, *std::move(envelope), status);
}

void Consumer::Failed(const std::string& channel, Envelope envelope, const absl::Status& error) {
  shared::LogWarn(absl::StrCat("event ", envelope.event_id(), " on ", channel, ", retry ",
                               envelope.retry_count(), ": ", error.message()));
  const bool retries = !config_.Has(Switch::kRetriesNever);
  const int most = config_.Has(Switch::kRetriesFew) ? 1 : kMaxRetryCount;
  if (envelope.retry_count() >= most || !retries || retries_.size() >= kMaxWaiting) {
    BuryDead(channel, envelope, error);
    return;
  }
  const int count = std::max(envelope.retry_count(), 0) + 1;
  if (!config_.Has(Switch::kRetryCountStuck)) envelope.set_retry_count(count);
  auto wait = config_.retry_base * (1 << count);
  if (config_.Has(Switch::kBackoffConstant)) wait = config_.retry_base * 2;
  if (config_.Has(Switch::kBackoffMissing)) wait = milliseconds(0);
  retries_.emplace(steady_clock::now() + wait, Retry{channel, envelope.Text()});
}

void Consumer::BuryDead(const std::string& channel, const Envelope& envelope,
                        const absl::Status& error) {
  if (config_.Has(Switch::kDeadLettersNever)) return;
  const std::string key = (config_.Has(Switch::kDeadLetterKeyWrong) ? "dead:" : "dlq:") + channel;
  const std::string entry = envelope.DeadLetterText(
      config_.Has(Switch::kDeadLetterWithoutError) ? "" : std::string(error.message()),
      NaiveUtc(std::chrono::system_clock::now()), channel,
      /*complete=*/!config_.Has(Switch::kDeadLetterWithoutEvent));
  absl::Status status = commands_.Command({"LPUSH", key, entry}).status();
  if (status.ok() && config_.Has(Switch::kDeadLetterTwice)) {
    status = commands_.Command({"LPUSH", key, entry}).status();
  }
  if (status.ok() && !config_.Has(Switch::kDeadLetterNoExpiry)) {
    status = commands_.Command({"EXPIRE", key, absl::StrCat(config_.event_ttl.count())}).status();
  }
  if (!status.ok()) {
    shared::LogError(
        absl::StrCat("dead letter ", envelope.event_id(), " lost: ", status.message()));
  }
}

void Consumer::SendDueRetries() {
  while (!retries_.empty() && retries_.begin()->first <= steady_clock::now()) {
    const Retry retry = std::move(retries_.begin()->second);
    retries_.erase(retries_.begin());
    const auto status = commands_.Command({"PUBLISH", retry.channel, retry.text}).status();
    if (!status.ok()) {
      shared::LogError(absl::StrCat("retry on ", retry.channel, " lost: ", status.message()));
    }
  }
}

milliseconds Consumer::UntilNextRetry() const {
  if (retries_.empty()) return kTick;
  return std::max(milliseconds(0),
                  std::chrono::ceil<milliseconds>(retries_.begin()->first - steady_clock::now()));
}

}  // namespace smokemesh::platform
