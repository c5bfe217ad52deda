#include "agent/checks/redis_client/redis_transport.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/net/tcp_connect.h"
#include "agent/checks/reach.h"
#include "shared/cut_connection.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

constexpr size_t kChunk = 16 * 1024;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

std::string LastSslReason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown TLS error" : reason;
}

absl::Status BadFile(const char* field, const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("cannot use `tls.", field, "` ", path, ": ",
                                                    LastSslReason(),
                                                    "; it must be a readable PEM file on the "
                                                    "agent's machine"));
}

bool IsIpAddress(const std::string& host) {
  in6_addr ignored;
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

absl::StatusOr<Context> MakeContext(const v1::TlsOptions& options) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return absl::InternalError("cannot set TLS up: " + LastSslReason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(),
                     options.insecure_skip_verify() ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (options.ca_file().empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_locations(context.get(), options.ca_file().c_str(), nullptr) !=
             1) {
    return BadFile("ca_file", options.ca_file());
  }
  if (!options.cert_file().empty() &&
      SSL_CTX_use_certificate_chain_file(context.get(), options.cert_file().c_str()) != 1) {
    return BadFile("cert_file", options.cert_file());
  }
  if (!options.key_file().empty() &&
      SSL_CTX_use_PrivateKey_file(context.get(), options.key_file().c_str(), SSL_FILETYPE_PEM) !=
          1) {
    return BadFile("key_file", options.key_file());
  }
  return context;
}

// When the kernel took what recvmsg(2) brought; now, if it does not say.
shared::SteadyTime ArrivalOf(msghdr* message) {
  const shared::SteadyTime now = std::chrono::steady_clock::now();
  for (cmsghdr* part = CMSG_FIRSTHDR(message); part != nullptr; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp = {};
    std::memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
    const auto since_epoch =
        std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec);
    const auto age = std::chrono::system_clock::now().time_since_epoch() - since_epoch;
    // The wall clock may have been set meanwhile.
    if (age > std::chrono::seconds(0) && age < std::chrono::hours(1)) return now - age;
  }
  return now;
}

}  // namespace

// OpenSSL works on memory; this file moves the bytes. So every wait is ours, and no write raises
// SIGPIPE.
struct RedisTransport::Tls {
  Context context;
  std::unique_ptr<SSL, FreeSsl> ssl;
  BIO* from_server = nullptr;  // owned by ssl
  BIO* to_server = nullptr;    // owned by ssl
};

RedisTransport::RedisTransport(UniqueFd fd, std::string target)
    : fd_(std::move(fd)), target_(std::move(target)) {}

RedisTransport::~RedisTransport() = default;

absl::StatusOr<std::unique_ptr<RedisTransport>> RedisTransport::Connect(const RedisUrl& url,
                                                                        const v1::TlsOptions& tls,
                                                                        const TargetGuard& guard,
                                                                        const Waiter& waiter) {
  ASSIGN_OR_RETURN(UniqueFd fd, ConnectTcp(url.host, url.port, guard, waiter));
  std::unique_ptr<RedisTransport> transport(
      new RedisTransport(std::move(fd), HostPort(url.host, url.port)));
  // Without it, messages are as old as the look at them: no reason to fail.
  const int on = 1;
  setsockopt(transport->fd_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
  if (!url.tls) return transport;
  const absl::Status status = transport->Handshake(url, tls, waiter);
  if (absl::IsDeadlineExceeded(status)) {
    return WithReach(absl::DeadlineExceededError(
                         absl::StrCat("no TLS handshake with ", transport->target(),
                                      " within the time of the check; is it a TLS port?")),
                     v1::REACH_CONNECTED);
  }
  if (absl::IsUnavailable(status)) return WithReach(status, v1::REACH_CONNECTED);
  RETURN_IF_ERROR(status);
  return transport;
}

absl::Status RedisTransport::Handshake(const RedisUrl& url, const v1::TlsOptions& options,
                                       const Waiter& waiter) {
  auto tls = std::make_unique<Tls>();
  ASSIGN_OR_RETURN(tls->context, MakeContext(options));
  tls->ssl.reset(SSL_new(tls->context.get()));
  tls->from_server = BIO_new(BIO_s_mem());
  tls->to_server = BIO_new(BIO_s_mem());
  SSL* const ssl = tls->ssl.get();
  if (ssl == nullptr || tls->from_server == nullptr || tls->to_server == nullptr) {
    return absl::ResourceExhaustedError("cannot set TLS up: out of memory");
  }
  SSL_set_bio(ssl, tls->from_server, tls->to_server);
  const std::string& name = options.server_name().empty() ? url.host : options.server_name();
  if (IsIpAddress(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, name.c_str());
    SSL_set1_host(ssl, name.c_str());
  }
  SSL_set_connect_state(ssl);
  tls_ = std::move(tls);
  while (true) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl);
    const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, done);
    const absl::Status failure =
        error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ ? absl::OkStatus() : TlsError();
    // An alert tells the server why, too.
    const absl::Status flushed = FlushTls(waiter);
    RETURN_IF_ERROR(failure);
    RETURN_IF_ERROR(flushed);
    if (error == SSL_ERROR_NONE) return absl::OkStatus();
    RETURN_IF_ERROR(FeedTls(waiter, waiter.context().deadline));
  }
}

