#ifndef SMOKEMESH_AGENT_CHECKS_HTTP_CURL_URL_H_
#define SMOKEMESH_AGENT_CHECKS_HTTP_CURL_URL_H_

#include <curl/curl.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace smokemesh::agent {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

// Where a URL leads.
struct Place {
  std::string scheme;
  std::string host;
  std::string port;

  std::string HostPort() const { return absl::StrCat(host, ":", port); }
  // Without the brackets of an IPv6 address.
  std::string BareHost() const {
    return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  }
  int PortNumber() const {
    int number = 0;
    return absl::SimpleAtoi(port, &number) ? number : 0;
  }
};

// Takes a URL apart. INVALID_ARGUMENT quotes it without credentials.
absl::StatusOr<Url> ParseUrl(const std::string& text);

// One part of a URL; empty when it has none.
std::string Part(CURLU* url, CURLUPart part, unsigned int flags = 0);

// INVALID_ARGUMENT also for schemes other than http and https.
absl::StatusOr<Place> PlaceOf(const std::string& text);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_HTTP_CURL_URL_H_
