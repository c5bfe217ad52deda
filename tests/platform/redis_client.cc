#include "tests/platform/redis_client.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/status_macros.h"

namespace smokemesh::platform {
namespace {

constexpr timeval kTimeout{2, 0};

struct Address {
  std::string host;
  int port = 6379;
  std::string user;
  std::string password;
  std::string database = "0";
};

absl::StatusOr<Address> ParseUrl(const std::string& url) {
  constexpr std::string_view kScheme = "redis://";
  const absl::Status bad = absl::InvalidArgumentError(
      "REDIS_URL: expected redis://[[user]:password@]host:port[/number]");
  if (url.rfind(kScheme, 0) != 0) return bad;
  std::string rest = url.substr(kScheme.size());
  Address address;
  if (const size_t at = rest.rfind('@'); at != std::string::npos) {
    const std::pair<std::string, std::string> login =
        absl::StrSplit(rest.substr(0, at), absl::MaxSplits(':', 1));
    address.user = login.first;
    address.password = login.second;
    rest = rest.substr(at + 1);
  }
  if (const size_t slash = rest.find('/'); slash != std::string::npos) {
    if (slash + 1 < rest.size()) address.database = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (const size_t colon = rest.rfind(':'); colon != std::string::npos) {
    if (!absl::SimpleAtoi(rest.substr(colon + 1), &address.port)) return bad;
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return bad;
  address.host = rest;
  return address;
}

RedisReply Convert(const redisReply& from) {
  RedisReply reply;
  if (from.type == REDIS_REPLY_STRING || from.type == REDIS_REPLY_STATUS) {
    reply.text = std::string(from.str, from.len);
  }
  if (from.type == REDIS_REPLY_INTEGER) reply.number = from.integer;
  if (from.type == REDIS_REPLY_ARRAY) {
    for (size_t i = 0; i < from.elements; ++i) reply.items.push_back(Convert(*from.element[i]));
  }
  return reply;
}

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};

}  // namespace

struct RedisClient::Connection {
  std::unique_ptr<redisContext, FreeContext> context;
};

RedisClient::RedisClient(std::string url) : url_(std::move(url)) {}

RedisClient::~RedisClient() = default;

bool RedisClient::connected() const { return connection_ != nullptr; }

void RedisClient::Disconnect() { connection_.reset(); }

absl::Status RedisClient::Connect() {
  ASSIGN_OR_RETURN(const Address address, ParseUrl(url_));
  auto connection = std::make_unique<Connection>();
  connection->context.reset(redisConnectWithTimeout(address.host.c_str(), address.port, kTimeout));
  redisContext* context = connection->context.get();
  if (context == nullptr || context->err != 0) {
    return absl::UnavailableError(absl::StrCat("Redis at ", address.host, ":", address.port, ": ",
                                               context == nullptr ? "no memory" : context->errstr));
  }
  redisSetTimeout(context, kTimeout);
  connection_ = std::move(connection);
  absl::Status status;
  if (!address.password.empty()) {
    std::vector<std::string> login = {"AUTH"};
    if (!address.user.empty()) login.push_back(address.user);
    login.push_back(address.password);
    status = Command(login).status();
  }
  if (status.ok() && address.database != "0")
    status = Command({"SELECT", address.database}).status();
  if (!status.ok()) connection_.reset();
  return status;
}

absl::StatusOr<RedisReply> RedisClient::Command(const std::vector<std::string>& argv) {
  const bool was_open = connection_ != nullptr;
  if (!was_open) RETURN_IF_ERROR(Connect());
  std::vector<const char*> words;
  std::vector<size_t> sizes;
  for (const std::string& word : argv) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisContext* context = connection_->context.get();
  const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(words.size()), words.data(), sizes.data())));
  if (reply == nullptr) {
    // After an error the next reply might belong to this command: never use the connection again.
    const absl::Status status = absl::UnavailableError(
        absl::StrCat("Redis did not answer ", argv.front(), ": ", context->errstr));
    const bool closed = context->err == REDIS_ERR_EOF;
    connection_.reset();
    // The server closed a connection that nobody used for a while. It has not seen the command.
    if (was_open && closed) return Command(argv);
    return status;
  }
  if (reply->type == REDIS_REPLY_ERROR) {
    return absl::FailedPreconditionError(std::string(reply->str, reply->len));
  }
  return Convert(*reply);
}

absl::StatusOr<std::vector<std::string>> RedisClient::NextMessage(std::chrono::milliseconds wait) {
  if (connection_ == nullptr) return absl::UnavailableError("not subscribed");
  redisContext* context = connection_->context.get();
  void* raw = nullptr;
  bool readable = false;
  for (;;) {
    if (redisGetReplyFromReader(context, &raw) != REDIS_OK) break;
    if (raw != nullptr) {
      const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
      std::vector<std::string> parts;
      for (const RedisReply& item : Convert(*reply).items) parts.push_back(item.text.value_or(""));
      return parts;
    }
    if (readable) return std::vector<std::string>();  // a part of a message
    pollfd fd{context->fd, POLLIN, 0};
    if (::poll(&fd, 1, static_cast<int>(std::max<int64_t>(wait.count(), 0))) <= 0) {
      return std::vector<std::string>();
    }
    if (redisBufferRead(context) != REDIS_OK) break;
    readable = true;
  }
  const absl::Status status =
      absl::UnavailableError(absl::StrCat("the subscription broke: ", context->errstr));
  connection_.reset();
  return status;
}

}  // namespace smokemesh::platform
