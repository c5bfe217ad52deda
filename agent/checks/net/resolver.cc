#include "agent/checks/net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/reach.h"
#include "shared/mutex.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

constexpr int kMaxLookups = 128;
constexpr size_t kMaxAddresses = 16;

// Look-ups that run now, also those that nobody waits for any more.
std::atomic<int> lookups{0};

struct Answer {
  int error = 0;
  std::vector<NetAddress> addresses;
};

Answer LookUp(const std::string& host, int port, int flags) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  Answer answer;
  answer.error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (answer.error != 0) return answer;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (answer.addresses.size() == kMaxAddresses) break;
    NetAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    char text[INET6_ADDRSTRLEN] = "";
    if (entry->ai_family == AF_INET) {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
      v4->sin_port = htons(static_cast<uint16_t>(port));
      inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    } else if (entry->ai_family == AF_INET6) {
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
      v6->sin6_port = htons(static_cast<uint16_t>(port));
      inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    } else {
      continue;
    }
    address.ip = text;
    answer.addresses.push_back(std::move(address));
  }
  freeaddrinfo(list);
  return answer;
}

// Shared by the thread that looks up and the one that waits.
struct Lookup {
  shared::Mutex mutex;
  shared::CondVar changed;
  bool done ABSL_GUARDED_BY(mutex) = false;
  bool cancelled ABSL_GUARDED_BY(mutex) = false;
  Answer answer ABSL_GUARDED_BY(mutex);
};

absl::StatusOr<std::vector<NetAddress>> Result(const std::string& host, Answer answer) {
  if (answer.error == 0 && !answer.addresses.empty()) return std::move(answer.addresses);
  const absl::Status none = absl::UnavailableError(
      absl::StrCat("no address for host \"", shared::EscapeControl(host),
                   "\": ", answer.error == 0 ? "only unknown families" : gai_strerror(answer.error),
                   "; check the name and the resolver of the agent's machine"));
  return WithReach(none, v1::REACH_NO_ADDRESS);
}

}  // namespace

absl::StatusOr<std::vector<NetAddress>> Resolve(const std::string& host, int port,
                                                const CheckContext& context) {
  if (Answer numeric = LookUp(host, port, AI_NUMERICHOST); numeric.error == 0) {
    return Result(host, std::move(numeric));
  }
  if (lookups.fetch_add(1) >= kMaxLookups) {
    lookups.fetch_sub(1);
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot look up \"", host, "\": ", kMaxLookups,
                     " look-ups of names hang already; check the agent's resolver"));
  }
  auto lookup = std::make_shared<Lookup>();
  try {
    std::thread([lookup, host, port] {
      Answer answer = LookUp(host, port, AI_ADDRCONFIG);
      // No interface but loopback is up: AI_ADDRCONFIG hides what would work.
      if (answer.error != 0) answer = LookUp(host, port, 0);
      lookups.fetch_sub(1);
      shared::MutexLock lock(&lookup->mutex);
      lookup->answer = std::move(answer);
      lookup->done = true;
      lookup->changed.NotifyAll();
    }).detach();
  } catch (const std::system_error&) {
    lookups.fetch_sub(1);
    return absl::ResourceExhaustedError("cannot start a thread to look a name up");
  }
  const shared::Cancellation::Registration registration(context.cancellation, [lookup] {
    shared::MutexLock lock(&lookup->mutex);
    lookup->cancelled = true;
    lookup->changed.NotifyAll();
  });
  Answer answer;
  {
    shared::MutexLock lock(&lookup->mutex);
    while (!lookup->done) {
      if (lookup->cancelled) break;
      if (!lookup->changed.WaitUntil(&lookup->mutex, context.deadline) && !lookup->done) {
        const absl::Status late = absl::DeadlineExceededError(
            absl::StrCat("the name \"", shared::EscapeControl(host),
                         "\" could not be looked up in time; check the agent's resolver"));
        return WithReach(late, v1::REACH_NO_ADDRESS);
      }
    }
    if (lookup->done) return Result(host, std::move(lookup->answer));
  }
  return absl::CancelledError(context.cancellation->reason());
}

}  // namespace smokemesh::agent
