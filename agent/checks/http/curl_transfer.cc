#include "agent/checks/http/curl_transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "agent/checks/http/curl_client.h"
#include "agent/checks/http/peer_certificate.h"
#include "agent/checks/reach.h"

namespace smokemesh::agent {
namespace {

size_t OnBody(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.body.size() + size > kLargestHttpBody) {
    transfer.body_too_large = true;
    return 0;
  }
  transfer.body.append(data, size);
  return size;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  while (!text.empty() && kSpace.find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  while (!text.empty() && kSpace.find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  return text;
}

// Reads the certificate of the connection that the answer comes over. libcurl tells it only while
// it does, and its own list of certificates only for a connection that is new.
void ReadCertificate(Transfer* transfer) {
  if (transfer->certificate.has_value()) return;
  curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK) return;
  if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL) return;
  if (session->internals == nullptr) return;
  transfer->certificate = PeerCertificate(static_cast<const ssl_st*>(session->internals));
}

size_t OnHeader(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  ReadCertificate(&transfer);
  // Interim answers count too: a target can send them for ever.
  transfer.header_bytes += size;
  if (transfer.header_bytes > kLargestHttpHeaders) {
    transfer.headers_too_large = true;
    return 0;
  }
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {  // of an interim answer, or of the answer
    transfer.headers.clear();
    const std::string_view status = line.substr(std::min(line.find(' '), line.size()));
    const std::string_view after_code = Trim(status);
    transfer.reason = Trim(after_code.substr(std::min(after_code.find(' '), after_code.size())));
  } else if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    transfer.headers.emplace_back(line.substr(0, colon), Trim(line.substr(colon + 1)));
  }
  return size;
}

curl_socket_t OnOpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (absl::Status allowed = transfer.guard.MayConnect(transfer.host, &address->addr);
      !allowed.ok()) {
    transfer.forbidden.Update(std::move(allowed));
    return CURL_SOCKET_BAD;
  }
  transfer.has_socket = true;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

absl::Status CannotConnect(CURL* easy, const Place& place, const Transfer& transfer) {
  if (!transfer.has_socket && !transfer.forbidden.ok()) return transfer.forbidden;
  long os_error = 0;  // libcurl's type
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  if (os_error == ECONNREFUSED) {
    return absl::UnavailableError(absl::StrCat("connection refused by ", place.HostPort()));
  }
  return absl::UnavailableError(absl::StrCat(
      "cannot connect to ", place.HostPort(),
      os_error == 0 ? "" : absl::StrCat(": ", std::strerror(static_cast<int>(os_error)))));
}

absl::Status TooLarge(const Place& place, const Transfer& transfer) {
  if (transfer.body_too_large) {
    return absl::DataLossError(absl::StrCat("the body from ", place.HostPort(), " is larger than ",
                                            kLargestHttpBody >> 20, " MiB"));
  }
  return absl::DataLossError(absl::StrCat("the headers from ", place.HostPort(),
                                          " are larger than ", kLargestHttpHeaders >> 10, " KiB"));
}

// What to look at when a certificate is refused with OpenSSL's or libcurl's words.
const char* AdviceOnCertificate(std::string_view words) {
  const auto has = [&](std::string_view part) { return words.find(part) != words.npos; };
  if (has("has expired")) {
    return "; renew it, or the certificate that signed it (and check the agent's clock)";
  }
  if (has("not yet valid")) return "; check the clocks of the server and of the agent";
  if (has("issuer") || has("self-signed") || has("self signed")) {
    return "; set `tls.ca_file` to the authority that signed it, and see that the server sends its "
           "intermediate certificates";
  }
  if (has("does not match") || has("no alternative certificate subject name")) {
    return "; it is for other names: ask the server by one of them, or set `tls.server_name`";
  }
  return "";
}

