#include "agent/checks/http/curl_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/checks/http/curl_transfer.h"
#include "agent/checks/http/curl_url.h"
#include "shared/cancellation.h"
#include "shared/mutex.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"
#include "shared/version.h"

namespace smokemesh::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kMostRedirects = 3;
constexpr milliseconds kLongestPoll(1000);
// Less than the second after which the executor reports a cancelled check by itself.
constexpr milliseconds kPatienceAfterCancel{800};

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

void Append(List* list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list->get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list->release());  // `longer` owns it now
  list->reset(longer);
}

// The usual words for a status whose answer brings none (HTTP/2).
std::string_view UsualReason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

// One chain of requests, and the connections that it keeps for the next. Used by one thread at a
// time.
class CurlChain {
 public:
  // `guard` must outlive this.
  explicit CurlChain(const TargetGuard& guard)
      : guard_(guard), multi_(curl_multi_init()), easy_(curl_easy_init()) {}

  // As HttpClient::Send.
  absl::StatusOr<HttpAnswer> Send(const HttpCall& call, const CheckContext& context) {
    HttpCall next = call;
    shared::Duration total{0};
    for (int redirects = 0;; ++redirects) {
      std::string location;
      ASSIGN_OR_RETURN(HttpAnswer answer, Exchange(next, context, &location));
      total += answer.duration;
      answer.duration = total;
      if (!call.follow_redirects || location.empty()) return answer;
      answer.note = WhyNotFollow(next.url, location, redirects);
      if (!answer.note.empty()) return answer;
      // As every browser does, and as 303 demands.
      const bool becomes_get = answer.status == 303 ? next.method != "HEAD"
                                                    : answer.status <= 302 && next.method == "POST";
      if (becomes_get) {
        next.method = "GET";
        next.body.reset();
        std::erase_if(next.headers, [](const auto& header) {
          return absl::EqualsIgnoreCase(header.first, "content-type");
        });
      }
      next.url = location;
    }
  }

  // Host and port of the last request.
  const std::string& last_place() const { return last_place_; }

 private:
  // Sends one request. Sets `location` to the absolute URL that the answer redirects to, if any.
  absl::StatusOr<HttpAnswer> Exchange(const HttpCall& call, const CheckContext& context,
                                      std::string* location) {
    if (easy_ == nullptr || multi_ == nullptr) {
      return absl::ResourceExhaustedError("no memory for a connection");
    }
    ASSIGN_OR_RETURN(const Place place, PlaceOf(call.url));
    RETURN_IF_ERROR(guard_.MayAsk(place.BareHost(), place.PortNumber()));
    last_place_ = place.HostPort();
    Transfer transfer(guard_, place.BareHost());
    List headers;
    List connect_to;
    // The handle outlives what it is about to point to: it must forget it.
    const absl::Cleanup forget = [this] { curl_easy_reset(easy_.get()); };
    SetLimits(context);
    ReceiveInto(&transfer, easy_.get());
    RETURN_IF_ERROR(SetUrl(call, place, &headers, &connect_to));
    SetRequest(call, &headers);
    SetTls(call);
    // Methods that only read (RFC 9110, section 9.2.1).
    const bool may_change =
        call.method != "GET" && call.method != "HEAD" && call.method != "OPTIONS";
    ASSIGN_OR_RETURN(const CURLcode code, Perform(context, may_change));
    if (code != CURLE_OK) return ErrorOf(code, easy_.get(), place, transfer);
    return AnswerOf(call, std::move(transfer), location);
  }