absl::Status RedisTransport::TlsError() const {
  const long verified = SSL_get_verify_result(tls_->ssl.get());
  const std::string reason = verified == X509_V_OK
                                 ? LastSslReason()
                                 : absl::StrCat("the server's certificate is not accepted: ",
                                                X509_verify_cert_error_string(verified));
  return absl::UnavailableError(absl::StrCat("TLS with ", target_, " failed: ", reason));
}

absl::Status RedisTransport::FlushTls(const Waiter& waiter) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(tls_->to_server, &data);
  if (size <= 0) return absl::OkStatus();
  const absl::Status status = Send(std::string_view(data, static_cast<size_t>(size)), waiter);
  BIO_reset(tls_->to_server);
  return status;
}

absl::Status RedisTransport::FeedTls(const Waiter& waiter, shared::SteadyTime deadline) {
  ASSIGN_OR_RETURN(const std::string bytes, Receive(waiter, deadline));
  BIO_write(tls_->from_server, bytes.data(), static_cast<int>(bytes.size()));
  return absl::OkStatus();
}

absl::Status RedisTransport::Send(std::string_view bytes, const Waiter& waiter) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      RETURN_IF_ERROR(waiter.Wait(fd_.get(), POLLOUT));
    } else if (errno != EINTR) {
      return SocketError(errno, target_);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RedisTransport::Receive(const Waiter& waiter,
                                                    shared::SteadyTime deadline) {
  char buffer[kChunk];
  while (true) {
    iovec part = {buffer, sizeof(buffer)};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t n = recvmsg(fd_.get(), &message, 0);
    if (n > 0) {
      arrival_ = std::max(arrival_, ArrivalOf(&message));
      return std::string(buffer, static_cast<size_t>(n));
    }
    if (n == 0) return absl::UnavailableError(target_ + " closed the connection");
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      RETURN_IF_ERROR(waiter.Wait(fd_.get(), POLLIN, deadline));
    } else if (errno != EINTR) {
      return SocketError(errno, target_);
    }
  }
}

absl::Status RedisTransport::Write(std::string_view bytes, const Waiter& waiter) {
  if (tls_ == nullptr) return Send(bytes, waiter);
  while (!bytes.empty()) {
    ERR_clear_error();
    size_t written = 0;
    const std::string_view chunk = bytes.substr(0, kChunk);
    if (SSL_write_ex(tls_->ssl.get(), chunk.data(), chunk.size(), &written) != 1) {
      return TlsError();
    }
    bytes.remove_prefix(written);
    RETURN_IF_ERROR(FlushTls(waiter));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RedisTransport::Read(const Waiter& waiter,
                                                 shared::SteadyTime deadline) {
  if (tls_ == nullptr) return Receive(waiter, deadline);
  char buffer[kChunk];
  while (true) {
    ERR_clear_error();
    size_t read = 0;
    if (SSL_read_ex(tls_->ssl.get(), buffer, sizeof(buffer), &read) == 1) {
      return std::string(buffer, read);
    }
    switch (SSL_get_error(tls_->ssl.get(), 0)) {
      case SSL_ERROR_WANT_READ:
        break;
      case SSL_ERROR_ZERO_RETURN:
        return absl::UnavailableError(target_ + " closed the connection");
      default:
        return TlsError();
    }
    RETURN_IF_ERROR(FlushTls(waiter));
    RETURN_IF_ERROR(FeedTls(waiter, deadline));
  }
}

void RedisTransport::Cut() { shared::CutConnection(fd_.get()); }

}  // namespace smokemesh::agent
