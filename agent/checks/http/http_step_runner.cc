#include "agent/checks/http/http_step_runner.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/checks/http/curl_client.h"
#include "agent/checks/http/http_observation.h"
#include "shared/redactor.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

constexpr std::string_view kMethods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                         "PATCH", "DELETE", "OPTIONS"};

using Fields = google::protobuf::Map<std::string, std::string>;

// A protobuf map has no order; requests should.
std::map<std::string, std::string> Sorted(const Fields& fields) {
  return {fields.begin(), fields.end()};
}

std::string Encode(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
      continue;
    }
    char escape[4];
    std::snprintf(escape, sizeof(escape), "%%%02X", c);
    out += escape;
  }
  return out;
}

// `a=1&b=2`, encoded so that queries and forms read it alike.
std::string EncodeFields(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : Sorted(fields)) {
    absl::StrAppend(&out, out.empty() ? "" : "&", Encode(name), "=", Encode(value));
  }
  return out;
}

bool Has(const HttpHeaders& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return absl::EqualsIgnoreCase(header.first, std::string(name));
  });
}

absl::Status CheckHeader(const std::string& name, const std::string& value) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  const bool is_token =
      !name.empty() && std::all_of(name.begin(), name.end(), [&](unsigned char c) {
        return std::isalnum(c) != 0 ||
               kPunctuation.find(static_cast<char>(c)) != std::string_view::npos;
      });
  if (!is_token) {
    return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is not a header name"));
  }
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("the value of the header \"", name, "\" holds a line end"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> UrlOf(const v1::HttpRequest& request,
                                  const v1::Connection* connection) {
  std::string url = request.url();
  if (!shared::IsUrl(url)) {
    if (!url.empty() && url[0] != '/') {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", shared::WithoutCredentials(url),
                       "\" is neither a path that starts with \"/\" nor a whole URL"));
    }
    if (connection == nullptr || !shared::IsUrl(connection->http())) {
      return absl::InvalidArgumentError("the connection's URL must begin with http:// or https://");
    }
    std::string base = connection->http();
    if (base.find_first_of("?#") != std::string::npos) {
      return absl::InvalidArgumentError("the connection's URL must not have a query");
    }
    if (!url.empty() && base.ends_with('/')) base.pop_back();
    url = base + url;
  }
  if (request.query().empty()) return url;
  const size_t fragment = std::min(url.find('#'), url.size());
  const bool has_query = url.find('?') < fragment;
  return absl::StrCat(url.substr(0, fragment), has_query ? "&" : "?", EncodeFields(request.query()),
                      url.substr(fragment));
}

absl::StatusOr<HttpCall> CallOf(const v1::HttpRequest& request, const v1::Connection* connection) {
  HttpCall call;
  if (!request.method().empty()) call.method = request.method();
  if (std::find(std::begin(kMethods), std::end(kMethods), call.method) == std::end(kMethods)) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown method \"", call.method,
                     "\": use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"));
  }
  ASSIGN_OR_RETURN(call.url, UrlOf(request, connection));
  for (const auto& [name, value] : Sorted(request.headers())) {
    RETURN_IF_ERROR(CheckHeader(name, value));
    call.headers.emplace_back(name, value);
  }
  const auto default_type = [&](std::string_view type) {
    if (!Has(call.headers, "content-type")) call.headers.emplace_back("Content-Type", type);
  };
  if (!request.json().empty()) {
    call.body = request.json();
    default_type("application/json");
  } else if (!request.form().empty()) {
    call.body = EncodeFields(request.form());
    default_type("application/x-www-form-urlencoded");
  } else if (!request.body().empty()) {
    call.body = request.body();
  }
  call.follow_redirects = request.follow_redirects();
  if (connection != nullptr) {
    const v1::TlsOptions& tls = connection->tls();
    call.ca_file = tls.ca_file();
    call.cert_file = tls.cert_file();
    call.key_file = tls.key_file();
    call.server_name = tls.server_name();
    call.insecure_skip_verify = tls.insecure_skip_verify();
  }
  return call;
}

class HttpStepRunner final : public StepRunner {
 public:
  explicit HttpStepRunner(std::unique_ptr<HttpClient> client) : client_(std::move(client)) {}

  absl::StatusOr<std::unique_ptr<shared::Observation>> Run(const StepRequest& request,
                                                           const CheckContext& context) override {
    ASSIGN_OR_RETURN(HttpCall call, CallOf(request.step->http().request(), request.connection));
    call.fresh_connection = request.fresh_session;
    ASSIGN_OR_RETURN(HttpAnswer answer, client_->Send(call, context));
    return std::make_unique<HttpObservation>(std::move(answer));
  }

  absl::Status CleanUp(const CheckContext&) override {
    client_->Disconnect();
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<HttpClient> client_;
};

}  // namespace

std::unique_ptr<StepRunner> MakeHttpStepRunner() { return HttpStepRunners(Policy::Default())(); }

StepRunnerFactory HttpStepRunners(std::shared_ptr<const Policy> policy) {
  return [policy = std::move(policy)] {
    return MakeHttpStepRunnerOver(MakeCurlClient(TargetGuard(policy, "http")));
  };
}

std::unique_ptr<StepRunner> MakeHttpStepRunnerOver(std::unique_ptr<HttpClient> client) {
  return std::make_unique<HttpStepRunner>(std::move(client));
}

}  // namespace smokemesh::agent