absl::Status Meaning(CURLcode code, CURL* easy, const Place& place, const Transfer& transfer) {
  const std::string where = place.HostPort();
  const std::string detail(transfer.error.data());
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return absl::UnavailableError(
          absl::StrCat("the host name ", place.host, " does not resolve"));
    case CURLE_COULDNT_CONNECT:
      return CannotConnect(easy, place, transfer);
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(transfer.header_bytes == 0
                                             ? absl::StrCat("nothing came from ", where)
                                             : absl::StrCat("the answer from ", where,
                                                            " did not end; ", transfer.body.size(),
                                                            " bytes of its body came"));
    case CURLE_WRITE_ERROR:
      return TooLarge(place, transfer);
    case CURLE_OUT_OF_MEMORY:  // also of a line without end: libcurl keeps 100 KiB of one
      return absl::DataLossError(
          absl::StrCat("a line of the answer from ", where, " is too long, or memory is short"));
    case CURLE_PARTIAL_FILE:
      return absl::DataLossError(absl::StrCat("the body from ", where, " was cut short after ",
                                              transfer.body.size(), " bytes"));
    case CURLE_GOT_NOTHING:
      return absl::UnavailableError(
          absl::StrCat(where, " closed the connection without an answer"));
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (transfer.header_bytes == 0) {
        return absl::UnavailableError(absl::StrCat("the connection to ", where, " was reset"));
      }
      return absl::DataLossError(absl::StrCat("the answer from ", where, " broke off after ",
                                              transfer.body.size(), " bytes of its body"));
    case CURLE_UNSUPPORTED_PROTOCOL:  // the URL's scheme is known to be good
    case CURLE_WEIRD_SERVER_REPLY:
      return absl::DataLossError(absl::StrCat(where, " did not answer in HTTP"));
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
      return absl::DataLossError(
          absl::StrCat("the answer from ", where, " is broken: ", curl_easy_strerror(code)));
    case CURLE_PEER_FAILED_VERIFICATION:
      return absl::UnavailableError(absl::StrCat(
          "the certificate of ", where, " is not accepted: ", detail, AdviceOnCertificate(detail)));
    case CURLE_SSL_CONNECT_ERROR:
      return absl::UnavailableError(absl::StrCat("TLS with ", where, " failed: ", detail));
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return absl::FailedPreconditionError(
          absl::StrCat("a file under `tls` cannot be used: ", detail));
    case CURLE_URL_MALFORMAT:
      return absl::InvalidArgumentError("the URL is malformed");
    default:
      return absl::InternalError(
          absl::StrCat("the request to ", where, " failed: ", curl_easy_strerror(code)));
  }
}

// How far the exchange got.
v1::Reach ReachOf(CURLcode code, CURL* easy, const Place& place) {
  curl_off_t looked_up = 0;
  curl_off_t agreed = 0;
  long local_port = 0;  // libcurl's type
  long error = 0;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return v1::REACH_NO_ADDRESS;
    case CURLE_COULDNT_CONNECT:
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
      return error == ECONNREFUSED ? v1::REACH_REFUSED : v1::REACH_NO_CONNECTION;
    case CURLE_OPERATION_TIMEDOUT:
      // The time of the connection comes with that of TLS; its own end is known at once. One that
      // is used again has been looked up by an earlier request.
      curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
      curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &local_port);
      curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &agreed);
      if (local_port == 0) return looked_up == 0 ? v1::REACH_NO_ADDRESS : v1::REACH_NO_CONNECTION;
      return place.scheme == "https" && agreed == 0 ? v1::REACH_CONNECTED : v1::REACH_NO_ANSWER;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
      return v1::REACH_CONNECTED;
    default:  // told by what the error means
      return v1::REACH_UNSPECIFIED;
  }
}

}  // namespace

void ReceiveInto(Transfer* transfer, CURL* easy) {
  transfer->easy = easy;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error.data());
}

absl::Status ErrorOf(CURLcode code, CURL* easy, const Place& place, const Transfer& transfer) {
  return WithReach(Meaning(code, easy, place, transfer), ReachOf(code, easy, place));
}

}  // namespace smokemesh::agent
