#include "tests/testing/local_redis.h"

#include <hiredis/hiredis.h>

#include <csignal>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "tests/testing/free_port.h"

namespace smokemesh::testing {
namespace {

constexpr shared::Duration kStartTime = std::chrono::seconds(30);
constexpr shared::Duration kRetryInterval = std::chrono::milliseconds(5);

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;
using Reply = std::unique_ptr<redisReply, FreeReply>;

Reply Send(redisContext* context, const std::vector<std::string>& arguments) {
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  for (const std::string& argument : arguments) {
    pointers.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  return Reply(static_cast<redisReply*>(redisCommandArgv(
      context, static_cast<int>(arguments.size()), pointers.data(), sizes.data())));
}

std::string Text(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return absl::StrCat(reply.integer);
    case REDIS_REPLY_NIL:
      return "";
    case REDIS_REPLY_ARRAY: {
      std::string text;
      for (size_t i = 0; i < reply.elements; ++i) {
        absl::StrAppend(&text, i == 0 ? "" : "\n", Text(*reply.element[i]));
      }
      return text;
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<LocalRedis>> LocalRedis::Start(const RedisOptions& options) {
  // hiredis writes to connections that the server may have closed.
  std::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<LocalRedis> server(new LocalRedis());
  server->options_ = options;
  absl::Status status;
  for (int attempt = 0; attempt < 5; ++attempt) {
    server->port_ = FreePort();
    server->tls_port_ = options.cert_file.empty() ? 0 : FreePort();
    status = server->Launch();
    if (status.ok()) return server;
  }
  return status;
}

LocalRedis::~LocalRedis() { Stop(); }

absl::Status LocalRedis::Launch() {
  std::string config =
      absl::StrCat("bind 127.0.0.1\nport ", port_, "\ndir ", dir_.path().string(),
                   "\nsave \"\"\nappendonly ", options_.durable ? "yes" : "no", "\ndaemonize no\n");
  if (options_.durable) absl::StrAppend(&config, "appendfsync always\n");
  if (!options_.password.empty()) {
    absl::StrAppend(&config, "requirepass ", options_.password, "\n");
  }
  if (tls_port_ != 0) {
    absl::StrAppend(&config, "tls-port ", tls_port_, "\ntls-cert-file ", options_.cert_file,
                    "\ntls-key-file ", options_.key_file, "\n");
    if (options_.client_ca_file.empty()) {
      // It wants an authority to be named, and does not use it.
      absl::StrAppend(&config, "tls-auth-clients no\ntls-ca-cert-file ", options_.cert_file, "\n");
    } else {
      absl::StrAppend(&config, "tls-auth-clients yes\ntls-ca-cert-file ", options_.client_ca_file,
                      "\n");
    }
  }
  for (const std::string& line : options_.config) absl::StrAppend(&config, line, "\n");
  ProcessOptions process;
  process.argv = {"redis-server", "-"};
  process.input = config;
  ASSIGN_OR_RETURN(process_, Process::Start(process));
  const shared::SteadyTime deadline = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto answer = Command({"PING"});
    // An ACL of a test may forbid PING: an error reply is an answer, too, but for the one of a
    // server that still reads its data
    // (https://redis.io/docs/latest/develop/reference/protocol-spec/).
    const bool loading = absl::StartsWith(answer.status().message(), "LOADING ");
    if (answer.ok() || (answer.status().code() == absl::StatusCode::kUnknown && !loading)) {
      // Somebody else's server on this port would answer as well: ours must be alive and bound.
      if (process_->running()) return absl::OkStatus();
    }
    if (process_->WaitUntil(std::chrono::steady_clock::now() + kRetryInterval)) break;
  }
  const std::string log = process_->Stdout() + process_->Stderr();
  process_.reset();
  return absl::UnavailableError("Redis did not start:\n" + log);
}

std::string LocalRedis::Url(int database) const {
  const std::string user =
      options_.password.empty() ? "" : absl::StrCat(":", options_.password, "@");
  return absl::StrCat("redis://", user, "127.0.0.1:", port_, "/", database);
}

std::string LocalRedis::Url(const std::string& user, const std::string& password,
                            int database) const {
  return absl::StrCat("redis://", user, ":", password, "@127.0.0.1:", port_, "/", database);
}

std::string LocalRedis::TlsUrl(int database) const {
  const std::string user =
      options_.password.empty() ? "" : absl::StrCat(":", options_.password, "@");
  return absl::StrCat("rediss://", user, "localhost:", tls_port_, "/", database);
}

absl::StatusOr<std::string> LocalRedis::Command(const std::vector<std::string>& arguments) const {
  const Context context(redisConnectWithTimeout("127.0.0.1", port_, timeval{10, 0}));
  if (context == nullptr || context->err != 0) return absl::UnavailableError("cannot connect");
  redisSetTimeout(context.get(), timeval{10, 0});
  if (!options_.password.empty()) Send(context.get(), {"AUTH", options_.password});
  const Reply reply = Send(context.get(), arguments);
  if (reply == nullptr) return absl::UnavailableError(context->errstr);
  if (reply->type == REDIS_REPLY_ERROR) return absl::UnknownError(Text(*reply));
  return Text(*reply);
}

void LocalRedis::Pause() {
  if (process_ != nullptr) process_->Signal(SIGSTOP);
}

void LocalRedis::Resume() {
  if (process_ != nullptr) process_->Signal(SIGCONT);
}

void LocalRedis::Stop() {
  if (process_ == nullptr) return;
  process_->Stop();
  process_.reset();
}

void LocalRedis::Kill() {
  if (process_ == nullptr) return;
  process_->Signal(SIGKILL);
  process_->WaitUntil(shared::SteadyTime::max());
  process_.reset();
}

absl::Status LocalRedis::StartAgain() {
  Stop();
  return Launch();
}

}  // namespace smokemesh::testing