  template <typename T>
  void Set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void SetLimits(const CheckContext& context) {
    const auto left = std::chrono::ceil<milliseconds>(context.deadline - steady_clock::now());
    Set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(left.count())));
    // The whole time may go into connecting: the deadline is the only limit.
    Set(CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(left.count())));
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_QUICK_EXIT, 1L);  // else a resolver that hangs holds us past the deadline
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_FOLLOWLOCATION, 0L);  // Send follows, by its own rules
    Set(CURLOPT_PROXY, "");           // a proxy would hide the address from the check below
  }

  // libcurl verifies the name in the URL. To verify another one, ask for that one and connect to
  // the real place.
  absl::Status SetUrl(const HttpCall& call, const Place& place, List* headers, List* connect_to) {
    if (call.server_name.empty() || place.scheme != "https") {
      Set(CURLOPT_URL, call.url.c_str());
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const Url url, ParseUrl(call.url));
    const bool default_port = Part(url.get(), CURLUPART_PORT).empty();
    if (curl_url_set(url.get(), CURLUPART_HOST, call.server_name.c_str(), 0) != CURLUE_OK) {
      return absl::InvalidArgumentError("tls.server_name is not a host name");
    }
    Set(CURLOPT_URL, Part(url.get(), CURLUPART_URL).c_str());  // libcurl copies it
    Append(connect_to,
           absl::StrCat(call.server_name, ":", place.port, ":", place.host, ":", place.port));
    Set(CURLOPT_CONNECT_TO, connect_to->get());
    const bool has_host = std::any_of(
        call.headers.begin(), call.headers.end(),
        [](const auto& header) { return absl::EqualsIgnoreCase(header.first, "host"); });
    if (!has_host) {
      Append(headers, absl::StrCat("Host: ", default_port ? place.host : place.HostPort()));
    }
    return absl::OkStatus();
  }

  void SetRequest(const HttpCall& call, List* headers) {
    bool has_content_type = false;
    bool has_user_agent = false;
    for (const auto& [name, value] : call.headers) {
      has_content_type = has_content_type || absl::EqualsIgnoreCase(name, "content-type");
      has_user_agent = has_user_agent || absl::EqualsIgnoreCase(name, "user-agent");
      // `Name;` is libcurl's way to write a header without a value.
      Append(headers, value.empty() ? absl::StrCat(name, ";") : absl::StrCat(name, ": ", value));
    }
    if (!has_user_agent) {
      Set(CURLOPT_USERAGENT,
          absl::StrCat("smokemesh/", std::string(shared::BuildVersion())).c_str());
    }
    Append(headers, "Expect:");  // no wait for `100 Continue`
    const bool sends_body = call.body.has_value() || call.method == "POST";
    if (sends_body) {
      const std::string_view body = call.body.has_value() ? std::string_view(*call.body) : "";
      Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
      // Not copied: `call` outlives the exchange.
      Set(CURLOPT_POSTFIELDS, body.data());
      if (!has_content_type) Append(headers, "Content-Type:");  // libcurl would say it is a form
    }
    if (call.method == "HEAD" && !sends_body) {
      Set(CURLOPT_NOBODY, 1L);
    } else if (call.method != "GET" || sends_body) {
      Set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
    }
    Set(CURLOPT_HTTPHEADER, headers->get());
  }

  void SetTls(const HttpCall& call) {
    if (!call.ca_file.empty()) {
      Set(CURLOPT_CAINFO, call.ca_file.c_str());
      Set(CURLOPT_CAPATH, static_cast<char*>(nullptr));  // only those, not the system's as well
    }
    if (!call.cert_file.empty()) Set(CURLOPT_SSLCERT, call.cert_file.c_str());
    if (!call.key_file.empty()) Set(CURLOPT_SSLKEY, call.key_file.c_str());
    if (call.insecure_skip_verify) {
      Set(CURLOPT_SSL_VERIFYPEER, 0L);
      Set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
  }

  // Drives the exchange to its end, to the deadline or to the cancellation.
  absl::StatusOr<CURLcode> Perform(const CheckContext& context, bool may_change) {
    CURLM* const multi = multi_.get();
    if (curl_multi_add_handle(multi, easy_.get()) != CURLM_OK) {
      return absl::InternalError("cannot begin the request");
    }
    const shared::Cancellation::Registration wake(context.cancellation,
                                                  [multi] { curl_multi_wakeup(multi); });
    absl::StatusOr<CURLcode> result = Drive(context, may_change);
    curl_multi_remove_handle(multi, easy_.get());
    return result;
  }

  // After a cancellation, a request that may change something is still seen to its end for a
  // moment: cut off, the server could carry it out after everything else was cleaned up.
  absl::StatusOr<CURLcode> Drive(const CheckContext& context, bool may_change) {
    const absl::Status cancelled = absl::CancelledError("the request was cancelled");
    if (context.cancellation->cancelled()) return cancelled;
    std::optional<shared::SteadyTime> patience;
    for (;;) {
      int running = 0;
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
        return absl::InternalError("the request cannot go on");
      }
      int queued = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &queued)) {
        if (message->msg != CURLMSG_DONE) continue;
        if (context.cancellation->cancelled()) return cancelled;
        return message->data.result;
      }
      if (context.cancellation->cancelled() && !patience.has_value()) {
        if (!may_change) return cancelled;
        patience = std::min(context.deadline, steady_clock::now() + kPatienceAfterCancel);
      }
      const auto left = std::chrono::ceil<milliseconds>(patience.value_or(context.deadline) -
                                                        steady_clock::now());
      if (left <= milliseconds(0)) {
        if (patience.has_value()) return cancelled;
        return CURLE_OPERATION_TIMEDOUT;
      }
      curl_multi_poll(multi_.get(), nullptr, 0,
                      static_cast<int>(std::min(left, kLongestPoll).count()), nullptr);
    }
  }

  HttpAnswer AnswerOf(const HttpCall& call, Transfer transfer, std::string* location) {
    long status = 0;  // libcurl's type
    curl_off_t total = 0;
    char* redirect = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy_.get(), CURLINFO_TOTAL_TIME_T, &total);
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &redirect);
    if (redirect != nullptr) *location = redirect;
    HttpAnswer answer;
    answer.status = static_cast<int>(status);
    answer.reason =
        transfer.reason.empty() ? std::string(UsualReason(answer.status)) : transfer.reason;
    answer.headers = std::move(transfer.headers);
    answer.body = std::move(transfer.body);
    answer.url = shared::WithoutCredentials(call.url);
    answer.duration = std::chrono::microseconds(total);
    answer.certificate = std::move(transfer.certificate);
    return answer;
  }

  // Why a redirect is not followed; empty when it is.
  static std::string WhyNotFollow(const std::string& from, const std::string& to, int redirects) {
    if (redirects == kMostRedirects) {
      return absl::StrCat("more than ", kMostRedirects, " redirects");
    }
    const absl::StatusOr<Place> old_place = PlaceOf(from);
    const absl::StatusOr<Place> new_place = PlaceOf(to);
    if (!old_place.ok() || !new_place.ok()) return "redirect to what is no HTTP URL not followed";
    if (!absl::EqualsIgnoreCase(old_place->host, new_place->host)) {
      return absl::StrCat("redirect to another host, ", new_place->HostPort(), ", not followed");
    }
    if (old_place->scheme == "https" && new_place->scheme == "http") {
      return "redirect from https to http not followed";
    }
    if (old_place->scheme == new_place->scheme && old_place->port != new_place->port) {
      return absl::StrCat("redirect to another port, ", new_place->HostPort(), ", not followed");
    }
    return "";
  }

  const TargetGuard& guard_;
  // Destroyed from the last to the first: the easy handle before the multi handle.
  Multi multi_;
  Easy easy_;
  std::string last_place_;
};

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(TargetGuard guard) : guard_(std::move(guard)) {}

  absl::StatusOr<HttpAnswer> Send(const HttpCall& call, const CheckContext& context) override {
    if (call.fresh_connection) return CurlChain(guard_).Send(call, context);
    std::unique_ptr<CurlChain> chain = Take(call);
    absl::StatusOr<HttpAnswer> answer = chain->Send(call, context);
    shared::MutexLock lock(&mutex_);
    idle_.push_back(std::move(chain));
    return answer;
  }

  void Disconnect() override {
    std::vector<std::unique_ptr<CurlChain>> closed;  // outside the lock: a goodbye is I/O
    shared::MutexLock lock(&mutex_);
    closed.swap(idle_);
  }

 private:
  // A chain that nobody uses: rather one that may still be connected to where `call` goes, and of
  // these the one that was used last. A new one when all are in use.
  std::unique_ptr<CurlChain> Take(const HttpCall& call) ABSL_LOCKS_EXCLUDED(mutex_) {
    const absl::StatusOr<Place> place = PlaceOf(call.url);
    shared::MutexLock lock(&mutex_);
    if (idle_.empty()) return std::make_unique<CurlChain>(guard_);
    auto chosen = idle_.end() - 1;
    for (auto it = idle_.begin(); place.ok() && it != idle_.end(); ++it) {
      if ((*it)->last_place() == place->HostPort()) chosen = it;
    }
    std::unique_ptr<CurlChain> chain = std::move(*chosen);
    idle_.erase(chosen);
    return chain;
  }

  const TargetGuard guard_;
  shared::Mutex mutex_;
  std::vector<std::unique_ptr<CurlChain>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<HttpClient> MakeCurlClient(TargetGuard guard) {
  // Once for the process, and thread-safe so.
  [[maybe_unused]] static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  return std::make_unique<CurlClient>(std::move(guard));
}

}  // namespace smokemesh::agent
